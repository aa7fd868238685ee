"""The program as a whole: who hears what, what breaks it, and what it says of itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.app.rig import WITH_ACCOUNT, WITH_KEY, FakeBackend, Rig
from tvapp.app.backend_loading import BACKEND_JOB
from tvapp.app.loop import Unrecoverable
from tvapp.auth.messages import PermissionGiven
from tvapp.azure.messages import AttributionArrived
from tvapp.config.load import ConfigErrors
from tvapp.config.model import Config
from tvapp.core.clock import ClockSet, Resumed
from tvapp.core.errors import ConfigError, StorageError, TvappError, Unreachable
from tvapp.core.jobs import JobFailed, JobResult
from tvapp.display.events import CloseRequested, DisplayLost, DisplayRestored, Exposed, Hidden
from tvapp.fences.service.messages import FencesLoaded, FencesUnavailable, FencesUnchanged
from tvapp.fences.stores.base import StoreRetired
from tvapp.host.disk_watch import DiskChanged
from tvapp.host.process import ScreenshotRequested, StopRequested
from tvapp.net.messages import NetworkLost, NetworkRestored
from tvapp.ui.screens.map.screen import MapScreen


class KeptResult(JobResult):
    service = "kept"


@pytest.fixture
def rig(tmp_path: Path) -> Rig:
    return Rig(tmp_path)


@pytest.fixture
def with_map(rig: Rig) -> Rig:
    rig.start()
    assert rig.app.session.map is not None
    return rig


def test_without_an_account_the_map_opens_after_the_first_frame(rig: Rig) -> None:
    assert not rig.jobs.asked
    rig.start()
    assert rig.app.session.map is not None
    assert rig.jobs.asked[:4] == ["remote", "view.read", BACKEND_JOB, "timekeeper"]
    assert len(rig.log.named("frame.first")) == 1


def test_the_program_begins_once_however_many_frames_follow(with_map: Rig) -> None:
    asked = list(with_map.jobs.asked)
    with_map.app.presented(with_map.clock.now)
    with_map.frame()
    assert with_map.jobs.asked == asked


def test_the_backend_waits_while_the_account_is_looked_for(tmp_path: Path) -> None:
    rig = Rig(tmp_path, WITH_ACCOUNT)
    rig.start()
    assert rig.app.session.is_asking
    assert BACKEND_JOB not in rig.jobs.asked


@pytest.mark.parametrize(
    ("message", "reason"), [(StopRequested("SIGTERM"), "SIGTERM"), (CloseRequested(), "window closed")]
)
def test_a_signal_or_a_closed_window_ends_the_program_with_its_reason(rig: Rig, message: object, reason: str) -> None:
    assert rig.app.stop_reason is None
    if isinstance(message, CloseRequested):
        rig.app.handle(message, rig.clock.now)
    else:
        rig.tell(message)
    assert rig.app.stop_reason == reason


@pytest.mark.parametrize("way", ["the window", "a screen"])
def test_an_app_that_may_not_be_closed_goes_on_and_logs_who_wanted_it(tmp_path: Path, way: str) -> None:
    rig = Rig(tmp_path, {**WITH_KEY, "TVAPP_KIOSK_CLOSABLE": "false"})
    rig.start()
    if way == "the window":
        rig.app.handle(CloseRequested(), rig.clock.now)
    else:
        rig.app.actions.leave()
    assert rig.app.stop_reason is None
    assert len(rig.log.named("app.close_refused")) == 1
    rig.tell(StopRequested("SIGTERM"))
    assert rig.app.stop_reason == "SIGTERM"


def test_outside_of_its_hours_the_app_says_that_it_is_off_on_purpose_and_still_draws_signs_of_life(
    tmp_path: Path,
) -> None:
    rig = Rig(tmp_path, {**WITH_KEY, "TVAPP_KIOSK_AWAKE": '["mon 03:00-03:01"]'})
    rig.start()
    assert not rig.app.situation().is_off
    rig.clock.advance(3 * 3600.0)
    rig.frame()
    assert rig.app.situation().is_off
    assert "cec.switch" in rig.jobs.asked
    rig.clock.advance(60.0)
    rig.app.draw(rig.display.canvas, rig.clock.now)  # as the heartbeat asks for it
    rig.press("return")
    rig.frame()
    assert not rig.app.situation().is_off
    assert rig.jobs.asked.count("cec.switch") == 2


def test_a_screenshot_that_was_asked_for_is_saved_with_the_next_frame(rig: Rig) -> None:
    rig.frame()
    rig.tell(ScreenshotRequested())
    assert rig.app.update(rig.clock.now)
    rig.app.draw(rig.display.canvas, rig.clock.now)
    assert rig.around.data.screenshots.joinpath("000001.png").read_bytes() == b"PNG"


def test_an_outage_of_the_network_is_told_to_the_init_system_until_it_is_over(with_map: Rig) -> None:
    backend = with_map.connect()
    with_map.tell(NetworkLost("maps.example"))
    assert with_map.app.situation().offline_since == with_map.clock.wall()
    assert backend.loader.retried == 0
    with_map.tell(NetworkRestored())
    assert with_map.app.situation().offline_since is None
    assert backend.loader.retried == 1


def test_a_permission_that_was_given_has_the_map_ask_again_for_what_was_refused(with_map: Rig) -> None:
    with_map.tell(PermissionGiven())
    backend = with_map.connect()
    assert backend.loader.retried == 0
    with_map.tell(PermissionGiven())
    assert (backend.loader.retried, backend.attribution.retried) == (1, 1)
    assert backend.outbox is not None
    assert "send_now" in backend.outbox.calls


def test_a_machine_that_slept_tries_everything_at_once(with_map: Rig) -> None:
    backend = with_map.connect()
    with_map.tell(Resumed(3600.0))
    assert backend.monitor.calls == ["hurry"]
    assert backend.loader.retried == 1


def test_a_disk_that_works_again_gets_what_it_did_not_take(with_map: Rig) -> None:
    backend = with_map.connect()
    with_map.tell(DiskChanged(StorageError("/data", "full")))
    assert backend.disk_restored_at == []
    with_map.tell(DiskChanged(None))
    assert backend.disk_restored_at == [with_map.clock.now]


def test_what_the_store_gave_reaches_first_what_keeps_it_and_then_the_service(with_map: Rig) -> None:
    backend = with_map.connect()
    for message in (FencesLoaded("url", (), (), 1.0), FencesUnchanged()):
        backend.heard.clear()
        with_map.tell(message)
        assert backend.heard == [("snapshot", message), ("fences", message)]
    backend.heard.clear()
    with_map.tell(ClockSet(60.0))
    assert backend.heard == [("fences", ClockSet(60.0))]


def test_what_was_written_is_told_to_its_service_even_if_the_map_is_gone_meanwhile(with_map: Rig) -> None:
    backend = with_map.connect()
    with_map.app.session.drop_map()
    result = KeptResult()
    with_map.tell(result)
    with_map.tell(FencesUnchanged())
    assert ("snapshot", result) in backend.heard
    assert "fences" not in [name for name, _ in backend.heard], "it has forgotten the account"


@pytest.mark.parametrize(("error", "notice"), [(StoreRetired("map-data"), "retired"), (Unreachable("example.com"), "")])
def test_a_store_that_was_retired_is_told_in_words_of_its_own(with_map: Rig, error: TvappError, notice: str) -> None:
    with_map.connect()
    with_map.tell(FencesUnavailable("map-data", error))
    screen = with_map.app.stack.base
    assert isinstance(screen, MapScreen)
    trouble = screen.state.troubles.by_area["store"]
    assert (trouble.state, trouble.error) == (notice, None if notice else error)


def test_the_attribution_reaches_the_screen(with_map: Rig) -> None:
    with_map.tell(AttributionArrived(("Somebody's map",)))
    assert with_map.shows("Somebody's map")


def test_a_backend_that_cannot_be_built_for_a_reason_is_shown_and_stays(with_map: Rig) -> None:
    with_map.tell(JobFailed(BACKEND_JOB, ConfigError("config.toml", "identity.ca_bundle", "nothing", "a file")))
    assert with_map.app.session.map is None
    assert with_map.app.situation().broken == "fatal"
    assert with_map.shows("identity.ca_bundle")
    assert len(with_map.log.named("app.broken")) == 1


def test_a_defect_in_building_the_backend_ends_the_program(with_map: Rig) -> None:
    with pytest.raises(Unrecoverable) as ended:
        with_map.tell(JobFailed(BACKEND_JOB, RuntimeError("a defect")))
    assert isinstance(ended.value.__cause__, RuntimeError)


def test_a_wrong_configuration_is_shown_and_nothing_is_begun(tmp_path: Path) -> None:
    errors = ConfigErrors([ConfigError("config.toml", "maps.style", '"purple"', "a style")], (), Config())
    rig = Rig(tmp_path, errors=errors)
    assert rig.shows("maps.style")
    rig.start()
    rig.frame()
    assert rig.jobs.asked == ["remote"]
    assert rig.app.situation().broken == "config"


def test_nothing_is_drawn_while_the_window_is_hidden_and_all_once_it_is_back(with_map: Rig) -> None:
    with_map.frame()
    with_map.app.handle(Hidden(), with_map.clock.now)
    with_map.tell(ScreenshotRequested())
    assert not with_map.app.update(with_map.clock.now)
    with_map.app.handle(Exposed(), with_map.clock.now)
    assert with_map.app.update(with_map.clock.now)


def test_a_lost_display_is_told_to_the_init_system_until_there_is_another(with_map: Rig) -> None:
    with_map.app.handle(DisplayLost("unplugged"), with_map.clock.now)
    assert not with_map.app.situation().has_display
    with_map.app.handle(DisplayRestored(4.0), with_map.clock.now)
    assert with_map.app.situation().has_display
    assert with_map.log.named("display.restored") == [{"after_s": 4.0}]


def test_no_tile_is_requested_for_a_hidden_map_and_the_missing_ones_once_it_is_seen(with_map: Rig) -> None:
    backend = with_map.connect(FakeBackend())
    with_map.frame()
    with_map.app.handle(Hidden(), with_map.clock.now)
    with_map.app.update(with_map.clock.now)
    assert backend.loader.requested[-1] == ()


def test_what_belongs_to_the_account_is_gone_with_the_map(with_map: Rig) -> None:
    backend = with_map.connect()
    with_map.app.session.drop_map()
    assert backend.accounts == ["", None]
    assert with_map.display.canvas.forgotten == 1
    assert with_map.app.actions.outbox is None
