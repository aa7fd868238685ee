"""The protocol of screens: state machines that take inputs, messages and the time, and draw.

A single table of bindings says what keys do and what the hint line shows, so that the two cannot differ.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal, Protocol

from tvapp.remote.intents import ARROWS, Input, Intent, Phase
from tvapp.ui.canvas import Canvas

HintKey = Literal["arrows", "left-right", "up-down", "right", "ok", "hold-ok", "back", "menu", "zoom", "play", "any"]


@dataclass(frozen=True, slots=True)
class Hint:
    """An entry of the hint line: a key of the remote, and the key of the words for its action."""

    key: HintKey
    words: str


@dataclass(frozen=True, slots=True)
class Binding:
    """The action of some intents on a screen, in some phases; `hint` is None where the hint line does not mention it.

    `act` returns whether it handled the input; if not, later bindings and then the screen below may.
    """

    intents: frozenset[Intent]
    act: Callable[[Input, float], bool]
    phases: frozenset[Phase] = frozenset({Phase.PRESS})
    hint: Hint | None = None


ONCE = frozenset({Phase.PRESS})
REPEATED = frozenset({Phase.PRESS, Phase.REPEAT})


def bind(
    intents: Intent | Iterable[Intent],
    act: Callable[[Input, float], bool],
    hint: tuple[HintKey, str] | None = None,
    phases: Iterable[Phase] = ONCE,
) -> Binding:
    """Return a binding."""
    wanted = frozenset({intents}) if isinstance(intents, Intent) else frozenset(intents)
    return Binding(wanted, act, frozenset(phases), Hint(*hint) if hint else None)


def hint_only(key: HintKey, words: str) -> Binding:
    """Return a binding without an action: another binding acts, this one mentions it."""
    return Binding(frozenset(), lambda _input, _now: False, hint=Hint(key, words))


def arrows(
    act: Callable[[Input, float], bool], hint: tuple[HintKey, str] | None = None, phases: Iterable[Phase] = REPEATED
) -> Binding:
    """Return a binding for the four arrows."""
    return bind(ARROWS, act, hint, phases)


def dispatch(bindings: Iterable[Binding], input_: Input, now: float) -> bool:
    """Offer an input to the bindings in order; True as soon as one handled it."""
    return any(
        binding.act(input_, now)
        for binding in bindings
        if input_.intent in binding.intents and input_.phase in binding.phases
    )


def hints_of(bindings: Iterable[Binding]) -> tuple[Hint, ...]:
    """Return the hints of a table of bindings."""
    return tuple(binding.hint for binding in bindings if binding.hint is not None)


class Screen(Protocol):
    """A screen, or a panel over another screen (`is_overlay`)."""

    @property
    def name(self) -> str:
        """Its name in the log."""
        ...

    @property
    def is_overlay(self) -> bool:
        """Tell whether the screen below stays visible."""
        ...

    def handle(self, input_: Input, now: float) -> bool:
        """Handle an input; False when it has no meaning here."""
        ...

    def receive(self, message: object, now: float) -> None:
        """Take a message; unknown ones are ignored."""
        ...

    def update(self, now: float) -> bool:
        """Advance to `now`; True when a frame is needed."""
        ...

    def draw(self, canvas: Canvas, now: float) -> None: ...

    def next_wakeup(self, now: float) -> float | None:
        """Return when `update` has to be called even if nothing happens; `now` during an animation."""
        ...

    def hints(self) -> tuple[Hint, ...]:
        """Return the hints for the keys that act here."""
        ...

    def focusables(self) -> tuple[str, ...]:
        """Return the keys of everything that can have the focus here."""
        ...

    @property
    def focused(self) -> str:
        """The key of what has the focus; empty when nothing can have it."""
        ...


class BoundScreen:
    """The base of screens whose keys are in a table of bindings."""

    is_overlay = False
    hides_panels = False
    """Whether the panels between the last full page and this screen are not drawn while this one is on top."""

    def bindings(self) -> tuple[Binding, ...]:
        """Return the bindings as they are now."""
        raise NotImplementedError

    def hints(self) -> tuple[Hint, ...]:
        return hints_of(self.bindings())

    def handle(self, input_: Input, now: float) -> bool:
        # Keys without a meaning on a panel must not reach the screen below it.
        return dispatch(self.bindings(), input_, now) or self.is_overlay
