"""What every screen is: a state machine that takes inputs, messages and the time, and draws.

What a key does here and what the hint line says come from one table of bindings, so the line cannot lie.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal, Protocol

from tvapp.remote.intents import ARROWS, Input, Intent, Phase
from tvapp.ui.canvas import Canvas

HintKey = Literal["arrows", "left-right", "up-down", "ok", "hold-ok", "back", "menu", "zoom", "play", "any"]


@dataclass(frozen=True, slots=True)
class Hint:
    """One entry of the hint line: which key, and the key of the words that say what it does."""

    key: HintKey
    words: str


@dataclass(frozen=True, slots=True)
class Binding:
    """What some intents do on a screen, in which phases; `hint` is None for what needs no mention.

    `act` returns whether it did something; if not, later bindings and then the screen below may.
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
    """Return a binding that does nothing but mention what another one does."""
    return Binding(frozenset(), lambda _input, _now: False, hint=Hint(key, words))


def arrows(
    act: Callable[[Input, float], bool], hint: tuple[HintKey, str] | None = None, phases: Iterable[Phase] = REPEATED
) -> Binding:
    """Return a binding for the four arrows."""
    return bind(ARROWS, act, hint, phases)


def dispatch(bindings: Iterable[Binding], input_: Input, now: float) -> bool:
    """Offer an input to the bindings in order; True as soon as one did something with it."""
    return any(
        binding.act(input_, now)
        for binding in bindings
        if input_.intent in binding.intents and input_.phase in binding.phases
    )


def hints_of(bindings: Iterable[Binding]) -> tuple[Hint, ...]:
    """Return what the hint line says for a table of bindings."""
    return tuple(binding.hint for binding in bindings if binding.hint is not None)


class Screen(Protocol):
    """One screen, or one panel over another (`is_overlay`)."""

    @property
    def name(self) -> str:
        """What the log calls it."""
        ...

    @property
    def is_overlay(self) -> bool:
        """Tell whether what lies below is still to be seen."""
        ...

    def handle(self, input_: Input, now: float) -> bool:
        """Take an input; False when it means nothing here."""
        ...

    def receive(self, message: object, now: float) -> None:
        """Take a message; those it does not know are ignored."""
        ...

    def update(self, now: float) -> bool:
        """Advance to `now`; True when a frame is needed."""
        ...

    def draw(self, canvas: Canvas, now: float) -> None: ...

    def next_wakeup(self, now: float) -> float | None:
        """Tell when `update` wants to be called even if nothing happens; `now` while something moves."""
        ...

    def hints(self) -> tuple[Hint, ...]:
        """Return what the keys do here."""
        ...

    def focusables(self) -> tuple[str, ...]:
        """Return everything that can have the focus here."""
        ...

    @property
    def focused(self) -> str:
        """What has the focus; empty when nothing here can."""
        ...
