"""The columns of the matrix: how each endpoint is brought to be asked, and when all is well again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tests.matrix.faults import Trouble
from tests.matrix.oracle import After
from tests.matrix.rig import Rig, Work

TOKEN_LIFETIME_S = 300
MOST_STEPS = 4


@dataclass(frozen=True, slots=True)
class Seen:
    """What a cell has shown."""

    says: frozenset[str]
    """Keys of the sentences on the screen when the trouble had lasted a while."""
    meanwhile: frozenset[str]
    """Those that were there at any time of the trouble."""
    responds: bool
    """Keys had their effect during the trouble."""
    requests: int
    work: Work
    recovered_s: float | None
    """How long after the end of the trouble all was well again; None: not within the time there was."""
    after: After
    """What that took."""
    keeps_map: bool
    """The map was never taken off the screen, nor its geofences."""
    keeps_session: bool
    """The code on the screen, or the person who is signed in, is the same as before."""


@dataclass(frozen=True, slots=True)
class Column:
    """One endpoint. `lasts_s` is how long each trouble goes on, `longest_s` the back-off that is documented for it."""

    name: str
    endpoint: str
    has_map: bool
    lasts_s: float
    longest_s: float
    provoke: Callable[[Rig], None]
    """Has the endpoint asked, with the trouble in force."""
    is_well: Callable[[Rig], bool]
    prepare: Callable[[Rig], None] = lambda _rig: None
    """Brings about what has to be so before the trouble begins."""
    store: str = "blob"

    def run(self, rig: Rig, trouble: Trouble, within_s: float | None, lasts_s: float | None) -> Seen:
        """Run one cell, which begins and ends with everything in order.

        `within_s` overrides `longest_s`, and `lasts_s` that of the column.
        """
        tv = rig.tv
        self.prepare(rig)
        code, account, live_map = rig.code, rig.account, rig.live_map
        tv.forget_events()
        asked = rig.asked(self.endpoint)
        rig.begin(trouble, self.name, self.endpoint)
        with rig.measuring() as work:
            self.provoke(rig)
            tv.run_for(lasts_s or self.lasts_s)
            says = rig.told_now
            responds = rig.responds(self.has_map)
            meanwhile = rig.told_meanwhile
        asked = rig.asked(self.endpoint) - asked
        # Before there is a code there is nothing to keep.
        keeps_session = rig.account == account and (not (code or self.has_map) or rig.code == code)
        rig.end(trouble, self.name)
        after: After = "nothing"
        recovered_s = rig.until(lambda: self.is_well(rig), within_s or self.longest_s)
        rig.is_stalling = False
        if recovered_s is None:
            if self.has_map and rig.code:
                after = "person"
                tv.approve()
            elif self.has_map:
                after = "view"
                look_around(rig)
            else:
                after = "ok"
                tv.press("ok")
            recovered_s = rig.until(lambda: self.is_well(rig), self.longest_s)
        return Seen(
            says=says,
            meanwhile=meanwhile,
            responds=responds,
            requests=asked,
            work=work,
            recovered_s=recovered_s,
            after=after,
            keeps_map=rig.live_map is live_map and not rig.lost_fences,
            keeps_session=keeps_session,
        )


def sign_out(rig: Rig) -> None:
    rig.tv.mark()
    rig.tv.app.actions.sign_out()
    rig.tv.run_until("signin.signed_out")
    rig.tv.run_for(1)


def ask_for_a_code(rig: Rig) -> None:
    rig.tv.press("ok")


def wait(_rig: Rig) -> None:
    """Time is all it takes."""


def look_around(rig: Rig) -> None:
    """Move to where no attribution is known yet, and not all tiles are.

    One step is not always enough: what the app prefetched in the direction of the step before may fill the whole view.
    """
    for _ in range(MOST_STEPS):
        rig.tv.press("left", held_s=0.9)
        rig.tv.run_for(1)  # for tiles that are in the disk cache
        if rig.missing_tiles:
            return


def outlive_the_token(rig: Rig) -> None:
    rig.tv.run_for(TOKEN_LIFETIME_S + 10)
    look_around(rig)


def has_code(rig: Rig) -> bool:
    return bool(rig.code) and not rig.told_now


def is_at_rest(rig: Rig) -> bool:
    """The map is complete, and nothing is said."""
    return not rig.told_now and not rig.missing_tiles


def has_attribution(rig: Rig) -> bool:
    return is_at_rest(rig) and rig.has_attribution


_COLUMNS = (
    Column("discovery", "discovery", False, 40, 90, ask_for_a_code, has_code, sign_out),
    Column("devicecode", "devicecode", False, 40, 90, ask_for_a_code, has_code, sign_out),
    Column("token-poll", "token", False, 40, 90, wait, has_code),
    Column("refresh", "refresh", True, 60, 480, outlive_the_token, is_at_rest),
    Column("tile", "tile", True, 40, 150, look_around, is_at_rest),
    Column("attribution", "attribution", True, 40, 400, look_around, has_attribution),
    Column("map-data", "map-data", True, 90, 400, wait, is_at_rest, store="map-data"),
    Column("blob", "blob", True, 90, 400, wait, is_at_rest),
)
COLUMNS = {column.name: column for column in _COLUMNS}
