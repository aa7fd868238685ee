"""Goes through the steps: looks, closes gaps where that is wanted, and keeps account of what is left."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Protocol

from scripts.azure_setup.az import NoRights
from scripts.azure_setup.step import PLACEHOLDER, Answer, Command, Known, Step, Verdict, shown


class Runner(Protocol):
    """What `az.Az` does."""

    def look(self, command: Command) -> Answer: ...

    def look_ahead(self, commands: Iterable[Command]) -> None: ...

    def change(self, command: Command) -> Answer: ...

    def wait(self, attempt: int) -> bool: ...


class NotDone(Exception):
    """A command succeeded and its effect did not come, or the administrator has to decide something first."""


@dataclass
class Left:
    """A gap that stays open. `who` is set where the rights are missing."""

    step: Step
    verdict: Verdict
    who: str = ""
    refusal: str = ""


@dataclass
class Outcome:
    """What became of the steps."""

    known: Known
    done: int = 0
    changed: int = 0
    left: list[Left] = field(default_factory=list)
    unseen: list[tuple[Step, NoRights]] = field(default_factory=list)
    """Steps that the administrator may not look at."""

    @property
    def needs_rights(self) -> bool:
        """Tell whether somebody with more rights has to go on."""
        return any(each.who for each in self.left) or any(not step.is_optional for step, _ in self.unseen)


Say = Callable[[str], None]


def provision(steps: Iterable[Step], az: Runner, known: Known, say: Say) -> Outcome:
    """Bring about every step that is not done yet; steps for which rights are missing are left and named.

    Raises:
        AzFailed: a command failed for another reason; a further run goes on from there.
        NotDone: the administrator has to decide something, or an effect did not come.
    """
    outcome = Outcome(known)
    for step in _ahead(steps, az, outcome):
        verdict = _look(step, az, outcome)
        if verdict is None:
            continue
        if verdict.stops:
            raise NotDone(f"{step.what}: {verdict.gap}; {verdict.by_hand}")
        if not verdict.gap:
            _settle(outcome, step, verdict, say, "there")
        elif any(need not in known for need in step.needs):
            outcome.left.append(Left(step, verdict))
        elif verdict.by_hand:
            known.update(verdict.learned)
            outcome.left.append(Left(step, verdict))
            say(f"  by hand  {step.what}: {verdict.gap}")
        else:
            _mend(step, verdict, az, outcome, say)
    return outcome


def check(steps: Iterable[Step], az: Runner, known: Known, say: Say) -> Outcome:
    """Look at every step and change nothing. What follows from something that is missing is judged as missing too.

    Raises:
        AzFailed: a look failed for another reason than missing rights.
    """
    outcome = Outcome(known)
    for step in _ahead(steps, az, outcome):
        verdict = _look(step, az, outcome)
        if verdict is None:
            continue
        known.update(verdict.learned)
        if verdict.gap:
            outcome.left.append(Left(step, verdict))
            say(f"  MISSING  {step.what}: {verdict.gap}")
        else:
            _settle(outcome, step, verdict, say, "ok")
    return outcome


def rehearse(steps: Iterable[Step], az: Runner | None, known: Known, say: Say) -> Outcome:
    """Print every command that `provision` would run, with placeholders for ids that nobody knows yet."""
    outcome = Outcome(known)
    for step in _ahead(steps, az, outcome):
        verdict = _look(step, az, outcome)
        if verdict is None:
            continue
        known.update(verdict.learned)
        if not verdict.gap:
            outcome.done += 1
            say(f"# {step.what}: there already")
            continue
        outcome.left.append(Left(step, verdict))
        say(f"# {step.what}" + (f" (not run: {verdict.by_hand})" if verdict.by_hand else ""))
        for command in verdict.mend:
            say(("# " if verdict.by_hand else "") + shown(command))
    return outcome


def _ahead(steps: Iterable[Step], az: Runner | None, outcome: Outcome) -> Iterator[Step]:
    """Yield the steps; what all of them will look at is asked ahead, as long as nothing was changed."""
    waiting = list(steps)
    while waiting:
        if az is not None and not outcome.changed:
            ready = (step for step in waiting if all(need in outcome.known for need in step.needs))
            az.look_ahead(command for step in ready for command in step.look(outcome.known))
        yield waiting.pop(0)


def _look(step: Step, az: Runner | None, outcome: Outcome) -> Verdict | None:
    """Judge a step; None where the administrator may not look."""
    known = outcome.known
    is_whole = all(need in known for need in step.needs)
    try:
        # Without the ids of what comes before, only commands that have no placeholder can be asked.
        answers = [
            az.look(command) if az is not None and (is_whole or not _has_placeholder(command)) else None
            for command in step.look(known)
        ]
        return step.judge(known, answers)
    except NoRights as refusal:
        outcome.unseen.append((step, refusal))
        return None


def _has_placeholder(command: Command) -> bool:
    return any(PLACEHOLDER.search(word) for word in command)


def _mend(step: Step, verdict: Verdict, az: Runner, outcome: Outcome, say: Say) -> None:
    outcome.known.update(verdict.learned)
    try:
        for command in verdict.mend:
            say(f"  $ {shown(command)}")
            az.change(command)
            outcome.changed += 1
    except NoRights as refusal:
        outcome.left.append(Left(step, verdict, step.who, refusal.action or refusal.reason))
        say(f"  refused  {step.what}")
        return
    # Directories and roles spread slowly: what was just made may not be seen at once.
    for attempt in range(100):
        after = step.judge(outcome.known, [az.look(command) for command in step.look(outcome.known)])
        if not after.gap:
            _settle(outcome, step, after, say, "made")
            return
        if not az.wait(attempt):
            break
    raise NotDone(f"{step.what}: the command succeeded, but still: {after.gap}")


def _settle(outcome: Outcome, step: Step, verdict: Verdict, say: Say, word: str) -> None:
    outcome.known.update(verdict.learned)
    outcome.done += 1
    say(f"  {word:<8} {step.what}" + (f" (note: {verdict.note})" if verdict.note else ""))
