"""Finds out from the answers of servers whether the clock of this machine is wrong, and by how much.

Every answer has a Date (RFC 9110, 6.6.1). A single server may be wrong itself, so our own clock has one vote as well;
the time with the most votes is taken as right.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from tvapp.core.clock import RELEASED_AT, Clock, ClockSkewed
from tvapp.core.errors import TlsFailed
from tvapp.core.headers import parse_http_date
from tvapp.core.log import Log

if TYPE_CHECKING:
    from tvapp.net.request import Request, Response, Sender

WRONG_S = 120.0
"""A larger skew is reported; so is a change of the reported skew by more than this."""
RIGHT_S = 90.0
"""After a skew was reported, the clock is right again below this one (hysteresis)."""
AGREE_S = 60.0
"""Times that differ by less agree: a Date has whole seconds, and an answer takes a while to arrive."""
LATEST = RELEASED_AT + 50 * 365.25 * 86400
MOST_HOSTS = 8
TOO_EARLY = ("not yet valid", "not valid yet")
"""The words of OpenSSL and `net.failures` for a certificate before its time (X509_V_ERR_CERT_NOT_YET_VALID)."""


class SkewEstimator:
    """Estimates the error of the wall clock from the Dates of answers.

    All times are passed in; `now` is monotonic, so that setting the wall clock changes nothing.

    >>> estimator = SkewEstimator()
    >>> estimator.add_date("login.example.com", 1_800_003_600, now=5.0)
    >>> estimator.skew_s(now=5.0, wall=1_800_000_000)
    0.0
    >>> estimator.add_date("maps.example.com", 1_800_003_602, now=7.0)
    >>> estimator.skew_s(now=7.0, wall=1_800_000_002)
    3600.0
    """

    def __init__(self) -> None:
        self._dates: dict[str, tuple[float, int]] = {}  # host -> wall time at monotonic 0, how many times in a row
        self._too_early: dict[str, int] = {}  # host -> handshakes in a row

    def add_date(self, host: str, date: float, now: float) -> None:
        """Count the Date of an answer that arrived at `now`; one that cannot be right is ignored."""
        self._too_early.pop(host, None)
        if not RELEASED_AT <= date <= LATEST:
            return
        began = date - now
        former, times = self._dates.pop(host, (began, 0))
        self._dates[host] = (began, min(times + 1, 2) if abs(former - began) <= AGREE_S else 1)
        if len(self._dates) > MOST_HOSTS:
            del self._dates[next(iter(self._dates))]

    def add_too_early(self, host: str) -> None:
        """Count a handshake in which the certificate of a host was not valid yet by our clock."""
        self._too_early[host] = min(self._too_early.get(host, 0) + 1, 2)
        if len(self._too_early) > MOST_HOSTS:
            del self._too_early[next(iter(self._too_early))]

    def skew_s(self, now: float, wall: float, believed_s: float = 0.0) -> float:
        """Return how far the wall clock is behind; 0 while it seems right, infinity if it is behind by an unknown time.

        `believed_s` breaks a tie: of the skews with the most votes the one closest to it is taken.
        """
        dates = [(began + now - wall, times) for began, times in self._dates.values()]

        def votes(skew: float) -> int:
            return (abs(skew) <= WRONG_S) + sum(times for other, times in dates if abs(other - skew) <= AGREE_S)

        best = min([0.0, *(skew for skew, _ in dates)], key=lambda skew: (-votes(skew), abs(skew - believed_s)))
        if best == 0.0 and votes(0.0) == 1 and sum(self._too_early.values()) > 1:
            return math.inf
        return best


class SkewMonitor:
    """Keeps the estimate of the clock's error, and reports changes of it. May be used from any thread."""

    def __init__(self, clock: Clock, log: Log, post: Callable[[ClockSkewed], None]) -> None:
        self._clock = clock
        self._log = log
        self._post = post
        self._estimator = SkewEstimator()
        self._lock = threading.Lock()
        self._reported = 0.0

    @property
    def skew_s(self) -> float | None:
        """How far the wall clock is behind (negative: ahead; infinity: by an unknown time); None: it seems right."""
        return self._reported or None

    def observe_response(self, host: str, headers: Mapping[str, str]) -> None:
        """Count an answer by its header fields (lower-case names); the Date of a cached answer is old and ignored."""
        date = parse_http_date(headers.get("date", ""))
        if date is None or "age" in headers or "hit" in headers.get("x-cache", "").lower():
            return
        with self._lock:
            self._estimator.add_date(host, date, self._clock.monotonic())
        self.check()

    def observe_failure(self, error: TlsFailed) -> None:
        """Count a failed handshake, if the certificate was not valid yet.

        An expired certificate is ignored: it may just be old, and if the clock is wrong, Dates will show it.
        """
        if any(words in error.reason for words in TOO_EARLY):
            with self._lock:
                self._estimator.add_too_early(error.host)
            self.check()

    def check(self) -> None:
        """Report a change of the skew; call it also after the clock was set."""
        with self._lock:
            reported = self._reported
            skew = self._estimator.skew_s(self._clock.monotonic(), self._clock.wall(), reported)
            if abs(skew) <= (RIGHT_S if reported else WRONG_S):
                skew = 0.0
            # Two infinities have the difference NaN, but are equal.
            if skew == reported or (skew and reported and abs(skew - reported) <= WRONG_S):
                return
            self._reported = skew
            direction = "right" if not skew else "behind" if skew > 0 else "ahead"
            known = {"skew_s": round(skew, 1)} if math.isfinite(skew) else {}
            self._log.event("clock.skewed", level="warning" if skew else "info", direction=direction, **known)
            self._post(ClockSkewed(skew))


class SkewObserver:
    """A `Sender` that passes every answer over TLS to the monitor, and changes nothing."""

    def __init__(self, http: Sender, monitor: SkewMonitor) -> None:
        self._http = http
        self._monitor = monitor

    async def send(self, request: Request) -> Response:
        """See Sender."""
        try:
            response = await self._http.send(request)
        except TlsFailed as error:
            self._monitor.observe_failure(error)
            raise
        if request.url.startswith("https:"):
            self._monitor.observe_response(response.host, response.headers)
        return response
