"""The fault switchboard: the faults of each endpoint, and the requests to it.

Pure state; `tvapp.localcloud.wire` carries the faults out and `tvapp.localcloud.control` describes the API.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from fnmatch import fnmatchcase

from tvapp.core.errors import DataError

ENDPOINTS = (
    "discovery",
    "instance",
    "devicecode",
    "token",
    "refresh",
    "tile",
    "attribution",
    "tileset",
    "copyright",
    "static",
    "map-data",
    "metrics",
    "page",
)
RESET_CHOICES = ("before", "headers", "after")
MAX_OVERSIZED = 1 << 30
KEPT_REQUESTS = 500


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault of an endpoint. Fields combine where that makes sense (delay and status, say)."""

    delay_s: float = 0.0
    """Wait before anything is sent."""
    drip_s: float = 0.0
    """Send the body in small pieces over this time."""
    status: int = 0
    """Answer with this status instead of the endpoint's work."""
    body: str | None = None
    """The body for `status`; None: the service's own error body."""
    content_type: str = ""
    error: str = ""
    """Answer with this OAuth error (Entra) or error code (Maps)."""
    aadsts: int = 0
    """Answer as Entra does for this number; the status is the number's usual one unless given."""
    retry_after: str = ""
    """Retry-After header: seconds as text, or "date:SECONDS" for an HTTP date that far ahead."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """Added to, or replacing, the answer's own headers."""
    reset: str = ""
    """Reset the TCP connection "before" the work, after the "headers", or "after" the work."""
    truncate: float = 0.0
    """Send only this part of the body (0 to 1), then close; Content-Length is that of the whole body."""
    html: bool = False
    """Answer like a captive portal or proxy: an HTML page with status 200 (or `status`)."""
    bad_bytes: bool = False
    """The body is random bytes of the right length and type."""
    oversized_bytes: int = 0
    """The body goes on for this many bytes."""
    clock_skew_s: float = 0.0
    """The Date header and the times in tokens are off by this."""
    times: int = 0
    """Applies to so many requests; 0: until cleared."""
    match: Mapping[str, str] = field(default_factory=dict)
    """Only requests with these query or form values."""
    method: str = ""
    """Only requests with this method."""
    path: str = ""
    """Only requests with this path, in which * stands for any characters."""

    def answers_itself(self) -> bool:
        """Tell whether the fault replaces the endpoint's work."""
        return bool(self.status or self.error or self.aadsts or self.html or self.reset == "before")

    def matches(self, values: Mapping[str, str], method: str = "", path: str = "") -> bool:
        if self.method not in ("", method) or (self.path and not fnmatchcase(path, self.path)):
            return False
        return all(values.get(name) == value for name, value in self.match.items())


def parse_fault(values: Mapping[str, object]) -> Fault:
    """Build a fault from JSON.

    Raises:
        DataError: an unknown field, or a value of the wrong type.
    """
    defaults = Fault()
    checked: dict[str, object] = {}
    known = {entry.name for entry in fields(Fault)}
    for name, value in values.items():
        if name not in known:
            raise DataError("fault", f"no field {name!r}; there are: {', '.join(sorted(known))}")
        checked[name] = _checked(name, value, getattr(defaults, name))
    return Fault(**checked)  # type: ignore[arg-type]


def _checked(name: str, value: object, default: object) -> object:
    if name == "reset" and value is True:
        return "before"
    if name == "retry_after" and isinstance(value, int | float) and not isinstance(value, bool):
        return str(int(value))
    if name == "body":
        if value is None or isinstance(value, str):
            return value
        raise DataError("fault", "body must be text")
    if isinstance(default, Mapping):
        if not isinstance(value, Mapping):
            raise DataError("fault", f"{name} must be an object")
        return {str(key): str(item) for key, item in value.items()}
    if isinstance(default, float) and isinstance(value, int) and not isinstance(value, bool):
        value = float(value)
    if type(value) is not type(default):
        raise DataError("fault", f"{name} must be {type(default).__name__}")
    if name == "reset" and value not in ("", *RESET_CHOICES):
        raise DataError("fault", f"reset must be one of {', '.join(RESET_CHOICES)}")
    if name == "oversized_bytes" and isinstance(value, int) and value > MAX_OVERSIZED:
        raise DataError("fault", f"oversized_bytes must be at most {MAX_OVERSIZED}")
    return value


@dataclass(frozen=True, slots=True)
class Recorded:
    """One request, without anything secret."""

    number: int
    at: float
    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    status: int
    duration_ms: float
    fault: bool
    scope: str = ""
    """The scopes that a form asked for."""


@dataclass(slots=True)
class Traffic:
    """The requests to one endpoint."""

    count: int = 0
    in_flight: int = 0
    most_in_flight: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    """How often each status was sent; 0 stands for a reset connection without one."""
    recent: deque[Recorded] = field(default_factory=lambda: deque(maxlen=KEPT_REQUESTS))


class Switchboard:
    """Faults in force, by endpoint, and the traffic of each."""

    def __init__(self) -> None:
        self._faults: dict[str, list[tuple[Fault, int]]] = {}
        self.traffic: dict[str, Traffic] = {name: Traffic() for name in ENDPOINTS}

    def add(self, endpoint: str) -> None:
        """Add an endpoint of a service that is served beside ours."""
        self.traffic.setdefault(endpoint, Traffic())

    def set(self, endpoint: str, fault: Fault) -> None:
        """Add a fault, which applies after those already there.

        Raises:
            DataError: no such endpoint.
        """
        if endpoint not in self.traffic:
            raise DataError("fault", f"no endpoint {endpoint!r}; there are: {', '.join(self.traffic)}")
        self._faults.setdefault(endpoint, []).append((fault, fault.times))

    def clear(self, endpoint: str = "") -> None:
        """Lift the faults of one endpoint, or all."""
        if endpoint:
            self._faults.pop(endpoint, None)
        else:
            self._faults.clear()

    def take(self, endpoint: str, values: Mapping[str, str], method: str = "", path: str = "") -> Fault | None:
        """Return the first fault that applies to a request, and count it."""
        queue = self._faults.get(endpoint, [])
        for index, (fault, left) in enumerate(queue):
            if not fault.matches(values, method, path):
                continue
            if fault.times:
                if left <= 1:
                    del queue[index]
                else:
                    queue[index] = (fault, left - 1)
            return fault
        return None

    def in_force(self) -> dict[str, list[dict[str, object]]]:
        """Return the faults as JSON values, with how often each will still apply."""
        return {
            endpoint: [{**_without_defaults(fault), "left": left or "until cleared"} for fault, left in queue]
            for endpoint, queue in self._faults.items()
            if queue
        }

    def forget_traffic(self) -> None:
        """Reset the counters except those of requests in flight."""
        for traffic in self.traffic.values():
            traffic.count = 0
            traffic.most_in_flight = traffic.in_flight
            traffic.statuses.clear()
            traffic.recent.clear()


def _without_defaults(fault: Fault) -> dict[str, object]:
    defaults = Fault()
    values = {entry.name: getattr(fault, entry.name) for entry in fields(Fault)}
    return {name: value for name, value in values.items() if value != getattr(defaults, name)}
