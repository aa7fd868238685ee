"""Signing in with a clock that is not set, that is wrong, or that somebody sets meanwhile."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from email.utils import formatdate
from pathlib import Path
from typing import cast

import pytest

from tests.auth.machine import SCOPE, Boot, Machine, identity, signed_in
from tests.cloud import LocalCloud
from tvapp.auth.gateway import Gateway
from tvapp.auth.messages import AccountLoaded, CodeRefused, RequestCode
from tvapp.auth.problems import from_error
from tvapp.auth.service import SignIn, machines
from tvapp.auth.session import SessionSettings
from tvapp.auth.tokens import TokenProvider
from tvapp.azure.authorizer import STORAGE_SCOPE
from tvapp.core.clock import RELEASED_AT, ManualClock
from tvapp.core.errors import TlsFailed
from tvapp.core.jobs import Inbox, Jobs
from tvapp.core.log import RecordingLog
from tvapp.net.skew import SkewMonitor

HOUR = 3600.0
YEAR = 365 * 24 * HOUR

# -- a plausible time at start --------------------------------------------------------------------------------------


@pytest.fixture
def unset(cloud: LocalCloud, tmp_path: Path) -> Iterator[Machine]:
    """Return a machine whose clock begins in 1970, with a token in its cache."""
    first = Machine(identity(cloud), tmp_path / "data")
    first.until_phase("prompting")
    cloud.approve(first.user_code)
    first.until_phase("signed-in")
    first.stop()
    cloud.forget_requests()
    machine = Machine(identity(cloud), tmp_path / "data", ManualClock(1000.0, epoch=0.0, synchronised=False))
    yield machine
    machine.stop()


def test_before_the_time_can_be_right_nothing_is_asked_for_and_nothing_judged(
    unset: Machine, cloud: LocalCloud
) -> None:
    for _ in range(3):
        view = unset.view
        assert (view.phase, view.status) == ("starting", "awaiting-time")
        assert unset.jobs.busy() is False
        unset.leap(0.5)
    assert cloud.count("discovery") == 0
    assert unset.log.named("clock.waiting") == [{"year": 1970}]
    unset.clock.set_wall(time.time())
    view = unset.until_phase("signed-in", within_s=1)
    assert view.status == "signed-in"
    assert unset.log.named("clock.plausible") == [{"waited_s": 2.0}]
    assert [name for name in unset.log.at_level("warning") if name.startswith("clock.")] == ["clock.waiting"]


def test_the_time_services_word_is_enough(unset: Machine) -> None:
    unset.clock.synchronised = True
    unset.until_phase("signed-in", within_s=1)
    assert unset.log.named("clock.plausible")


def test_after_half_a_minute_it_goes_on_as_it_is(unset: Machine) -> None:
    unset.until_phase("signed-in", within_s=31)
    assert unset.log.named("clock.implausible") == [{"waited_s": 30.0}]
    assert unset.log.named("clock.plausible") == []


def test_with_a_plausible_clock_the_first_step_is_taken_at_once(cloud: LocalCloud, tmp_path: Path) -> None:
    machine = Machine(identity(cloud), tmp_path / "data", ManualClock(epoch=time.time(), synchronised=False))
    assert machine.jobs.futures  # under way, or done already
    assert machine.log.named("clock.plausible") == [{"waited_s": 0.0}]
    assert machine.view.status == "starting"
    machine.settle()
    machine.stop()


# -- a clock that is wrong ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("off", [3 * HOUR, -3 * HOUR, 50 * YEAR])
def test_the_first_code_tells_that_the_clock_is_wrong(boot: Boot, cloud: LocalCloud, off: float) -> None:
    cloud.settings(clock_skew_s=off)
    machine = boot()
    view = machine.until_phase("prompting")
    assert view.clock_skew_s == pytest.approx(off, abs=5)
    (news,) = machine.log.named("clock.skewed")
    assert news["skew_s"] == pytest.approx(off, abs=5)
    cloud.approve(machine.user_code)
    machine.until_phase("signed-in")
    assert machine.token()


def test_a_right_clock_is_not_talked_about(boot: Boot, cloud: LocalCloud) -> None:
    machine = signed_in(boot, cloud)
    assert machine.view.clock_skew_s is None
    assert machine.log.named("clock.skewed") == []


@pytest.mark.parametrize(("off", "kind"), [(-2 * YEAR, "clock-wrong"), (2 * YEAR, "tls-failed"), (0.0, "tls-failed")])
def test_an_expired_certificate_is_the_clocks_fault_once_dates_say_that_it_is_ahead(off: float, kind: str) -> None:
    right = RELEASED_AT + 90 * 24 * HOUR
    clock, log = ManualClock(epoch=right - off), RecordingLog()
    jobs = Jobs(Inbox(), log)
    skew = SkewMonitor(clock, log, jobs.inbox.post)
    for host in ("maps.example", "storage.example"):
        skew.observe_response(host, {"date": formatdate(right, usegmt=True)})
    both = machines(SessionSettings())
    session = both.session
    session.start(0.0)
    (request,) = session.handle(AccountLoaded(None), 0.0)
    assert isinstance(request, RequestCode)
    problem = from_error(TlsFailed("login.example", "certificate has expired"), when="code")
    session.handle(CodeRefused(request.flow, problem), 0.0)
    nobody = cast(Gateway, None)  # none is asked
    view = SignIn(both, nobody, TokenProvider(nobody, jobs, clock, log), jobs, clock, log, skew=skew).view(0.0)
    assert view.problem is not None
    assert view.problem.kind == kind
    assert view.phase == "offline"
    jobs.stop()


# -- a clock that is set while it runs ------------------------------------------------------------------------------


@pytest.fixture
def set_clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Return what sets the wall clock of the whole process, MSAL's included."""
    real, off = time.time, [0.0]
    monkeypatch.setattr(time, "time", lambda: real() + off[0])

    def change(by_s: float) -> None:
        off[0] += by_s

    return change


JUMPS = [HOUR, -HOUR, 12 * HOUR, -12 * HOUR, 5 * YEAR, -YEAR]


@pytest.mark.parametrize("by_s", JUMPS)
def test_no_code_and_no_poll_moves(
    boot: Boot, cloud: LocalCloud, set_clock: Callable[[float], None], by_s: float
) -> None:
    machine = boot()
    machine.until_phase("prompting")
    code, wakeup, left = machine.user_code, machine.sign_in.next_wakeup(), machine.view.remaining_s
    set_clock(by_s)
    machine.clock.set_wall(by_s)
    assert (machine.sign_in.next_wakeup(), machine.view.remaining_s) == (wakeup, left)
    machine.leap(1)
    machine.leap(1)
    assert (machine.view.phase, machine.user_code) == ("prompting", code)
    cloud.approve(code)
    machine.until_phase("signed-in", within_s=10)
    assert len(machine.log.named("signin.prompted")) == 1


@pytest.mark.parametrize("scope", [SCOPE, STORAGE_SCOPE])
@pytest.mark.parametrize("by_s", JUMPS)
def test_no_renewal_moves_and_none_is_lost(
    boot: Boot, cloud: LocalCloud, set_clock: Callable[[float], None], by_s: float, scope: str
) -> None:
    machine = signed_in(boot, cloud)

    def token() -> str:
        return machine.wait_for(lambda: machine.sign_in.tokens.get(scope)).secret

    first, due = token(), machine.sign_in.tokens.next_renewal()
    cloud.forget_requests()
    set_clock(by_s)
    machine.clock.set_wall(by_s)
    assert machine.sign_in.tokens.next_renewal() == due
    machine.leap(3000)
    assert token() == first
    assert cloud.count("refresh") == 0
    machine.leap(301)
    assert token() != first
    machine.leap(3000)
    assert cloud.count("refresh") == 1
    assert machine.view.phase == "signed-in"


@pytest.mark.parametrize("by_s", JUMPS)
def test_a_pause_that_the_server_asked_for_is_as_long_as_it_said(
    boot: Boot, cloud: LocalCloud, set_clock: Callable[[float], None], by_s: float
) -> None:
    machine = signed_in(boot, cloud)
    machine.token()
    set_clock(by_s)
    cloud.fault("refresh", status=429, retry_after="date:200")
    machine.leap(3301)
    (report,) = machine.log.named("token.renewal_failed")
    assert isinstance(report["retry_in"], float)
    assert 199 <= report["retry_in"] <= 201


@pytest.mark.parametrize("by_s", JUMPS)
def test_who_was_signed_in_stays_so_after_a_restart_at_another_time(
    boot: Boot, cloud: LocalCloud, set_clock: Callable[[float], None], by_s: float
) -> None:
    first = signed_in(boot, cloud).token()
    set_clock(by_s)
    machine = boot()
    machine.until_phase("signed-in")
    assert machine.token() != first
    assert machine.log.named("signin.prompted") == []
