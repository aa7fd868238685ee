"""Which failures raise a notice, and when a refusal of the map service goes from the screen."""

from __future__ import annotations

import pytest

from tvapp.core.errors import (
    ConnectionBroken,
    NotFound,
    ServiceDown,
    SignInError,
    StorageError,
    TimedOut,
    TvappError,
    Unreachable,
)
from tvapp.tiles.tile import TileId, TileUnavailable
from tvapp.ui.map_state.troubles import REFUSAL_FORGOTTEN_S, REFUSAL_LASTS_S, REPEATED_LOSS_S, Troubles
from tvapp.ui.messages import TroubleChanged

TILE = TileId("microsoft.base.road", 5, 1, 1)


def refused(
    error: TvappError, now: float = 100.0, retry_in_s: float = 0.0, offline_since: float | None = None
) -> Troubles:
    troubles = Troubles(offline_since=offline_since)
    troubles.take_refusal(TileUnavailable(TILE, error, retry_in_s), now)
    return troubles


def lacks_nothing() -> bool:
    return True


def lacks_something() -> bool:
    return False


@pytest.mark.parametrize("error", [ServiceDown("h", 503), TimedOut("h")])
def test_an_answer_of_the_service_and_a_time_out_count_at_once(error: TvappError) -> None:
    assert refused(error).by_area["map"] == TroubleChanged("map", error)


def test_another_loss_counts_only_when_it_repeats() -> None:
    lost = ConnectionBroken("h")
    assert not refused(lost).by_area
    assert not refused(lost, retry_in_s=REPEATED_LOSS_S - 0.01).by_area
    assert refused(lost, retry_in_s=REPEATED_LOSS_S).by_area


def test_a_tile_that_does_not_exist_never_counts() -> None:
    assert not refused(NotFound("h", 404), retry_in_s=60.0).by_area


def test_a_person_who_has_to_sign_in_is_told_by_another_notice() -> None:
    assert not refused(SignInError("interaction_required", needs_person=True), retry_in_s=60.0).by_area
    assert refused(SignInError("temporarily_unavailable", needs_person=False), retry_in_s=60.0).by_area


def test_without_a_network_only_the_service_counts() -> None:
    assert not refused(Unreachable("h"), retry_in_s=60.0, offline_since=5.0).by_area
    assert not refused(TimedOut("h"), offline_since=5.0).by_area
    assert refused(ServiceDown("h", 503), offline_since=5.0).by_area


def test_a_refusal_stays_for_a_while_after_tiles_arrive_again() -> None:
    troubles = refused(ServiceDown("h", 503), now=100.0)
    troubles.take_arrival(101.0)
    assert not troubles.update(100.0 + REFUSAL_LASTS_S - 0.01, lacks_something)
    assert troubles.by_area
    assert troubles.update(100.0 + REFUSAL_LASTS_S, lacks_something)
    assert not troubles.by_area
    assert not troubles.update(200.0, lacks_something)


def test_an_old_refusal_goes_with_the_first_tile_that_arrives_and_later_ones_do_not_put_it_off() -> None:
    troubles = refused(ServiceDown("h", 503), now=100.0)
    troubles.take_arrival(110.0)
    troubles.take_arrival(111.0)
    assert troubles.clears_at == 110.0


def test_another_refusal_keeps_the_notice() -> None:
    troubles = refused(ServiceDown("h", 503), now=100.0)
    troubles.take_arrival(101.0)
    troubles.take_refusal(TileUnavailable(TILE, ServiceDown("h", 503)), 102.0)
    assert troubles.clears_at is None
    assert not troubles.update(104.0, lacks_something)


def test_an_arrival_without_a_refusal_changes_nothing() -> None:
    troubles = Troubles()
    troubles.take_arrival(5.0)
    assert troubles.clears_at is None


def test_a_map_that_lacks_nothing_forgets_a_refusal_after_a_minute() -> None:
    troubles = refused(ServiceDown("h", 503), now=100.0)
    assert not troubles.update(100.0 + REFUSAL_FORGOTTEN_S - 0.01, lacks_nothing)
    assert not troubles.update(100.0 + REFUSAL_FORGOTTEN_S, lacks_something)
    assert troubles.update(100.0 + REFUSAL_FORGOTTEN_S, lacks_nothing)
    assert not troubles.by_area


def test_a_trouble_of_the_map_that_is_no_refusal_is_not_forgotten() -> None:
    troubles = Troubles()
    troubles.take(TroubleChanged("map", ServiceDown("h", 503)))
    assert not troubles.update(1e6, lacks_nothing)
    assert troubles.by_area


def test_a_trouble_ends_with_a_message_that_has_neither_error_nor_state() -> None:
    troubles = Troubles()
    troubles.take(TroubleChanged("store", state="retired"))
    troubles.take(TroubleChanged("disk", StorageError("/data", "no space left", "full")))
    assert set(troubles.by_area) == {"store", "disk"}
    troubles.take(TroubleChanged("store"))
    assert set(troubles.by_area) == {"disk"}
    troubles.take(TroubleChanged("store"))
    assert set(troubles.by_area) == {"disk"}


def test_a_change_of_the_network_drops_what_the_map_lost_to_it_and_nothing_else() -> None:
    lost = refused(TimedOut("h"))
    lost.take(TroubleChanged("store", Unreachable("h")))
    lost.take_connection(7.0)
    assert set(lost.by_area) == {"store"}
    assert lost.is_offline
    assert lost.offline_since == 7.0
    said = refused(ServiceDown("h", 503))
    said.take_connection(None)
    assert set(said.by_area) == {"map"}
    assert not said.is_offline
