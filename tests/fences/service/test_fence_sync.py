"""The state machine of loading and building: one at a time, in any order of events, and the newest data in the end."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fences.outbox.killed import feature
from tvapp.fences.geojson import reading
from tvapp.fences.model.book import FenceBook
from tvapp.fences.model.change import Change
from tvapp.fences.model.fence import Circle, Geofence, Skipped
from tvapp.fences.model.validity import Validity
from tvapp.fences.service.fence_sync import (
    EVERYWHERE,
    RETRY,
    SOONEST_RESTATING_S,
    Build,
    Command,
    FenceSync,
    Load,
    Redraw,
    ReportSkipped,
    Watch,
)
from tvapp.fences.service.messages import FencesLoaded, FencesRestated, IndexBuilt
from tvapp.fences.service.overlay import overlaid
from tvapp.geo.position import Bounds, Position

REFRESH_S = 60.0
EPOCH = 1_800_000_000.0
HERE = Position(24.95, 60.17)


def fences(**notes: str) -> tuple[Geofence, ...]:
    """Return a fence for each name; what its note says tells its versions apart."""
    found: list[Geofence] = []
    for name, note in sorted(notes.items()):
        text = b'{"type":"FeatureCollection","features":[' + feature(name, note) + b"]}"
        found += reading.read(text, f"{name}.json").fences
    return tuple(found)


def raws(found: object) -> dict[str, bytes]:
    assert isinstance(found, tuple | FenceBook)
    return {fence.geometry_id: fence.raw for fence in found}


def timed(fence_id: str, expires: float, place: Position = HERE) -> Geofence:
    return Geofence(fence_id, fence_id, (Circle(place, 100.0),), validity=Validity(expires=expires))


class NoIndex:
    """Stands where the spatial index does; the state machine only passes it on."""

    def __len__(self) -> int:
        return 0

    def distances_at(
        self, position: Position, now_s: float, tolerance_m: float = 0.0
    ) -> tuple[tuple[Geofence, float], ...]:
        raise NotImplementedError

    def seem_swapped(self, home: Position | None) -> tuple[frozenset[str], Position | None]:
        return frozenset(), None

    def outline_in(self, fence: Geofence, box: tuple[float, float, float, float], tolerance: float) -> tuple[()]:
        raise NotImplementedError

    def outline(self, fence: Geofence) -> tuple[()]:
        raise NotImplementedError


def built(build: Build) -> IndexBuilt:
    """Do what a build does."""
    older = build.older.book if build.older is not None else None
    book = FenceBook(overlaid(build.stored, build.changes), len(build.skipped), older)
    changed = book.changed_bounds(older) if older is not None else None
    return IndexBuilt(NoIndex(), book, build.revision, changed)


def new_sync(refresh_s: float = REFRESH_S) -> FenceSync:
    return FenceSync(refresh_s=refresh_s, random=lambda: 0.5)


def read(number: int, found: tuple[Geofence, ...] = (), skipped: tuple[Skipped, ...] = ()) -> FencesLoaded:
    return FencesLoaded("store", found, skipped, 1.0, load_number=number)


def settled(found: tuple[Geofence, ...] = (), refresh_s: float = REFRESH_S) -> FenceSync:
    """Return a machine at rest, which shows these fences."""
    sync = new_sync(refresh_s)
    sync.load()
    (build,) = sync.loaded(read(1, found))
    assert isinstance(build, Build)
    sync.built(built(build), 0.0, EPOCH)
    return sync


def only(commands: list[Command], kind: type[Command]) -> list[Command]:
    return [command for command in commands if isinstance(command, kind)]


def one_build(commands: list[Command]) -> Build:
    (build,) = only(commands, Build)
    assert isinstance(build, Build)
    return build


# -- loading -----------------------------------------------------------------------------------------------------------


def test_a_load_lasts_until_its_geofences_are_shown() -> None:
    sync = new_sync()
    assert sync.load() == [Load(1)]
    assert sync.load() == []
    build = one_build(sync.loaded(read(1, fences(a="one"))))
    assert sync.load() == []
    sync.built(built(build), 0.0, EPOCH)
    assert sync.load() == [Load(2)]


def test_the_store_is_read_again_after_the_pause_and_not_before() -> None:
    sync = settled()
    assert sync.next_wakeup() == REFRESH_S
    assert sync.tick(REFRESH_S - 0.1, EPOCH) == []
    assert sync.tick(REFRESH_S, EPOCH) == [Load(2)]
    assert sync.next_wakeup() is None


def test_without_a_refresh_time_the_store_is_read_on_request_only() -> None:
    sync = settled(refresh_s=0.0)
    assert sync.next_wakeup() is None
    assert sync.tick(1e9, EPOCH) == []
    assert sync.load() == [Load(2)]


def test_a_store_that_fails_is_read_again_later_and_later_and_after_a_success_soon_again() -> None:
    sync = new_sync()
    now = 0.0
    pauses: list[float] = []
    for number in range(1, 4):
        sync.load()
        sync.load_failed(now, number=number)
        at = sync.next_wakeup()
        assert at is not None
        pauses.append(at - now)
        now = at
    assert pauses == pytest.approx([RETRY.delay(attempt, 0.5) for attempt in range(3)])
    sync.load()
    sync.unchanged(4, now)
    assert sync.next_wakeup() == now + REFRESH_S
    sync.load()
    sync.load_failed(now, number=5)
    assert sync.next_wakeup() == pytest.approx(now + RETRY.delay(0, 0.5))


def test_a_store_that_names_a_time_is_not_read_before() -> None:
    sync = new_sync()
    sync.load()
    sync.load_failed(0.0, number=1, retry_after_s=500.0)
    at = sync.next_wakeup()
    assert at is not None
    assert at >= 500.0


def test_a_load_that_is_asked_for_during_another_follows_at_once() -> None:
    sync = new_sync()
    sync.load()
    assert sync.load_anew() == []
    assert only(sync.unchanged(1, 0.0), Load) == [Load(2)]
    assert only(sync.unchanged(2, 0.0), Load) == []


def test_a_load_that_is_asked_for_during_one_that_fails_waits_with_it() -> None:
    sync = new_sync()
    sync.load()
    sync.load_anew()
    assert only(sync.load_failed(0.0, number=1), Load) == []
    at = sync.next_wakeup()
    assert at is not None
    assert sync.tick(at, EPOCH) == [Load(2)]
    assert only(sync.unchanged(2, at), Load) == [], "that was the one that was asked for"


def test_a_failure_that_was_not_foreseen_is_one_of_the_load_under_way() -> None:
    sync = new_sync()
    sync.load()
    sync.load_failed(0.0)
    assert sync.next_wakeup() == RETRY.delay(0, 0.5)
    assert sync.load_failed(1.0) == [], "none is under way"
    assert sync.next_wakeup() == RETRY.delay(0, 0.5)


def test_answers_to_another_load_are_ignored() -> None:
    sync = new_sync()
    sync.load()
    sync.load_failed(0.0, number=1)
    sync.load()
    assert sync.loaded(read(1, fences(a="old"))) == []
    assert sync.unchanged(1, 0.0) == []
    assert sync.load_failed(0.0, number=1) == []
    assert sync.load() == [], "the second one is under way still"
    build = one_build(sync.loaded(read(2, fences(a="new"))))
    assert raws(build.stored) == raws(fences(a="new"))
    assert sync.loaded(read(2, fences(a="twice"))) == []


def test_what_cannot_be_read_is_reported_when_it_is_something_else() -> None:
    sync = new_sync()
    bad = (Skipped("bad.geojson", "no JSON"),)
    for number, (skipped, reports) in enumerate([(bad, [ReportSkipped(bad)]), (bad, []), ((), [ReportSkipped(())])], 1):
        sync.load()
        commands = sync.loaded(read(number, (), skipped))
        assert only(commands, ReportSkipped) == reports
        build = one_build(commands)
        assert build.skipped == skipped
        sync.built(built(build), 0.0, EPOCH)


# -- watching ----------------------------------------------------------------------------------------------------------


def test_a_store_is_watched_once_it_was_read_or_could_not_be_and_read_when_it_changes() -> None:
    sync = new_sync()
    sync.load()
    assert sync.load_failed(0.0, number=1) == [Watch(1)]
    sync.load()
    assert sync.unchanged(2, 0.0) == [], "it is watched already"
    assert sync.store_changed(1) == [Load(3)]
    assert sync.unchanged(3, 0.0) == [Watch(2)]
    assert sync.store_changed(1) == [], "of a watch that has ended"
    assert sync.store_changed(2) == [Load(4)]


def test_a_store_that_changes_while_it_is_read_is_read_once_more() -> None:
    sync = new_sync()
    sync.load()
    sync.unchanged(1, 0.0)
    sync.load()
    assert sync.store_changed(1) == []
    assert sync.unchanged(2, 0.0) == [Load(3)]
    assert sync.unchanged(3, 0.0) == [Watch(2)]


# -- building ----------------------------------------------------------------------------------------------------------


def test_a_change_that_comes_during_a_build_is_built_after_it_and_the_load_is_reported_once() -> None:
    sync = new_sync()
    sync.load()
    first = one_build(sync.loaded(read(1, fences(a="one"))))
    assert first.loaded is not None
    adding = Change("1", "", "b", b"", feature("b", "new"))
    assert sync.set_pending([adding]) == []
    commands = sync.built(built(first), 0.0, EPOCH)
    second = one_build(commands)
    assert (second.changes, second.loaded) == ((adding,), None)
    assert second.older is sync.shown
    assert sync.next_wakeup() is None, "the load has not come to its end yet"
    commands = sync.built(built(second), 5.0, EPOCH)
    assert only(commands, Watch)
    assert sync.next_wakeup() == 5.0 + REFRESH_S


def test_the_same_changes_are_not_built_again() -> None:
    sync = settled(fences(a="one"))
    adding = Change("1", "", "b", b"", feature("b", "new"))
    assert only(sync.set_pending([adding]), Build)
    assert sync.set_pending([adding]) == []


def test_nothing_is_built_before_the_changes_are_known_that_wait() -> None:
    sync = new_sync()
    sync.expect_pending()
    sync.load()
    assert only(sync.loaded(read(1, fences(a="one"))), Build) == []
    build = one_build(sync.set_pending([]))
    assert raws(build.stored) == raws(fences(a="one"))
    assert build.loaded is not None


def test_where_there_is_nothing_to_show_waiting_for_the_changes_builds_nothing() -> None:
    sync = new_sync()
    sync.expect_pending()
    assert sync.set_pending([]) == []


def test_a_build_that_failed_is_done_again_with_the_next_load() -> None:
    sync = new_sync()
    sync.load()
    one_build(sync.loaded(read(1, fences(a="one"))))
    assert sync.build_failed(0.0) == [Watch(1)]
    assert sync.next_wakeup() == RETRY.delay(0, 0.5)
    sync.load()
    build = one_build(sync.unchanged(2, 10.0))
    assert raws(build.stored) == raws(fences(a="one"))
    assert build.loaded is not None, "it was not reported before"


def test_a_build_that_failed_is_done_again_where_the_store_cannot_be_read_too() -> None:
    sync = settled(fences(a="one"))
    sync.set_pending([Change("1", "", "b", b"", feature("b", "new"))])
    assert sync.build_failed(0.0) == []
    assert sync.next_wakeup() == REFRESH_S, "no load was under way: it is not the store that failed"
    sync.load()
    assert one_build(sync.load_failed(0.0)).changes


def test_a_failed_build_leaves_a_load_under_way_alone() -> None:
    sync = settled(fences(a="one"))
    sync.set_pending([Change("1", "", "b", b"", feature("b", "new"))])
    sync.load()
    assert sync.build_failed(0.0) == []
    assert sync.load() == []
    assert only(sync.loaded(read(2, fences(a="two"))), Build)


def test_no_build_under_way_none_failed() -> None:
    sync = settled(fences(a="one"))
    assert sync.build_failed(0.0) == []
    sync.load()
    assert only(sync.unchanged(2, 0.0), Build) == []


def test_an_arrived_change_is_shown_until_a_load_that_began_later_has_ended() -> None:
    sync = settled(fences(a="one"))
    sync.load()
    change = Change("1", "", "b", b"", feature("b", "new"))
    assert sync.arrived(change, "b.json") == []
    build = one_build(sync.loaded(read(2, fences(a="one"))))
    assert [each.source for each in build.changes] == ["b.json"], "this load began before"
    assert sync.built(built(build), 0.0, EPOCH) == [Redraw(build.revision, (build_bounds("b"),)), Load(3)]
    last = one_build(sync.loaded(read(3, fences(a="one", b="new"))))
    assert last.changes == ()


def build_bounds(name: str) -> Bounds:
    return fences(**{name: "new"})[0].bounds


def test_what_has_arrived_comes_before_what_waits() -> None:
    sync = settled()
    first, second = Change("1", "", "b", b"", feature("b", "1")), Change("2", "", "b", feature("b", "1"), b"")
    sync.arrived(first, "b.json")
    build = one_build(sync.set_pending([second]))
    assert [each.id for each in build.changes] == ["1", "2"]


def test_a_load_that_finds_nothing_new_settles_what_had_arrived() -> None:
    sync = settled(fences(a="one"))
    sync.arrived(Change("1", "a.json", "a", b"", feature("a", "one")), "a.json")
    assert one_build(sync.unchanged(2, 0.0)).changes == ()


def test_the_store_holds_what_it_was_read_with_unless_a_change_of_ours_came_since() -> None:
    sync = settled(fences(a="one", b="one"))
    edit = Change("1", "a.json", "a", feature("a", "one"), feature("a", "two"))
    adding = Change("2", "", "c", b"", feature("c", "new"))
    assert sync.holds(edit)
    assert sync.holds(adding)
    assert not sync.holds(Change("3", "a.json", "a", feature("a", "other"), b""))
    assert not sync.holds(Change("4", "", "a", b"", feature("a", "new")))
    sync.arrived(edit, "a.json")
    assert not sync.holds(edit)
    assert sync.holds(adding)


def test_geofences_of_last_time_are_shown_until_the_store_was_read() -> None:
    sync = new_sync()
    sync.load()
    build = one_build(sync.restored(fences(a="old")))
    assert build.loaded is None
    sync.built(built(build), 0.0, EPOCH)
    assert sync.load() == [], "the load goes on"
    sync.loaded(read(1, fences(a="new")))
    assert sync.restored(fences(a="old")) == []
    assert raws(sync.stored) == raws(fences(a="new"))


# -- revisions and redrawing -------------------------------------------------------------------------------------------


def test_what_was_redrawn_during_a_build_is_redrawn_once_more_with_its_index() -> None:
    sync = settled(fences(a="one"))
    build = one_build(sync.set_pending([Change("1", "", "b", b"", feature("b", "new"))]))
    assert sync.redraw() == [Redraw(build.revision + 1, None)]
    assert only(sync.built(built(build), 7.0, EPOCH), Redraw) == [Redraw(build.revision + 2, None)]
    assert sync.next_wakeup() == 7.0
    assert sync.tick(7.0, EPOCH) == [FencesRestated((EVERYWHERE,), sync.revision)]
    assert sync.tick(7.0, EPOCH) == []


def test_a_build_that_is_the_newest_revision_redraws_what_has_changed_alone() -> None:
    sync = settled(fences(a="one"))
    build = one_build(sync.set_pending([Change("1", "", "b", b"", feature("b", "new"))]))
    assert only(sync.built(built(build), 0.0, EPOCH), Redraw) == [Redraw(build.revision, (build_bounds("b"),))]
    assert sync.revision == build.revision
    assert sync.tick(0.0, EPOCH) == []


# -- due times ---------------------------------------------------------------------------------------------------------


def test_each_geofence_is_redrawn_when_it_runs_out() -> None:
    first, second = timed("a", EPOCH + 10), timed("b", EPOCH + 30, Position(10.0, 50.0))
    sync = settled((first, second))
    for at, fence in ((10.0, first), (30.0, second)):
        assert sync.next_wakeup() == pytest.approx(at)
        assert sync.tick(at - 0.01, EPOCH + at - 0.01) == []
        revision = sync.revision + 1
        commands = sync.tick(at + 0.01, EPOCH + at + 0.01)
        assert commands == [Redraw(revision, (fence.bounds,)), FencesRestated((fence.bounds,), revision)]
    assert sync.next_wakeup() == REFRESH_S


def test_times_that_are_close_together_do_not_cost_a_revision_each() -> None:
    sync = settled((timed("a", EPOCH + 0.001),))
    assert sync.next_wakeup() == SOONEST_RESTATING_S


def test_while_a_load_or_a_build_is_under_way_nothing_is_restated_but_afterwards() -> None:
    fence = timed("a", EPOCH + 10)
    sync = settled((fence,))
    sync.load()
    assert sync.next_wakeup() is None
    assert sync.tick(20.0, EPOCH + 20) == []
    sync.unchanged(2, 20.0)
    assert only(sync.tick(20.0, EPOCH + 20), FencesRestated)
    other = settled((fence,))
    build = one_build(other.set_pending([Change("1", "", "b", b"", feature("b", "new"))]))
    assert other.next_wakeup() == REFRESH_S
    assert other.tick(20.0, EPOCH + 20) == []
    other.built(built(build), 20.0, EPOCH + 20)
    assert only(other.tick(20.0, EPOCH + 20), FencesRestated), "the build does not make it forget the moment before"


def test_a_clock_that_was_set_restates_at_once_and_only_what_it_has_overtaken() -> None:
    sync = settled((timed("a", EPOCH + 30),))
    sync.clock_set(1.0)
    assert sync.next_wakeup() == 1.0
    assert sync.tick(1.0, EPOCH + 5) == []
    assert sync.next_wakeup() == pytest.approx(26.0)
    sync.clock_set(2.0)
    assert only(sync.tick(2.0, EPOCH + 40), FencesRestated)
    sync.clock_set(3.0)
    assert only(sync.tick(3.0, EPOCH + 10), FencesRestated), "set back again"


def test_a_clock_that_is_set_before_anything_is_shown_changes_nothing() -> None:
    sync = new_sync()
    sync.clock_set(1.0)
    assert sync.tick(1.0, EPOCH) == []
    assert sync.next_wakeup() is None


# -- forgetting --------------------------------------------------------------------------------------------------------


def test_forgetting_drops_everything_and_what_is_under_way() -> None:
    sync = settled((timed("a", EPOCH + 10),))
    sync.load_anew()
    sync.load_anew()
    sync.loaded(read(2, fences(a="one")))
    build = one_build(sync.forget() + sync.restored(fences(a="kept")))
    sync.load()
    sync.arrived(Change("1", "", "b", b"", feature("b", "new")), "b.json")
    revision = sync.revision
    assert sync.forget() == [Redraw(revision + 2, None)], "a revision was given to the build under way"
    assert (sync.shown, sync.stored, sync.next_wakeup()) == (None, (), None)
    assert sync.built(built(build), 0.0, EPOCH) == []
    assert sync.loaded(read(3, fences(a="one"))) == []
    assert sync.store_changed(1) == []
    assert sync.load() == [Load(4)]
    assert sync.unchanged(4, 0.0) == [Watch(2)], "no load was due any more, and no build"
    assert sync.next_wakeup() == REFRESH_S


# -- in any order ------------------------------------------------------------------------------------------------------


@dataclass
class World:
    """A store and workers that carry out commands in whatever order they are told to."""

    sync: FenceSync = field(default_factory=new_sync)
    now: float = 0.0
    stored: dict[str, str] = field(default_factory=dict)
    """What the store holds: notes by name."""
    loads: list[Load] = field(default_factory=list)
    builds: list[Build] = field(default_factory=list)
    watches: list[Watch] = field(default_factory=list)
    abandoned: list[Load | Build | Watch] = field(default_factory=list)
    """Commands given before the last `forget`; their answers may come yet."""
    pending: tuple[Change, ...] = ()
    count: int = 0
    given: dict[str, str] | None = None
    """What the store answered last."""

    def do(self, commands: list[Command]) -> None:
        for command in commands:
            match command:
                case Load():
                    self.loads.append(command)
                    assert len(self.loads) == 1, "two loads at once"
                case Build():
                    self.builds.append(command)
                    assert len(self.builds) == 1, "two builds at once"
                case Watch():
                    self.watches.append(command)
                    assert len(self.watches) == 1, "watched twice"
                case Redraw() | ReportSkipped() | FencesRestated():
                    pass

    def load(self, _number: int) -> None:
        self.do(self.sync.load())

    def load_anew(self, _number: int) -> None:
        self.do(self.sync.load_anew())

    def pass_time(self, number: int) -> None:
        self.now += number
        self.do(self.sync.tick(self.now, EPOCH + self.now))

    def others_edit(self, number: int) -> None:
        self.count += 1
        self.stored = {**self.stored, "abc"[number % 3]: f"theirs {self.count}"}
        if self.watches and number % 2:
            self.do(self.sync.store_changed(self.watches.pop().number))

    def edit(self, _number: int) -> None:
        self.count += 1
        name = f"mine-{self.count}"
        self.pending = (*self.pending, Change(name, "", name, b"", feature(name, "mine")))
        self.do(self.sync.set_pending(self.pending))

    def send(self, _number: int) -> None:
        if self.pending:
            change, *rest = self.pending
            self.pending = tuple(rest)
            self.stored = {**self.stored, change.geometry_id: "mine"}
            self.do(self.sync.arrived(change, f"{change.geometry_id}.json"))
            self.do(self.sync.set_pending(self.pending))

    def end_load(self, number: int) -> None:
        if not self.loads:
            return
        load = self.loads.pop()
        if number % 3 == 0:
            self.do(self.sync.load_failed(self.now, number=load.number))
        elif self.given == self.stored:
            self.do(self.sync.unchanged(load.number, self.now))
        else:
            self.given = self.stored
            self.do(self.sync.loaded(read(load.number, fences(**self.stored))))

    def end_build(self, number: int) -> None:
        if self.builds:
            build = self.builds.pop()
            if number % 5 == 0:
                self.do(self.sync.build_failed(self.now))
            else:
                before = self.sync.revision
                self.do(self.sync.built(built(build), self.now, EPOCH + self.now))
                assert self.sync.revision > before

    def redraw(self, _number: int) -> None:
        self.do(self.sync.redraw())

    def set_clock(self, _number: int) -> None:
        self.sync.clock_set(self.now)

    def forget(self, _number: int) -> None:
        self.abandoned += [*self.loads, *self.builds, *self.watches]
        self.loads, self.builds, self.watches = [], [], []
        self.pending, self.given = (), None
        self.do(self.sync.forget())

    def answer_abandoned(self, number: int) -> None:
        if self.abandoned:
            match self.abandoned.pop(number % len(self.abandoned)):
                case Load(load):
                    self.do(self.sync.loaded(read(load, fences(former="account"))))
                case Build() as build:
                    self.do(self.sync.built(built(build), self.now, EPOCH + self.now))
                case Watch(watch):
                    self.do(self.sync.store_changed(watch))

    def settle(self) -> None:
        """Let everything end well that is under way, and what follows from it."""
        for _ in range(20):
            self.end_build(1)
            self.end_load(1)

    def shown(self) -> dict[str, bytes]:
        return {} if self.sync.shown is None else raws(self.sync.shown.book)


EVENTS = (
    "load", "load_anew", "pass_time", "others_edit", "edit", "send", "end_load", "end_load", "end_build", "end_build",
    "redraw", "set_clock", "forget", "answer_abandoned",
)  # fmt: skip
STEPS = st.lists(st.tuples(st.sampled_from(EVENTS), st.integers(0, 99)), max_size=50)


@given(STEPS)
@settings(max_examples=300)
def test_in_any_order_of_events_one_at_a_time_and_the_newest_data_in_the_end(steps: list[tuple[str, int]]) -> None:
    world = World()
    revision = 0
    for event, number in steps:
        getattr(world, event)(number)
        assert world.sync.revision >= revision
        revision = world.sync.revision
        assert "former" not in world.shown()
    world.settle()
    assert not world.loads
    assert not world.builds
    # Whatever came before: when the next load is due it begins, and shows the store with what waits on top.
    world.do(world.sync.load())
    world.settle()
    for _ in range(4):  # other things may be due before
        at = world.sync.next_wakeup()
        assert at is not None
        world.now = max(world.now, at)
        world.do(world.sync.tick(world.now, EPOCH + world.now))
        if world.loads:
            break
    assert world.loads
    world.settle()
    wanted = raws(fences(**world.stored)) | {change.geometry_id: change.after for change in world.pending}
    assert world.shown() == wanted
    assert world.sync.next_wakeup() is not None
