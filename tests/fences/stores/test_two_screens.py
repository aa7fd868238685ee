"""Two screens on one store, often offline: no version is overwritten unseen, and no confirmed change is lost."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.fences.outbox.killed import feature
from tests.fences.outbox.outbox_rig import Screen, SharedStore, Window
from tvapp.fences.model.change import Change
from tvapp.fences.outbox.outbox import Entry

SEEDS = range(24)
STEPS = 70
SITES = ("north", "south", "east")


@dataclass
class Person:
    """A viewer who acts at random, and remembers every version seen and every change confirmed."""

    name: str
    screen: Screen
    dice: random.Random
    seen: set[tuple[str, bytes]] = field(default_factory=set)
    confirmed: list[Change] = field(default_factory=list)
    given_up: set[tuple[str, bytes]] = field(default_factory=set)
    last: dict[str, tuple[bytes, bytes]] = field(default_factory=dict)
    count: int = 0

    def look(self) -> None:
        """Note the versions that the screen shows, also the other side's in a conflict."""
        shown = self.screen.shown()
        self.seen |= set(shown.items())
        self.seen |= {(fence, b"") for fence in self._ever() if fence not in shown}
        for entry in self._conflicts():
            self.seen.add((entry.change.geometry_id, entry.theirs or b""))

    def edit(self) -> None:
        book = self.screen.book
        self.count += 1
        text = f"{self.name} {self.count}"
        dice = self.dice.random()
        if not book.fences or dice < 0.15:
            fence = f"{self.name}-{self.count}"
            self._confirm(Change(text, "", fence, b"", feature(fence, text)))
            return
        chosen = self.dice.choice(book.fences)
        after = b"" if dice < 0.3 else feature(chosen.geometry_id, text)
        if dice > 0.8 and chosen.geometry_id in self.last:
            # Undoing: the same words as before.
            former, later = self.last[chosen.geometry_id]
            after = former if chosen.raw == later else after
        if after != chosen.raw:
            self._confirm(Change(text, chosen.source, chosen.geometry_id, chosen.raw, after, chosen.number))

    def decide(self) -> None:
        """Settle the oldest conflict one way or the other."""
        for entry in self._conflicts()[:1]:
            how = self.dice.choice(["mine", "theirs", "both"])
            if how == "both" and entry.change.after:
                self.count += 1
                fence = f"{self.name}-{self.count}"
                ours = feature(fence, f"{self.name} {self.count}")
                self.given_up.add((entry.change.geometry_id, entry.change.after))
                self.confirmed.append(Change(f"copy {self.count}", "", fence, b"", ours))
                self.screen.outbox.keep_both(entry.number, fence, ours)
            elif how == "mine":
                self.screen.outbox.resolve(entry.number, "mine")
            else:
                self.given_up.add((entry.change.geometry_id, entry.change.after))
                self.screen.outbox.resolve(entry.number, "theirs")
        self.screen.settle()

    def restart(self) -> None:
        """Switch the TV off and on."""
        self.screen = Screen(self.screen.folder, self.screen.window)
        self.screen.start()

    def set_online(self, is_online: bool) -> None:
        self.screen.window.is_online = is_online
        if is_online:
            self.screen.outbox.send_now()
            self.screen.fences.load_anew()
        self.screen.settle()

    def _confirm(self, change: Change) -> None:
        self.confirmed.append(change)
        self.last[change.geometry_id] = change.before, change.after
        self.screen.submit(change)

    def _conflicts(self) -> list[Entry]:
        return [entry for entry in self.screen.told.entries if entry.state == "conflict"]

    def _ever(self) -> set[str]:
        return {fence for fence, _ in self.seen} | {change.geometry_id for change in self.confirmed}


@pytest.mark.parametrize("seed", SEEDS)
def test_each_confirmed_change_is_stored_or_given_up_and_nothing_is_overwritten_unseen(
    tmp_path: Path, seed: int
) -> None:
    dice = random.Random(seed)
    shared = SharedStore({site: feature(site, "in the beginning") for site in SITES})
    people = [Person(name, Screen(tmp_path / name, Window(shared, name)), dice) for name in ("ann", "bob")]
    for person in people:
        person.screen.start()
        person.look()
    for _ in range(STEPS):
        person = dice.choice(people)
        what = dice.choice(["edit"] * 5 + ["decide", "decide", "on", "off", "look", "restart", "lossy"])
        if what == "edit":
            person.edit()
        elif what == "decide":
            person.decide()
        elif what in ("on", "off"):
            person.set_online(what == "on")
        elif what == "look":
            person.screen.fences.load_anew()
            person.screen.settle()
        elif what == "lossy":
            person.screen.window.loses_answers = not person.screen.window.loses_answers
        else:
            person.restart()
        person.look()
    for _ in range(50):
        for person in people:
            person.screen.window.loses_answers = False
            person.set_online(True)
            person.look()
            person.decide()
            person.look()
        if not any(person.screen.told.entries for person in people):
            break
    for person in people:
        assert person.screen.told.entries == (), "it comes to an end"
        assert person.screen.saved() == []
        assert not person.screen.log.named("disk.failed")
        person.set_online(True)
        assert person.screen.shown() == shared.fences, f"{person.name} sees what there is"
        _demand_kept(person, shared)
    by_name = {person.name: person for person in people}
    for writer, fence, before, after in shared.writes:
        ours = {(change.geometry_id, change.after) for change in by_name[writer].confirmed}
        is_known = not before or (fence, before) in by_name[writer].seen | ours
        assert is_known, f"{writer} never saw what {after!r} took the place of"


def _demand_kept(person: Person, shared: SharedStore) -> None:
    """Assert that each confirmed change was stored, given up, or replaced by a later one of the same viewer."""
    written = {(fence, after) for _, fence, _, after in shared.writes}
    there = {(fence, shared.fences.get(fence, b"")) for fence in [change.geometry_id for change in person.confirmed]}
    for at, change in enumerate(person.confirmed):
        state, later = (change.geometry_id, change.after), person.confirmed[at + 1 :]
        is_built_upon = any((each.geometry_id, each.before) == state for each in later)
        assert state in written | there | person.given_up or is_built_upon, f"{person.name}: {change.id} is lost"
