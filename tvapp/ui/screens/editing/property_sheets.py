"""The sheets for kind and validity of a geofence: lists of presets, because a TV has no keyboard."""

from __future__ import annotations

import calendar
from collections.abc import Callable, Mapping
from typing import TypeAlias

from tvapp.fences.editing.validity_presets import PRESETS, Preset, preset_of, validity_time
from tvapp.fences.model import style
from tvapp.fences.model.fence import Geofence
from tvapp.fences.model.kinds import Kind
from tvapp.ui.canvas import Color
from tvapp.ui.map_state.state import MapState
from tvapp.ui.navigator import Navigator
from tvapp.ui.screens.panels.list_sheet import ListSheet, Row

Validity: TypeAlias = Mapping[str, object] | None
"""A `validityTime` as in Azure Maps; None: always."""

_ICONS: dict[Preset, str] = {
    "always": "circle-check",
    "weekdays": "calendar-clock",
    "tonight": "clock",
    "sunday": "calendar-x",
}


class KindSheet(ListSheet):
    """The kinds, each with the name that the geofence would get."""

    name = "kinds"
    icon = "tag"

    def __init__(
        self, state: MapState, navigator: Navigator, chosen: Callable[[Kind], None], *, fence: Geofence | None = None
    ) -> None:
        super().__init__(state, navigator)
        self._chosen = chosen
        self._fence = fence
        self._names = {kind.key: state.edits.name_for(kind, fence) for kind in state.settings.kinds}
        if fence is not None:
            self.focus(fence.kind)

    def title(self) -> str:
        return self._state.settings.words("naming.title" if self._fence is None else "naming.rename")

    def note(self) -> str:
        return self._state.settings.words("naming.note")

    def rows(self) -> tuple[Row, ...]:
        return tuple(
            Row(kind.key, self._names[kind.key], mark=Color(*style.PALETTE[style.palette_index(kind.key)]))
            for kind in self._state.settings.kinds
        )

    def choose(self, row: Row, now: float) -> None:
        self._chosen(next(kind for kind in self._state.settings.kinds if kind.key == row.key))


class TimesSheet(ListSheet):
    """Presets of validity."""

    name = "times"
    icon = "clock"

    def __init__(
        self,
        state: MapState,
        navigator: Navigator,
        chosen: Callable[[Validity], None],
        *,
        fence: Geofence | None = None,
    ) -> None:
        super().__init__(state, navigator, slides=fence is not None)
        self._chosen = chosen
        self._fence = fence
        if fence is not None:
            stated = fence.properties.get("validityTime")
            self.focus(preset_of(stated, state.wall(), self._utc_offset))

    def title(self) -> str:
        return self._state.settings.words("times.title")

    def note(self) -> str:
        return self._state.settings.words("times.note") if self._fence is None else ""

    def rows(self) -> tuple[Row, ...]:
        say = self._state.settings.words
        return tuple(
            Row(preset, say(f"times.{preset}"), say(f"times.{preset}.detail"), _ICONS[preset]) for preset in PRESETS
        )

    def choose(self, row: Row, now: float) -> None:
        preset = next(preset for preset in PRESETS if preset == row.key)
        self._chosen(validity_time(preset, self._state.wall(), self._utc_offset))

    def _utc_offset(self, at: float) -> int:
        return calendar.timegm(self._state.settings.local_time(at)) - int(at)
