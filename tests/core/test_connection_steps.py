"""The steps of the connection: which one fails, since when, and what is known of the others."""

from __future__ import annotations

import pytest

from tvapp.core.connection_steps import (
    NO_NAME_SERVER,
    NO_ROUTE,
    NO_SUCH_HOST,
    ConnectionSteps,
    Interface,
    LinkState,
    StepName,
    link_failure,
)
from tvapp.core.errors import ConnectionBroken, NetworkError, TimedOut, TlsFailed, Unreachable

LOGIN, MAPS, STORE = "https://login.example.com", "https://maps.example.com", "https://store.example.com"
HOST = "login.example.com"
UP = LinkState((Interface("eth0", has_carrier=True, has_address=True),))
UNPLUGGED = LinkState((Interface("eth0"),))
NO_LEASE = LinkState((Interface("eth0", has_carrier=True),))


def machine(*, is_local: bool = False) -> ConnectionSteps:
    return ConnectionSteps(MAPS, frozenset({STORE}), is_local=is_local)


def failing(steps: ConnectionSteps) -> tuple[str, str]:
    failure = steps.failing()
    return (failure.step, failure.reason) if failure is not None else ("", "")


def states(steps: ConnectionSteps) -> str:
    """Return the first letters of the states, in the order of the steps."""
    return "".join(step.state[0] for step in steps.steps())


def test_before_anything_is_known_the_first_step_is_under_way() -> None:
    assert states(machine()) == "nwwwwww"


def test_each_step_waits_for_the_one_before_it() -> None:
    steps = machine()
    steps.observe_link(UP, 1.0)
    assert states(steps) == "oonwwww"
    steps.observe_request(LOGIN, None, 2.0)
    assert states(steps) == "oooooon"
    steps.observe_session(trouble="", is_new_try=False, is_signed_in=True, now=3.0)
    steps.observe_request(MAPS, None, 3.0)
    assert states(steps) == "ooooooo"


@pytest.mark.parametrize(
    ("interfaces", "expected"),
    [
        ([], ("link", "no-adapter")),
        ([Interface("eth0")], ("link", "cable-out")),
        ([Interface("wlan0", is_wireless=True)], ("link", "wifi-out")),
        ([Interface("eth0"), Interface("wlan0", is_wireless=True)], ("link", "link-out")),
        ([Interface("eth0", has_carrier=None)], ("link", "adapter-off")),
        ([Interface("eth0"), Interface("wlan0", is_wireless=True, has_carrier=None)], ("link", "link-out")),
        ([Interface("eth0", has_carrier=True)], ("address", "no-address")),
        ([Interface("eth0"), Interface("wlan0", is_wireless=True, has_carrier=True)], ("address", "no-address")),
        ([Interface("eth0", has_address=True)], ("link", "cable-out")),
    ],
)
def test_link_and_address_are_told_apart(interfaces: list[Interface], expected: tuple[str, str]) -> None:
    failure = link_failure(LinkState(tuple(interfaces)))
    assert failure is not None
    assert (failure.step, failure.reason) == expected


def test_one_interface_with_an_address_is_enough() -> None:
    assert link_failure(LinkState((Interface("eth0"), *UP.interfaces))) is None
    assert link_failure(None) is None


@pytest.mark.parametrize(
    ("error", "step", "reason", "expected"),
    [
        (Unreachable(HOST, NO_SUCH_HOST), "name", "name-unknown", "oofwwww"),
        (Unreachable(HOST, NO_NAME_SERVER), "name", "no-name-server", "oofwwww"),
        (Unreachable(HOST, NO_ROUTE), "address", "no-route", "ofwwwww"),
        (Unreachable(HOST, "refused"), "service", "refused", "ooowwfw"),
        (Unreachable(HOST, "proxy: no such host"), "service", "proxy", "oowwwfw"),
        (TimedOut(HOST, "proxy: no answer in time"), "service", "proxy", "oowwwfw"),
        (ConnectionBroken(HOST, "proxy: closed by the other side"), "service", "proxy", "oowwwfw"),
        (Unreachable(HOST, "proxy: 407 Proxy Authentication Required"), "service", "proxy-login", "oowwwfw"),
        (Unreachable(HOST, "proxy: 403 Forbidden"), "service", "proxy-refuses", "oowwwfw"),
        (Unreachable(HOST, "no route to host"), "service", "unreachable", "oowwwfw"),
        (TimedOut(HOST, "no answer in time"), "service", "timeout", "oowwwfw"),
        (ConnectionBroken(HOST, "closed by the other side"), "service", "broken", "ooowwfw"),
        (TlsFailed(HOST, "certificate not yet valid"), "time", "clock-wrong", "ooofwww"),
        (TlsFailed(HOST, "certificate expired"), "tls", "expired", "ooowfww"),
        (TlsFailed(HOST, "certificate authority not trusted"), "tls", "untrusted", "ooowfww"),
        (TlsFailed(HOST, "certificate self-signed"), "tls", "untrusted", "ooowfww"),
        (TlsFailed(HOST, "certificate for another host"), "tls", "other-host", "ooowfww"),
        (TlsFailed(HOST, "wrong version number"), "tls", "tls", "ooowfww"),
    ],
)
def test_a_failed_request_says_which_step_fails_and_no_more_than_it_knows(
    error: NetworkError, step: StepName, reason: str, expected: str
) -> None:
    steps = machine()
    steps.observe_link(UP, 1.0)
    steps.observe_request(LOGIN, error, 2.0)
    assert failing(steps) == (step, reason)
    assert states(steps) == expected
    failure = steps.failing()
    assert failure is not None
    assert (failure.host, failure.detail) == (HOST, error.reason)


def test_a_time_out_is_one_of_the_name_server_if_the_look_up_fails_too() -> None:
    steps = machine()
    steps.observe_link(UP, 1.0)
    steps.observe_request(LOGIN, TimedOut(HOST, "no answer in time"), 2.0)
    steps.observe_look_up(HOST, NO_NAME_SERVER, 8.0)
    assert failing(steps) == ("name", "no-name-server")
    steps.observe_request(LOGIN, TimedOut(HOST, "no answer in time"), 20.0)
    assert failing(steps) == ("name", "no-name-server"), "the next time-out is no news"
    assert steps.failing_since == 8.0
    steps.observe_look_up(HOST, "", 21.0)
    assert failing(steps) == ("service", "timeout"), "the name server is back"


def test_a_time_out_of_a_host_whose_name_is_found_is_its_own() -> None:
    steps = machine()
    steps.observe_link(UP, 1.0)
    steps.observe_request(LOGIN, TimedOut(HOST, "no answer in time"), 2.0)
    steps.observe_look_up(HOST, "", 3.0)
    assert failing(steps) == ("service", "timeout")
    assert states(steps) == "ooowwfw"


def test_a_pulled_cable_explains_every_failure_behind_it() -> None:
    steps = machine()
    steps.observe_link(UP, 1.0)
    steps.observe_request(LOGIN, None, 2.0)
    steps.observe_link(UNPLUGGED, 10.0)
    steps.observe_request(LOGIN, Unreachable(HOST, NO_NAME_SERVER), 12.0)
    assert failing(steps) == ("link", "cable-out")
    assert states(steps) == "fwwwwww"
    assert (steps.failing_since, steps.tries) == (10.0, 1)


def test_a_cable_that_is_back_leaves_nothing_of_the_failures_before_it() -> None:
    steps = machine()
    steps.observe_link(UNPLUGGED, 1.0)
    steps.observe_request(LOGIN, Unreachable(HOST, NO_NAME_SERVER), 2.0)
    steps.observe_link(NO_LEASE, 5.0)
    assert (failing(steps), states(steps)) == (("address", "no-address"), "ofwwwww")
    steps.observe_link(UP, 6.0)
    assert (failing(steps), states(steps)) == (("", ""), "oonwwww")


def test_an_answer_counts_more_than_what_the_interfaces_seem_to_be() -> None:
    steps = machine()
    steps.observe_link(UNPLUGGED, 1.0)
    steps.observe_request(LOGIN, None, 2.0)
    assert (failing(steps), states(steps)) == (("", ""), "oooooon")
    steps.observe_link(UNPLUGGED, 3.0)
    assert failing(steps) == ("", "")


def test_services_on_this_machine_need_no_link() -> None:
    steps = machine(is_local=True)
    steps.observe_link(UNPLUGGED, 1.0)
    assert states(steps) == "oonwwww"
    steps.observe_request(LOGIN, Unreachable("localhost", "refused"), 2.0)
    assert states(steps) == "ooowwfw"


def test_since_and_tries_count_from_the_moment_the_step_began_to_fail() -> None:
    steps = machine()
    for at in (5.0, 6.0, 8.0):
        steps.observe_request(LOGIN, Unreachable(HOST, NO_SUCH_HOST), at)
    assert (steps.failing_since, steps.tries) == (5.0, 3)
    steps.observe_request(LOGIN, Unreachable(HOST, NO_NAME_SERVER), 9.0)
    assert (steps.failing_since, steps.tries) == (5.0, 4), "it is the same step"
    steps.observe_request(LOGIN, TlsFailed(HOST, "certificate expired"), 11.0)
    assert (steps.failing_since, steps.tries) == (11.0, 1)
    steps.observe_request(LOGIN, None, 12.0)
    steps.observe_request(LOGIN, TlsFailed(HOST, "certificate expired"), 20.0)
    (step,) = (each for each in steps.steps() if each.state == "failed")
    assert (step.since, step.tries) == (20.0, 1)


def test_a_wrong_clock_explains_a_certificate_that_is_refused() -> None:
    steps = machine()
    steps.observe_clock(is_unset=False, is_wrong=True, now=1.0)
    steps.observe_request(LOGIN, TlsFailed(HOST, "certificate expired"), 2.0)
    assert failing(steps) == ("time", "clock-wrong")


def test_a_clock_that_is_not_set_is_waited_for_once_there_is_a_network() -> None:
    steps = machine()
    steps.observe_clock(is_unset=True, is_wrong=False, now=1.0)
    assert failing(steps) == ("time", "clock-unset")
    assert states(steps) == "wwwfwww"
    steps.observe_link(UNPLUGGED, 2.0)
    assert failing(steps) == ("link", "cable-out")
    steps.observe_link(UP, 3.0)
    assert (failing(steps), states(steps)) == (("time", "clock-unset"), "oowfwww")


def test_a_wrong_clock_does_not_hide_that_the_service_answers() -> None:
    steps = machine()
    steps.observe_link(UP, 1.0)
    steps.observe_request(LOGIN, None, 2.0)
    steps.observe_clock(is_unset=False, is_wrong=True, now=3.0)
    assert states(steps) == "ooofoow"


def test_trouble_that_comes_with_an_answer_is_the_services() -> None:
    steps = machine()
    steps.observe_link(UP, 1.0)
    steps.observe_request(LOGIN, None, 2.0)
    for at, is_new in ((3.0, True), (3.5, False), (9.0, True)):
        steps.observe_session(trouble="service-down", is_new_try=is_new, is_signed_in=False, now=at)
    assert (failing(steps), states(steps)) == (("service", "service-down"), "ooooofw")
    assert (steps.failing_since, steps.tries) == (3.0, 2)
    steps.observe_session(trouble="", is_new_try=False, is_signed_in=False, now=10.0)
    assert states(steps) == "oooooon"


def test_the_maps_fail_only_after_the_sign_in() -> None:
    steps = machine()
    steps.observe_request(LOGIN, None, 1.0)
    steps.observe_request(MAPS, Unreachable("maps.example.com", "refused"), 2.0)
    assert failing(steps) == ("", "")
    steps.observe_session(trouble="", is_new_try=False, is_signed_in=True, now=3.0)
    assert (failing(steps), states(steps)) == (("maps", "refused"), "oooooof")


def test_a_store_says_nothing_about_the_sign_in() -> None:
    steps = machine()
    steps.observe_link(UP, 1.0)
    steps.observe_request(STORE, Unreachable("store.example.com", NO_SUCH_HOST), 2.0)
    assert (failing(steps), states(steps)) == (("", ""), "oonwwww")
