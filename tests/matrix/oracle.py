"""What a viewer should see in each cell of the matrix, and what it takes until all is well again.

| to change | edit |
| --- | --- |
| a sentence | the key in the row, or in the constants above it |
| that something is said at all | `says("...")` instead of `quiet("why")`, or the other way round |
| what it takes afterwards | `after=`; how long that may be in simulated seconds, `within_s=` (default: the column's) |
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

After = Literal["nothing", "ok", "person", "view"]
"""What is needed once the trouble is over: nothing; a press of OK; somebody who signs in; or who moves the map."""


@dataclass(frozen=True, slots=True)
class Cell:
    """Expected: the keys of the sentences on the screen (all of them, nothing else), and what comes afterwards.

    `why` is needed where nothing is said, and where it does not mend by itself.
    """

    says: frozenset[str] = frozenset()
    also: frozenset[str] = frozenset()
    """Sentences that may come and go before those."""
    instead: frozenset[str] = frozenset()
    """Sentences that may still be there in the place of `says`: which it is hangs on when a probe was answered."""
    why: str = ""
    after: After = "nothing"
    within_s: float | None = None
    lasts_s: float | None = None
    """How long the trouble goes on, where it takes longer than in the rest of the column until it is told."""


def says(*keys: str, **more: object) -> Cell:
    return replace(Cell(frozenset(keys)), **more)  # type: ignore[arg-type]


def quiet(why: str, **more: object) -> Cell:
    return replace(Cell(why=why), **more)  # type: ignore[arg-type]


Rows = Mapping[str, Cell]

SKEWED = quiet("the times of one answer matter to nobody: deadlines are counted on the TV's own monotonic clock")
FINAL = "the provider's own refusal is final: no code until somebody is there (product.md)"


def problem(kind: str, **more: object) -> Cell:
    return says(f"problem.{kind}.title", **more)


def step(reason: str, **more: object) -> Cell:
    return says(f"step.{reason}.title", **more)


NEEDS_OK = problem("refused", after="ok", why=FINAL)


SLOW = problem("slow", instead=frozenset({"step.timeout.title"}))
BROKEN = problem("interrupted", instead=frozenset({"step.broken.title"}))
"""The step of the connection, until a probe shows that the host answers."""

BEFORE_A_CODE: Rows = {
    "refused": step("refused"),
    "dns": step("name-unknown"),
    "slow": SLOW,
    "drip": SLOW,
    "reset": BROKEN,
    "truncated": BROKEN,
    "html": problem("captive-portal"),
    "bad-bytes": problem("bad-reply"),
    "oversized": problem("bad-reply"),
    "401": NEEDS_OK,
    "403": NEEDS_OK,
    "404": problem("bad-reply"),
    "409": problem("bad-reply"),
    "412": problem("bad-reply"),
    "429-seconds": problem("busy"),
    "429-date": problem("busy"),
    "500": problem("service-down"),
    "503": problem("service-down"),
    "tls": step("untrusted"),
    "clock-skew": SKEWED,
}

# With the same words, and that the code still counts.
WITH_A_CODE: Rows = {
    **BEFORE_A_CODE,
    "429-seconds": says("signin.status.busy"),
    "429-date": says("signin.status.busy"),
}

OFFLINE = says("notice.offline")
NO_TOKEN = says("notice.maps-trouble", "notice.store-trouble")
ASKS = says("notice.sign-in-needed", also=frozenset({"problem.refused.title"}), after="person", why=FINAL, within_s=10)

TOKEN_RAN_OUT: Rows = {
    "refused": OFFLINE,
    "dns": OFFLINE,
    "slow": NO_TOKEN,
    "drip": NO_TOKEN,
    "reset": NO_TOKEN,
    "truncated": NO_TOKEN,
    "html": NO_TOKEN,
    "bad-bytes": NO_TOKEN,
    "oversized": NO_TOKEN,
    "401": ASKS,
    "403": ASKS,
    "404": NO_TOKEN,
    "409": NO_TOKEN,
    "412": NO_TOKEN,
    "429-seconds": NO_TOKEN,
    "429-date": NO_TOKEN,
    "500": NO_TOKEN,
    "503": NO_TOKEN,
    "tls": OFFLINE,
    # Its tokens are for later: the map service and the store refuse them, renewed or not.
    "clock-skew": says("notice.unauthorized", "notice.store-forbidden"),
}

TILES = says("notice.maps-trouble")

NO_TILES: Rows = {
    "refused": OFFLINE,
    "dns": OFFLINE,
    "slow": TILES,
    # The first body has 15 s, all tiles have twice that after it, and one alone that fails is no trouble yet.
    "drip": replace(TILES, lasts_s=80),
    "reset": TILES,
    "truncated": TILES,
    "html": says("notice.portal"),
    "bad-bytes": TILES,
    "oversized": TILES,
    "401": says("notice.unauthorized"),
    "403": says("notice.forbidden"),
    "404": quiet(
        "that a tile does not exist is no trouble; it is asked for again when the view changes, after ten minutes",
        after="view",
        within_s=610,
    ),
    "409": TILES,
    "412": TILES,
    "429-seconds": says("notice.busy"),
    "429-date": says("notice.busy"),
    "500": says("notice.service-down"),
    "503": says("notice.service-down"),
    "tls": OFFLINE,
    "clock-skew": SKEWED,
}

OWN_LINES = quiet("a viewer need not know: the lines of before stay, which belong to the same map")

NO_ATTRIBUTION: Rows = {
    **dict.fromkeys(NO_TILES, OWN_LINES),
    "refused": OFFLINE,
    "dns": OFFLINE,
    "tls": OFFLINE,
    "clock-skew": SKEWED,
}

FENCES = says("notice.store-trouble")
FENCES_ANSWERED: Rows = {
    "slow": FENCES,
    "drip": FENCES,
    "reset": FENCES,
    "truncated": FENCES,
    "html": says("notice.store-page"),
    "bad-bytes": FENCES,
    "oversized": FENCES,
    "401": says("notice.store-forbidden"),
    "403": says("notice.store-forbidden"),
    "404": says("notice.store-missing"),
    "409": FENCES,
    "412": FENCES,
    "429-seconds": FENCES,
    "429-date": FENCES,
    "500": FENCES,
    "503": FENCES,
    "clock-skew": SKEWED,
}

ORACLE: Mapping[str, Rows] = {
    "discovery": {**BEFORE_A_CODE, "404": problem("authority-wrong")},
    "devicecode": BEFORE_A_CODE,
    "token-poll": WITH_A_CODE,
    "refresh": TOKEN_RAN_OUT,
    "tile": NO_TILES,
    "attribution": NO_ATTRIBUTION,
    # Map data is on the map's own host, blobs are not: when their host is down alone, there still is a network.
    "map-data": {**FENCES_ANSWERED, "refused": OFFLINE, "dns": OFFLINE, "tls": OFFLINE},
    "blob": {**FENCES_ANSWERED, "refused": FENCES, "dns": FENCES, "tls": FENCES},
}
