"""The columns of the matrix: how each endpoint is brought to be asked, and when all is well again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tests.matrix.faults import Trouble
from tests.matrix.rig import Rig, Work

TOKEN_LIFETIME_S = 300


@dataclass(frozen=True, slots=True)
class Seen:
    """What a cell has shown."""

    says: frozenset[str]
    """Sentences on the screen when the trouble had lasted a while."""
    meanwhile: frozenset[str]
    """Sentences that were there at any time of the trouble."""
    recovered_s: float | None
    """How long after its end all was well again, without a key; None: not within the longest back-off."""
    needs_ok: bool
    """After the end of the trouble somebody had to press OK."""
    responds: bool
    """Keys had their effect during the trouble."""
    keeps_map: bool
    keeps_session: bool
    """The code on the screen, or the person who is signed in, is the same as before."""
    requests: int
    work: Work


@dataclass(frozen=True, slots=True)
class Column:
    """One endpoint. `lasts_s` is how long each trouble goes on, `longest_s` the back-off that is documented for it."""

    name: str
    endpoint: str
    store: str
    lasts_s: float
    longest_s: float
    is_before_map: bool
    provoke: Callable[[Rig], None]
    """Has the endpoint asked, with the trouble in force."""
    is_well: Callable[[Rig], bool]

    def run(self, rig: Rig, trouble: Trouble) -> Seen:
        """Run one cell. Begins and ends with everything in order."""
        cloud, tv = rig.cloud, rig.tv
        if self.name in ("discovery", "devicecode"):
            sign_out(rig)
        before = codes(rig)
        tv.mark()
        began = len(tv.events.events)
        requests = cloud.count(self.endpoint)
        rig.begin(trouble, self.name, self.endpoint)
        with rig.measuring() as work:
            self.provoke(rig)
            tv.run_for(self.lasts_s)
            says = rig.told_now
            responds = rig.responds(*(("back", "back") if self.is_before_map else ("menu", "back")))
            meanwhile = rig.told_meanwhile
        requests = cloud.count(self.endpoint) - requests
        rig.end(trouble, self.name)
        recovered_s = rig.until(lambda: self.is_well(rig), self.longest_s)
        rig.is_stalling = False
        needs_ok = recovered_s is None
        if needs_ok and self.is_before_map:
            tv.press("ok")
            rig.until(lambda: self.is_well(rig), self.longest_s)
        happened = [name for name, _ in tv.events.events[began:]]
        keeps_session = "signin.prompted" not in happened and "signin.signed_out" not in happened
        if self.name == "token-poll":
            keeps_session = codes(rig)[:1] == before[:1]
        return Seen(
            says=says,
            meanwhile=meanwhile,
            recovered_s=recovered_s,
            needs_ok=needs_ok,
            responds=responds,
            keeps_map=not any(name == "screen.changed" and fields["panel"] in ("sign-in", "start")
                              for name, fields in tv.events.events[began:]),
            keeps_session=keeps_session,
            requests=requests,
            work=work,
        )


def codes(rig: Rig) -> list[str]:
    """Return the code on the screen, if there is one."""
    view = rig.tv.app._session.sign_in.view(rig.tv.now)
    return [view.prompt.user_code] if view.prompt else []


def sign_out(rig: Rig) -> None:
    rig.tv.mark()
    rig.tv.app.sign_out()
    rig.tv.run_until("signin.signed_out")
    rig.tv.run_for(1)


def press_ok(rig: Rig) -> None:
    rig.tv.press("ok")


def nothing(rig: Rig) -> None:
    """Time is all it takes."""


def look_around(rig: Rig) -> None:
    """Move to where no tile and no attribution is known yet."""
    rig.tv.press("left", held_s=0.9)


def outlive_the_token(rig: Rig) -> None:
    rig.tv.run_for(TOKEN_LIFETIME_S + 10)
    look_around(rig)


def has_code(rig: Rig) -> bool:
    view = rig.tv.app._session.sign_in.view(rig.tv.now)
    return view.phase == "prompting" and not rig.told_now


def is_at_rest(rig: Rig) -> bool:
    """The map is complete, and nothing is said."""
    if rig.told_now:
        return False
    settled = rig.tv.events.named("map.settled")
    return bool(settled) and not settled[-1]["missing"]


def has_attribution(rig: Rig) -> bool:
    if not is_at_rest(rig):
        return False
    feed = rig.tv.inbox.edges.attribution
    return all(feed._is_fresh(key) for key in feed._keys)


COLUMNS = (
    Column("discovery", "discovery", "blob", 40, 90, True, press_ok, has_code),
    Column("devicecode", "devicecode", "blob", 40, 90, True, press_ok, has_code),
    Column("token-poll", "token", "blob", 40, 90, True, nothing, has_code),
    Column("refresh", "refresh", "blob", 60, 120, False, outlive_the_token, is_at_rest),
    Column("tile", "tile", "blob", 40, 120, False, look_around, is_at_rest),
    Column("attribution", "attribution", "blob", 40, 400, False, look_around, has_attribution),
    Column("map-data", "map-data", "map-data", 90, 400, False, nothing, is_at_rest),
    Column("blob", "blob", "blob", 90, 400, False, nothing, is_at_rest),
)
