"""The lock of a screen without a keyboard: a pattern of arrow keys, and the state of the lock. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from tvapp.remote.intents import ARROWS, Intent

SHORTEST = 4
LONGEST = 16

STAYS_OPEN_S = 300.0
"""The lock shuts after this time without an edit."""

DELAYS_S = (0.0, 0.0, 0.0, 5.0, 15.0, 60.0, 300.0, 900.0, 3600.0)
"""How long to wait after no, one, two, ... wrong tries in a row; after all further ones as long as after the last."""

_MOST_TRIES = 1_000_000
# The count comes back from a file, which may hold anything.


@dataclass(frozen=True, slots=True)
class Pattern:
    """SHORTEST to LONGEST arrow keys in order. Its `repr` hides them.

    Raises:
        ValueError: there are too few or too many, or one is no arrow; the message does not contain them.
    """

    arrows: tuple[Intent, ...] = field(repr=False)

    def __post_init__(self) -> None:
        if not SHORTEST <= len(self.arrows) <= LONGEST:
            raise ValueError(f"a pattern has {SHORTEST} to {LONGEST} arrows")
        if not ARROWS.issuperset(self.arrows):
            raise ValueError("a pattern has arrows only: up, down, left, right")

    @property
    def words(self) -> str:
        """The arrows as text, which is hashed. A secret."""
        return " ".join(arrow.value for arrow in self.arrows)


def pattern_of(words: Iterable[str]) -> Pattern:
    """Return the pattern that words such as "up" and "left" spell, in any case.

    Raises:
        ValueError: as for Pattern.
    """
    by_name = {arrow.value: arrow for arrow in ARROWS}
    arrows = [by_name.get(word.lower()) for word in words]
    if None in arrows:
        raise ValueError("a pattern has arrows only: up, down, left, right")
    return Pattern(tuple(arrow for arrow in arrows if arrow is not None))


@dataclass(frozen=True, slots=True)
class LockGate:
    """Tells whether drawing, editing and deleting are unlocked. Times are monotonic seconds; each step returns a new
    gate.

    A try counts as wrong from when it is taken until it is found right, so ending the app in between gains nothing.
    Store `wrong_tries` over restarts: `begin` starts the wait for it once more.

    >>> gate = LockGate.begin(0, now=0.0).take(0.0).answer(right=True, now=0.1)
    >>> gate.is_open(300.0), gate.is_open(300.2)
    (True, False)
    """

    wrong_tries: int = 0
    wait_until: float = 0.0
    open_until: float | None = None
    is_checking: bool = False

    @classmethod
    def begin(cls, wrong_tries: int, now: float) -> LockGate:
        """Return the gate as it is after a start: shut, and waiting if the last tries were wrong."""
        wrong_tries = min(max(wrong_tries, 0), _MOST_TRIES)
        return cls(wrong_tries, now + delay_s(wrong_tries))

    def is_open(self, now: float) -> bool:
        """Tell whether fences may be changed."""
        return self.open_until is not None and now < self.open_until

    def wait_s(self, now: float) -> float:
        """Return how long it is until a pattern may be tried."""
        return max(0.0, self.wait_until - now)

    def takes_a_try(self, now: float) -> bool:
        """Tell whether a pattern may be tried: no other is being checked, and there is nothing to wait for."""
        return not self.is_checking and self.wait_s(now) == 0.0

    def take(self, now: float) -> LockGate:
        """Take a try that is going to be checked; store `wrong_tries` before the check begins.

        Raises:
            ValueError: no try may be taken now.
        """
        if not self.takes_a_try(now):
            raise ValueError("no pattern may be tried now")
        return replace(self, wrong_tries=min(self.wrong_tries + 1, _MOST_TRIES), is_checking=True)

    def answer(self, *, right: bool, now: float, least_tries: int = 0) -> LockGate:
        """Return the gate after a check: open, or shut and waiting. An answer to no try changes nothing.

        A wrong try counts as the one after `least_tries` at least.
        """
        if not self.is_checking:
            return self
        if right:
            return LockGate(open_until=now + STAYS_OPEN_S)
        wrong_tries = max(self.wrong_tries, least_tries)
        return LockGate(wrong_tries, now + delay_s(wrong_tries))

    def edited(self, now: float) -> LockGate:
        """Return the gate after an edit: one that is open stays so for longer."""
        return replace(self, open_until=now + STAYS_OPEN_S) if self.is_open(now) else self

    def shut(self) -> LockGate:
        """Return the gate shut, as when the viewer locks it or signs out."""
        return replace(self, open_until=None)


def delay_s(wrong_tries: int) -> float:
    """Return how long to wait after so many wrong tries in a row.

    >>> delay_s(2), delay_s(3), delay_s(1000)
    (0.0, 5.0, 3600.0)
    """
    return DELAYS_S[min(wrong_tries, len(DELAYS_S) - 1)]
