"""The last view of the map (centre, zoom, layers, selected geofence) as a value and as a record on the disk."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass

from tvapp.core.errors import DataError
from tvapp.core.record import RecordFormat
from tvapp.geo.position import Position
from tvapp.mapview.layers import BaseStyle, LayerChoice, Overlay
from tvapp.mapview.viewport import MAX_ZOOM

FORMAT = RecordFormat("last-view", 3)
MAX_BYTES = 4096
MAX_ID_LENGTH = 512
_DIGITS = 7
"""Decimal places of degrees (a centimetre) and of the zoom."""


@dataclass(frozen=True, slots=True)
class LastView:
    """The view to start with. `selected` is the id of a geofence, "" for none."""

    center: Position
    zoom: float
    choice: LayerChoice
    selected: str = ""


def pack(view: LastView, basis: str) -> bytes:
    """Return a view as a record. `basis` stands for the settings it was made with: with others it is invalid."""
    content = {
        "basis": basis,
        "longitude": round(view.center.lon, _DIGITS),
        "latitude": round(view.center.lat, _DIGITS),
        "zoom": round(view.zoom, _DIGITS),
        "base": view.choice.base.value,
        "overlays": sorted(overlay.value for overlay in view.choice.overlays),
        "selected": view.selected if len(view.selected) <= MAX_ID_LENGTH else "",
    }
    return FORMAT.pack(json.dumps(content).encode())


def unpack(data: bytes, basis: str) -> LastView:
    """Return the view of a record that `pack` made.

    Raises:
        DataError: not a record of a view, damaged, with a value that is not allowed, or made with another basis.
    """
    try:
        content = json.loads(bytes(FORMAT.unpack(data)))
    except (ValueError, RecursionError) as error:
        raise DataError("last view", "not JSON") from error
    if not isinstance(content, dict):
        raise DataError("last view", "not a JSON object")
    if content.get("basis") != basis:
        raise DataError("last view", "made with other settings")
    try:
        center = Position(_number(content, "longitude", -180, 180), _number(content, "latitude", -90, 90))
        choice = LayerChoice(BaseStyle(content["base"]), frozenset(Overlay(each) for each in content["overlays"]))
        zoom = _number(content, "zoom", 0, MAX_ZOOM)
    except (KeyError, TypeError, ValueError) as error:
        raise DataError("last view", "a value that is not allowed") from error
    selected = content.get("selected")
    if not isinstance(selected, str) or len(selected) > MAX_ID_LENGTH:
        selected = ""
    return LastView(center, zoom, choice, selected)


def _number(content: dict[str, object], name: str, low: float, high: float) -> float:
    value = content[name]
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(name)
    if not (math.isfinite(value) and low <= value <= high):
        raise ValueError(name)
    return float(value)
