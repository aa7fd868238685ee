"""Short eased movements of a screen, by name; with motion off every one of them is over at once."""

from __future__ import annotations

from dataclasses import dataclass, field

from tvapp.ui.theme import ease_out


@dataclass(slots=True)
class Motion:
    """Remembers what began when. `advance` tells whether a frame is needed for any of it."""

    enabled: bool = True
    _begun: dict[str, tuple[float, float]] = field(default_factory=dict)

    def start(self, name: str, now: float, duration_s: float) -> None:
        """Begin (or begin again) a movement."""
        if self.enabled:
            self._begun[name] = now, duration_s

    def value(self, name: str, now: float) -> float:
        """Return how far a movement is, eased: 0 at its beginning, 1 once it is over or was never begun."""
        begun = self._begun.get(name)
        return 1.0 if begun is None else ease_out((now - begun[0]) / begun[1])

    @property
    def is_running(self) -> bool:
        """Tell whether something has begun and its last frame was not called for yet."""
        return bool(self._begun)

    def advance(self, now: float) -> bool:
        """Forget what is over by now; True when anything moved since the last call, the last frame included."""
        if not self._begun:
            return False
        self._begun = {name: (at, length) for name, (at, length) in self._begun.items() if now < at + length}
        return True
