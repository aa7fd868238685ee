"""The form of a step: one thing that must be so in the tenant, how to look at it, and the commands that bring it about.

Steps are pure: they return the arguments of `az`, and judge what it answered.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Command = tuple[str, ...]
"""The arguments of one call of `az`, without output options."""

Answer = Any
"""The JSON value that `az` printed; None where it said that there is no such thing."""


PLACEHOLDER = re.compile(r"<[A-Z0-9-]+>")
"""What stands in a command for an id that nobody knows yet."""


class Known(dict[str, str]):
    """The ids that are known so far, by name. An unknown one reads as a placeholder such as `<APP-ID>`."""

    def __missing__(self, name: str) -> str:
        return f"<{name.upper().replace(':', ' ').replace('_', '-').replace(' ', '-')}>"


@dataclass(frozen=True)
class Verdict:
    """What a look found. Without a `gap` the step is done."""

    gap: str = ""
    """What is missing or wrong, in a sentence."""
    mend: tuple[Command, ...] = ()
    """The commands that close the gap."""
    learned: Mapping[str, str] = field(default_factory=dict)
    """Ids for the steps that follow."""
    by_hand: str = ""
    """Why `provision` leaves the gap to a person, or what that person does."""
    stops: bool = False
    """The administrator has to decide before anything else can be done."""
    note: str = ""
    """Worth knowing, but no gap."""


@dataclass(frozen=True)
class Step:
    """One thing that must be so."""

    key: str
    what: str
    """The state, as a noun phrase: "resource group map-screens"."""
    who: str
    """Who may bring it about, for whoever may not."""
    look: Callable[[Known], Sequence[Command]]
    judge: Callable[[Known, Sequence[Answer]], Verdict]
    needs: tuple[str, ...] = ()
    """The names that must be known before."""
    is_optional: bool = False
    """Whether the look may be refused without harm."""


def shown(command: Command) -> str:
    """Return a command as one types it in a shell."""
    return shlex.join(("az", *command))
