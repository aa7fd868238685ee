"""Short eased animations of a screen, by name; with motion off each is over at once."""

from __future__ import annotations

from dataclasses import dataclass, field

from tvapp.ui.theme import ease_out


@dataclass(slots=True)
class Motion:
    """Remembers when each animation began. `advance` tells whether any of them needs a frame."""

    enabled: bool = True
    _begun: dict[str, tuple[float, float]] = field(default_factory=dict)

    def start(self, name: str, now: float, duration_s: float) -> None:
        """Start or restart an animation."""
        if self.enabled:
            self._begun[name] = now, duration_s

    def value(self, name: str, now: float) -> float:
        """Return the eased progress of an animation: 0 at its start, 1 once it is over or was never started."""
        begun = self._begun.get(name)
        return 1.0 if begun is None else ease_out((now - begun[0]) / begun[1])

    @property
    def is_running(self) -> bool:
        """Tell whether an animation still needs a frame."""
        return bool(self._begun)

    def advance(self, now: float) -> bool:
        """Drop the animations that are over; True when any ran since the last call, its last frame included."""
        if not self._begun:
            return False
        self._begun = {name: (at, length) for name, (at, length) in self._begun.items() if now < at + length}
        return True
