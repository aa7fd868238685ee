"""Changing settings and faults from JSON, and the limit on guesses."""

from __future__ import annotations

import pytest

from tvapp.core.errors import DataError
from tvapp.localcloud.faults import Fault, Switchboard, parse_fault
from tvapp.localcloud.settings import Settings, changed
from tvapp.localcloud.throttle import ALLOWED, WINDOW_S, GuessThrottle


def test_settings_change_one_by_one() -> None:
    settings = changed(Settings(), {"interval_s": 7, "clock_skew_s": 3, "cache_headers": False})

    assert (settings.interval_s, settings.clock_skew_s, settings.cache_headers) == (7, 3.0, False)
    assert settings.code_lifetime_s == 900


@pytest.mark.parametrize(
    "values", [{"nonsense": 1}, {"interval_s": "7"}, {"interval_s": 0}, {"interval_s": True}, {"token_lifetime_s": -1}]
)
def test_mistaken_settings_are_refused(values: dict[str, object]) -> None:
    with pytest.raises(DataError):
        changed(Settings(), values)


def test_a_fault_lifts_itself_and_the_next_one_follows() -> None:
    board = Switchboard()
    board.set("tile", Fault(status=500, times=2))
    board.set("tile", Fault(status=429, times=1))

    statuses = [fault.status if (fault := board.take("tile", {})) else 0 for _ in range(4)]

    assert statuses == [500, 500, 429, 0]


def test_a_fault_that_does_not_match_is_not_used_up() -> None:
    board = Switchboard()
    board.set("tile", Fault(status=500, times=1, match={"zoom": "3"}))

    assert board.take("tile", {"zoom": "4"}) is None
    assert board.take("tile", {"zoom": "3"}) is not None
    assert board.in_force() == {}


def test_faults_are_read_from_json_leniently_where_it_is_safe() -> None:
    fault = parse_fault({"delay_s": 1, "retry_after": 5, "reset": True, "times": 2})

    assert (fault.delay_s, fault.retry_after, fault.reset, fault.times) == (1.0, "5", "before", 2)


def test_guesses_are_counted_by_address_and_forgotten_after_a_while() -> None:
    throttle = GuessThrottle()
    for number in range(ALLOWED):
        assert throttle.wait_s("a", float(number)) == 0
        throttle.wrong("a", float(number))

    assert throttle.wait_s("a", 10.0) == WINDOW_S - 10.0
    assert throttle.wait_s("b", 10.0) == 0
    assert throttle.wait_s("a", WINDOW_S + 1.0) == 0
