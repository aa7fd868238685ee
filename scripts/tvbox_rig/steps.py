"""Carries out steps one after another and tells of each: expected, seen, how long it took, a picture."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass

from scripts.tvbox_rig.guest_client import GuestError
from scripts.tvbox_rig.qmp import QmpError

HELD, FAILED, NOT_DONE = "held", "FAILED", "NOT DONE"


class NotMetError(Exception):
    """What was expected was not seen; the text says what was seen."""


class CannotDoError(Exception):
    """The step cannot be done in this environment; the text says why."""


@dataclass(frozen=True)
class Step:
    """One step: what has to come true, and what is done to see it. `act` returns what was seen."""

    name: str
    expected: str
    act: Callable[[], str]
    needed: bool = False
    """Without it no later step makes sense."""


@dataclass(frozen=True)
class Result:
    """How a step went."""

    name: str
    outcome: str
    expected: str
    seen: str
    seconds: float
    picture: str


def carry_out(steps: Sequence[Step], keep_picture: Callable[[str], str], say: Callable[[str], None]) -> list[Result]:
    """Do the steps in order; after one that was needed and did not hold, the rest is not done.

    `keep_picture` takes a picture after each step and returns the name of its file.
    """
    results: list[Result] = []
    broken = ""
    for number, step in enumerate(steps, 1):
        began = time.monotonic()
        picture = ""
        if broken:
            outcome, seen = NOT_DONE, f"because of “{broken}”"
        else:
            outcome, seen = _outcome(step)
            picture = keep_picture(f"{number:02}-{step.name.replace(' ', '-')}")
            if step.needed and outcome != HELD:
                broken = step.name
        result = Result(step.name, outcome, step.expected, seen, round(time.monotonic() - began, 1), picture)
        results.append(result)
        for line in lines(result):
            say(line)
    return results


def lines(result: Result) -> list[str]:
    """Return the lines that tell of a step."""
    return [
        f"{result.outcome:8} {result.seconds:6.1f} s  {result.name}",
        f"           expected: {result.expected}",
        f"           seen:     {result.seen}",
    ]


def summary(results: Sequence[Result]) -> dict[str, object]:
    """Return the results as values for JSON."""
    counts = {outcome: sum(result.outcome == outcome for result in results) for outcome in (HELD, FAILED, NOT_DONE)}
    return {
        "held": counts[HELD],
        "failed": counts[FAILED],
        "not_done": counts[NOT_DONE],
        "steps": [asdict(result) for result in results],
    }


def exit_status(results: Sequence[Result]) -> int:
    """Return 0 if there are steps and all have held."""
    return 0 if results and all(result.outcome == HELD for result in results) else 1


def _outcome(step: Step) -> tuple[str, str]:
    try:
        return HELD, step.act()
    except CannotDoError as reason:
        return NOT_DONE, str(reason)
    except NotMetError as seen:
        return FAILED, str(seen)
    except (GuestError, QmpError, OSError, TimeoutError, RuntimeError) as error:
        return FAILED, f"{type(error).__name__}: {error}"
