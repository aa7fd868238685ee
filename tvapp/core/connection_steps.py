"""Works out how far the connection to the sign-in service and the maps has come, and which step of it fails.

Takes observations of the network interfaces and of the requests that the app sends anyway, and returns the steps with
their states. It performs no I/O; times are monotonic seconds. The step for the time stands before TLS, because a wrong
clock makes every certificate invalid.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from tvapp.core.errors import ConnectionBroken, NetworkError, TimedOut, TlsFailed, Unreachable
from tvapp.core.proxies import PROXY, proxy_trouble

StepName = Literal["link", "address", "name", "time", "tls", "service", "maps"]
StepState = Literal["waiting", "now", "ok", "failed"]

STEPS: tuple[StepName, ...] = ("link", "address", "name", "time", "tls", "service", "maps")

NO_SUCH_HOST = "no such host"
NO_NAME_SERVER = "no name server"
NO_ROUTE = "network is unreachable"
"""What the reasons of `Unreachable` say; see `net.failures`."""

_TLS_REASONS = (
    ("expired", "expired"),
    ("another host", "other-host"),
    ("not trusted", "untrusted"),
    ("self-signed", "untrusted"),
)


@dataclass(frozen=True, slots=True)
class Interface:
    """A network interface. `has_carrier` is None while it is switched off: the system cannot tell then."""

    name: str
    is_wireless: bool = False
    has_carrier: bool | None = False
    has_address: bool = False


@dataclass(frozen=True, slots=True)
class LinkState:
    """The interfaces that can lead to a network, without the loopback."""

    interfaces: tuple[Interface, ...] = ()

    @property
    def is_usable(self) -> bool:
        """Tell whether an interface has a link and an address."""
        return any(each.has_carrier and each.has_address for each in self.interfaces)


@dataclass(frozen=True, slots=True)
class Failure:
    """A step that fails: `reason` is the key of its words, `host` and `detail` (for an administrator) may be empty."""

    step: StepName
    reason: str
    host: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """A step and its state. A failed one has its reason, since when it fails, and the failed requests since then."""

    name: StepName
    state: StepState
    failure: Failure | None = None
    since: float = 0.0
    tries: int = 0


class ConnectionSteps:
    """Knows the state of each step.

    >>> steps = ConnectionSteps("https://atlas.microsoft.com")
    >>> steps.observe_link(LinkState((Interface("eth0"),)), now=5.0)
    >>> steps.failing(), steps.failing_since
    (Failure(step='link', reason='cable-out', host='', detail='eth0'), 5.0)
    """

    def __init__(self, maps: str, ignored: frozenset[str] = frozenset(), *, is_local: bool = False) -> None:
        """Take the origin of the maps; every other one is of the sign-in service, except `ignored` ones.

        `is_local`: the hosts are this machine itself, so that no network is needed.
        """
        self._maps = maps
        self._ignored = ignored
        self._is_local = is_local
        self._link: LinkState | None = None
        self._has_answered = False
        """Whether the last request to the sign-in service was answered, since the link last changed."""
        self._failed: Failure | None = None
        """How the last request to the sign-in service failed."""
        self._maps_failed: Failure | None = None
        self._have_maps_answered = False
        self._found_name = False
        self._look_up_failed: Failure | None = None
        self._trouble = ""
        self._is_clock_unset = False
        self._is_clock_wrong = False
        self._is_signed_in = False
        self._failing: Failure | None = None
        self.failing_since = 0.0
        """Since when the step that `failing` names has failed."""
        self.tries = 0
        """How many requests have failed since then."""

    # -- observations -----------------------------------------------------------------------------------------------

    def observe_link(self, link: LinkState, now: float) -> None:
        """Note the state of the interfaces."""
        if link != self._link:
            if link.is_usable and self._link is not None and not self._link.is_usable:
                self._failed = self._maps_failed = None  # it failed for want of a link
            self._link = link
            self._has_answered = False
            self._found_name, self._look_up_failed = False, None
        self._settle(now)

    def observe_request(self, origin: str, error: NetworkError | None, now: float) -> None:
        """Note that a request to an origin was answered, or its error."""
        if origin in self._ignored:
            return
        failure = None if error is None else failure_of(error)
        if origin == self._maps:
            self._maps_failed, self._have_maps_answered = failure, error is None
        else:
            self._failed, self._has_answered = failure, error is None
        if error is None:
            self._found_name, self._look_up_failed = True, None
        self._settle(now)
        if error is not None:
            self.tries += 1

    def observe_look_up(self, host: str, reason: str, now: float) -> None:
        """Note whether the name of a host was found (an empty reason) after a request to it had timed out."""
        self._found_name = not reason
        self._look_up_failed = failure_of(Unreachable(host, reason)) if reason else None
        self._settle(now)

    def observe_session(self, *, trouble: str, is_new_try: bool, is_signed_in: bool, now: float) -> None:
        """Note the sign-in's own view: a kind of problem that came with an answer, and whether it has succeeded.

        `is_new_try` tells whether another request has ended with that problem since the last call.
        """
        self._trouble = trouble
        self._is_signed_in = is_signed_in
        self._settle(now)
        if trouble and is_new_try:
            self.tries += 1

    def observe_clock(self, *, is_unset: bool, is_wrong: bool, now: float) -> None:
        """Note whether the clock cannot be right yet, and whether answers of servers contradict it."""
        self._is_clock_unset = is_unset
        self._is_clock_wrong = is_wrong
        self._settle(now)

    # -- results ----------------------------------------------------------------------------------------------------

    def failing(self) -> Failure | None:
        """Return the step that fails, the first one if several do."""
        return self._failing

    def steps(self) -> tuple[Step, ...]:
        """Return all steps in order."""
        failing, passed = self._failing, self._passed()
        if failing is None:
            current = next((name for name in STEPS if name not in passed), "")
        else:
            current = ""
            if failing.step in ("link", "address"):
                # Whatever was reached before cannot be reached now.
                passed = set(STEPS[: STEPS.index(failing.step)])
        found: list[Step] = []
        for name in STEPS:
            if failing is not None and name == failing.step:
                found.append(Step(name, "failed", failing, self.failing_since, self.tries))
            else:
                found.append(Step(name, "ok" if name in passed else "now" if name == current else "waiting"))
        return tuple(found)

    # -- parts ------------------------------------------------------------------------------------------------------

    def _settle(self, now: float) -> None:
        former, self._failing = self._failing, self._find()
        if self._failing is None or former is None or former.step != self._failing.step:
            self.failing_since = now
            self.tries = 0

    def _find(self) -> Failure | None:
        """Return what fails; what is nearest to this machine explains the rest."""
        link = None if self._has_answered or self._is_local else link_failure(self._link)
        if link is not None:
            return link
        if self._failed is not None:
            if self._failed.reason in ("timeout", PROXY) and self._look_up_failed is not None:
                return self._look_up_failed
            is_clock = self._failed.step == "tls" and (self._is_clock_unset or self._is_clock_wrong)
            return replace(self._failed, step="time", reason=self._clock_reason()) if is_clock else self._failed
        if self._is_clock_unset:
            return Failure("time", self._clock_reason())
        if self._trouble:
            return Failure("service", self._trouble)
        if self._is_clock_wrong:
            return Failure("time", self._clock_reason())
        if self._is_signed_in and (failure := self._maps_failed) is not None:
            return replace(failure, step="maps") if failure.step == "service" else failure
        return None

    def _clock_reason(self) -> str:
        return "clock-unset" if self._is_clock_unset else "clock-wrong"

    def _passed(self) -> set[StepName]:
        """Return the steps that are known to work."""
        passed: set[StepName] = set()
        if self._has_answered:
            passed |= {"link", "address", "name", "tls", "service"}
            if not self._is_clock_unset and not self._is_clock_wrong:
                passed.add("time")
        if self._is_local:
            passed |= {"link", "address"}
        elif self._link is not None:
            if any(each.has_carrier for each in self._link.interfaces):
                passed.add("link")
            if self._link.is_usable:
                passed.add("address")
        if self._found_name or (self._failed is not None and self._failed.reason in _AFTER_NAME):
            passed.add("name")
        if self._have_maps_answered:
            passed.add("maps")
        return passed


_AFTER_NAME = frozenset({"refused", "broken", "clock-wrong", *(reason for _, reason in _TLS_REASONS), "tls"})
"""Reasons that only a host can have whose name was found."""


def link_failure(link: LinkState | None) -> Failure | None:
    """Return what is wrong with link and address; None if nothing is, or nothing is known."""
    if link is None or link.is_usable:
        return None
    connected = [each for each in link.interfaces if each.has_carrier]
    if connected:
        return Failure("address", "no-address", detail=", ".join(each.name for each in connected))
    detail = ", ".join(each.name for each in link.interfaces)
    if not link.interfaces:
        return Failure("link", "no-adapter")
    if all(each.has_carrier is None for each in link.interfaces):
        return Failure("link", "adapter-off", detail=detail)
    wireless = {each.is_wireless for each in link.interfaces}
    reason = "link-out" if len(wireless) > 1 else "wifi-out" if True in wireless else "cable-out"
    return Failure("link", reason, detail=detail)


def failure_of(error: NetworkError) -> Failure:
    """Return the step that a failed request stands for, and why.

    >>> failure_of(Unreachable("login.example.com", "no such host"))
    Failure(step='name', reason='name-unknown', host='login.example.com', detail='no such host')
    """
    step, reason = _classify(error)
    return Failure(step, reason, error.host, error.reason)


def _classify(error: NetworkError) -> tuple[StepName, str]:
    reason = error.reason
    if reason.startswith(PROXY):
        return "service", proxy_trouble(reason)
    match error:
        case TlsFailed():
            if "not yet valid" in reason:
                return "time", "clock-wrong"
            return "tls", next((key for words, key in _TLS_REASONS if words in reason), "tls")
        case TimedOut():
            return "service", "timeout"
        case ConnectionBroken():
            return "service", "broken"
        case Unreachable() if reason == NO_SUCH_HOST:
            return "name", "name-unknown"
        case Unreachable() if reason == NO_NAME_SERVER:
            return "name", "no-name-server"
        case Unreachable() if reason == NO_ROUTE:
            return "address", "no-route"
        case Unreachable() if reason == "refused":
            return "service", "refused"
    return "service", "unreachable"
