"""Notices that a screen was plugged in or out, where SDL does not: its KMS/DRM driver reports no hot-plug."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal

from tvapp.display.hardware import connected_screens

POLL_S = 2.0
"""How often the kernel's connectors are read."""

Change = Literal["", "another", "none"]
"""Nothing new; another set of screens than before; no screen any more."""


class Hotplug:
    """Polls the connectors of the graphics cards; `screens` returns them as `hardware.connected_screens`."""

    def __init__(self, screens: Callable[[], Mapping[str, bool] | None] = connected_screens) -> None:
        self._look = screens
        self._screens = screens()
        self.next_poll = 0.0
        """When the connectors are read again."""

    @property
    def is_unplugged(self) -> bool:
        """Tell whether no screen is connected, as far as the last poll has shown."""
        return self._screens is not None and not any(self._screens.values())

    def poll(self, now: float) -> Change:
        """Return what has changed since the last poll; looks at most every POLL_S seconds."""
        if now < self.next_poll:
            return ""
        self.next_poll = now + POLL_S
        former, self._screens = self._screens, self._look()
        if self._screens is None or former is None or former == self._screens:
            return ""
        return "another" if any(self._screens.values()) else "none"
