"""Runs the real app in simulated time against the local cloud, with a fault in force for a while."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from urllib.parse import urlsplit

from scripts.simulation.rig import Simulation, simulated
from tests.cloud import LocalCloud
from tests.matrix.cloud import BLOBS, CONTAINER, LOGIN, MAPS
from tests.matrix.faults import Trouble
from tests.matrix.sentences import told
from tests.matrix.wires import Host, Names
from tvapp.app.live_map import LiveMap
from tvapp.ui.words.lookup import words

STALL_S = 0.25
"""Real time. What does not move for so long is waiting for its time-out, and simulated time goes on."""
REFRESH_S = 30
AT_SEA = "{ longitude = 24.9, latitude = 59.9, zoom = 12 }"


@dataclass(slots=True)
class Work:
    """The main thread's CPU time for each turn of its loop, in milliseconds."""

    turns_ms: list[float] = field(default_factory=list)

    def __str__(self) -> str:
        if not self.turns_ms:
            return "no turns"
        return f"p50 {median(self.turns_ms):.1f} max {max(self.turns_ms):.1f} ms in {len(self.turns_ms)} turns"


class Rig:
    """A TV, its cloud, and the hosts that can fail."""

    def __init__(self, tv: Simulation, cloud: LocalCloud, hosts: dict[str, Host]) -> None:
        self.tv = tv
        self.cloud = cloud
        self._hosts = hosts
        self._work: Work | None = None
        self._seen: set[str] = set()
        self._still_since: float | None = None
        self.is_stalling = False
        """Whether something is meant to stay under way until its time is out."""
        wait = tv.display.wait
        began = time.thread_time()

        def measured(timeout_s: float | None) -> list[object]:
            nonlocal began
            if self._work is not None:
                self._work.turns_ms.append((time.thread_time() - began) * 1000)
            self._seen |= told(tv.display.texts)
            try:
                return wait(timeout_s)
            finally:
                began = time.thread_time()

        tv.display.wait = measured  # type: ignore[method-assign]
        display_quiet = tv.display._quiet_until
        tv.display._quiet_until = lambda: self._quiet(display_quiet())

    def _quiet(self, due: float | None) -> float | None:
        """Let time go on although something is under way, if that does not move any more."""
        loop = self.tv.jobs.loop
        if due is not None or not self.is_stalling or loop is None:
            self._still_since = None
            return due
        now = time.monotonic()
        if self._still_since is None:
            self._still_since = now
        if now - self._still_since < STALL_S or not loop._rests:
            return None
        self._still_since = None
        return loop._rests_until

    @contextlib.contextmanager
    def measuring(self) -> Iterator[Work]:
        """Note the main thread's work, and what is said."""
        self._work = Work()
        self._seen = set()
        try:
            yield self._work
        finally:
            self._work = None

    @property
    def told_meanwhile(self) -> frozenset[str]:
        """What was on the screen since `measuring` began, in any frame."""
        return frozenset(self._seen)

    @property
    def told_now(self) -> frozenset[str]:
        return told(self.tv.text_on_screen())

    def asked(self, endpoint: str) -> int:
        """Return how many requests an endpoint has had, those that it still has included."""
        traffic = self.cloud.ask("GET", f"/requests?endpoint={endpoint}")[endpoint]
        return int(traffic["count"]) + int(traffic["in_flight"])

    def begin(self, trouble: Trouble, column: str, endpoint: str) -> None:
        """Put the trouble in force for an endpoint, or for its whole host."""
        self.is_stalling = trouble.stalls
        host = self._hosts[HOST_OF[column]]
        match trouble.wire:
            case None:
                self.cloud.fault(endpoint, **trouble.fields_for(column))
            case "refused":
                host.refuse()
            case "no such name":
                host.forget_name()
            case "stranger":
                host.swap_certificate()

    def end(self, trouble: Trouble, column: str) -> None:
        """Lift it."""
        self.cloud.clear()
        if trouble.wire is not None:
            self._hosts[HOST_OF[column]].mend()

    def until(self, true: Callable[[], bool], within_s: float) -> float | None:
        """Let time pass until something is true; returns after how many seconds, None if it never was."""
        began = self.tv.now
        while not true():
            if self.tv.now - began >= within_s:
                return None
            self.tv.turn(began + within_s)
        return self.tv.now - began

    def responds(self, has_map: bool) -> bool:
        """Press two keys, the second of which undoes what the first does; tell whether both have their effect."""
        if has_map and self.code:  # somebody is asked to sign in, in a panel over the map
            return self._shows_after("ok", "hint.shrink") and self._shows_after("back", "hint.enlarge")
        if has_map:
            return self._changes_panel("menu") and self._changes_panel("back")
        return self._changes_panel("back") and self._changes_panel("back")

    def _changes_panel(self, key: str) -> bool:
        before = len(self.tv.events.named("screen.changed"))
        self.tv.press(key)
        return len(self.tv.events.named("screen.changed")) > before

    def _shows_after(self, key: str, sentence: str) -> bool:
        self.tv.press(key)
        self.tv.run_for(1)
        return self.tv.shows(words(sentence))

    # What only the app itself knows.

    @property
    def code(self) -> str:
        """The code on the screen; "" where there is none."""
        sign_in = self.tv.app.session.sign_in
        prompt = sign_in.view(self.tv.now).prompt if sign_in is not None else None
        return prompt.user_code if prompt is not None else ""

    @property
    def account(self) -> str:
        """Who is signed in."""
        account = self.tv.app.session._account
        return account.home_id if account is not None else ""

    @property
    def live_map(self) -> LiveMap | None:
        """The map of the person who is signed in: another one, should they lose it."""
        return self.tv.app.session.map

    @property
    def missing_tiles(self) -> int:
        """How many of the tiles in view are not there."""
        return self.live_map.model.progress()[1] if self.live_map is not None else -1

    @property
    def has_attribution(self) -> bool:
        """Whether the lines on the map are those for what it shows."""
        assert self.tv.inbox.backend is not None
        feed = self.tv.inbox.backend.attribution
        return all(feed._is_fresh(key) for key in feed._keys)

    @property
    def lost_fences(self) -> bool:
        """Whether there was a moment without geofences since events were forgotten."""
        return any(not fields["count"] for fields in self.tv.events.named("geofences.loaded"))


HOST_OF = {
    "discovery": LOGIN, "devicecode": LOGIN, "token-poll": LOGIN, "refresh": LOGIN,
    "tile": MAPS, "attribution": MAPS, "map-data": MAPS,
    "blob": BLOBS,
}  # fmt: skip


@contextlib.contextmanager
def running(cloud: LocalCloud, folder: Path, *, store: str) -> Iterator[Rig]:
    """Run the app until the context ends."""
    names = Names((LOGIN, MAPS, BLOBS))
    port = urlsplit(cloud.endpoint).port or 443
    with contextlib.ExitStack() as stack:
        stack.enter_context(names.in_force())
        hosts = {name: Host(name, port, names, folder) for name in (LOGIN, MAPS, BLOBS)}
        for host in hosts.values():
            stack.callback(host.close)
        settings = {
            "TVAPP_IDENTITY_AUTHORITY": cloud.authority.replace(cloud.endpoint, hosts[LOGIN].url),
            "TVAPP_MAPS_ENDPOINT": hosts[MAPS].url,
            "TVAPP_GEOFENCES_STORE": store,
            "TVAPP_GEOFENCES_REFRESH_S": str(REFRESH_S),
            "TVAPP_VIEW_HOME": AT_SEA,
        }
        if store == "blob":
            settings["TVAPP_GEOFENCES_CONTAINER_URL"] = hosts[BLOBS].url + CONTAINER
        tv = stack.enter_context(simulated(cloud, folder, settings))
        yield Rig(tv, cloud, hosts)
