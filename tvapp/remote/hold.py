"""Turns key events and the time into presses, repeats, long presses and releases."""

from __future__ import annotations

from dataclasses import dataclass, field

from tvapp.remote.intents import ARROWS, Input, Intent, Phase
from tvapp.remote.keymap import Keymap
from tvapp.remote.keys import KeyEvent

REPEAT_AFTER_S = 0.4
REPEAT_EVERY_S = 0.08
REPEAT_FASTEST_S = 0.035
"""About 30 a second: in a list the eye cannot follow faster."""
REPEAT_SPEEDUP = 0.94
"""Factor from one interval between repeats to the next."""
LONG_AFTER_S = 0.6
DUPLICATE_S = 0.03
"""The same intent from another device within this time is the same press, delivered by both SDL and a Linux device."""

LONGEST_S = 30.0
"""A key that is down for longer was let go unnoticed, as when a receiver or a Bluetooth remote vanishes: no list and no
map takes longer to cross. Without a limit the map would move for ever."""

REPEATING = ARROWS | {Intent.ZOOM_IN, Intent.ZOOM_OUT}

Source = tuple[str, str]


@dataclass(slots=True)
class _Held:
    """An intent that is held, by one key or by duplicates of it."""

    since: float
    sources: set[Source]
    repeat_at: float | None
    long_at: float | None
    interval: float = REPEAT_EVERY_S
    was_long: bool = False


@dataclass(slots=True)
class KeyHold:
    """The keys that are held. Times are monotonic seconds; every PRESS is followed by exactly one RELEASE."""

    keymap: Keymap
    _held: dict[Intent, _Held] = field(default_factory=dict)
    _down: set[Source] = field(default_factory=set)
    _last_press: dict[Intent, tuple[float, str]] = field(default_factory=dict)

    def handle(self, event: KeyEvent) -> tuple[Input, ...]:
        """Return the inputs that follow from a key event, in order."""
        source = (event.device, event.key)
        intent = self.keymap.intent(event.key)
        if intent is None:
            return ()
        return self._key_down(intent, source, event.at) if event.pressed else self._key_up(intent, source, event.at)

    def tick(self, now: float) -> tuple[Input, ...]:
        """Return the repeats, long presses and releases that are due; at most one of each for an intent."""
        due: list[Input] = []
        for intent, held in list(self._held.items()):
            if now >= held.since + LONGEST_S:
                self._down -= held.sources
                due.append(self._release(intent, now))
                continue
            if held.long_at is not None and now >= held.long_at:
                held.long_at = None
                held.was_long = True
                due.append(Input(intent, Phase.LONG, now - held.since))
            if held.repeat_at is not None and now >= held.repeat_at:
                # From now on, not from when it was due: no repeats are made up for after a stall.
                held.repeat_at = now + held.interval
                held.interval = max(REPEAT_FASTEST_S, held.interval * REPEAT_SPEEDUP)
                due.append(Input(intent, Phase.REPEAT, now - held.since))
        return tuple(due)

    def release_all(self, now: float) -> tuple[Input, ...]:
        """Release everything, because keys go elsewhere from now on."""
        released = tuple(self._release(intent, now) for intent in list(self._held))
        self._down.clear()
        return released

    def next_wakeup(self) -> float | None:
        """Return when `tick` will next return an input; None while nothing is held."""
        times = [
            at
            for held in self._held.values()
            for at in (held.repeat_at, held.long_at, held.since + LONGEST_S)
            if at is not None
        ]
        return min(times, default=None)

    @property
    def held(self) -> frozenset[Intent]:
        """The intents that are held."""
        return frozenset(self._held)

    def _key_down(self, intent: Intent, source: Source, at: float) -> tuple[Input, ...]:
        if source in self._down:
            return ()  # auto-repeat of a keyboard
        self._down.add(source)
        last = self._last_press.get(intent)
        is_duplicate = last is not None and last[1] != source[0] and abs(at - last[0]) <= DUPLICATE_S
        held = self._held.get(intent)
        if is_duplicate:
            if held is not None:
                held.sources.add(source)
            return ()
        before = () if held is None else (self._release(intent, at),)
        self._last_press[intent] = (at, source[0])
        self._held[intent] = _Held(
            since=at,
            sources={source},
            repeat_at=at + REPEAT_AFTER_S if intent in REPEATING else None,
            long_at=at + LONG_AFTER_S if intent is Intent.SELECT else None,
        )
        return (*before, Input(intent, Phase.PRESS))

    def _key_up(self, intent: Intent, source: Source, at: float) -> tuple[Input, ...]:
        self._down.discard(source)
        held = self._held.get(intent)
        if held is None or source not in held.sources:
            return ()
        held.sources.discard(source)
        return () if held.sources else (self._release(intent, at),)

    def _release(self, intent: Intent, at: float) -> Input:
        held = self._held.pop(intent)
        return Input(intent, Phase.RELEASE, max(0.0, at - held.since), held.was_long)
