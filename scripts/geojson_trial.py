"""One trial of everything that takes GeoJSON from outside; raises only for a defect of ours."""

from __future__ import annotations

import contextlib
import json

from scripts.geojson_seeds import POINT, POLYGON
from tvapp.core.errors import DataError
from tvapp.fences.geojson.amend import AlreadyApplied, Amended, amend
from tvapp.fences.geojson.feature import REMOVE, altered, moved, with_new_id
from tvapp.fences.geojson.reading import ReadResult, read
from tvapp.fences.model.change import Change

SQUARE = {"type": "Polygon", "coordinates": [[[0, 0], [4, 0], [4, 4], [0, 4], [0, 0]]]}
MOVES = ((1.0, 2.0), (175.0, 0.0), (-359.5, -0.25), (0.0, 89.0))


def try_out(data: bytes) -> None:
    """Read bytes as a file and as a Feature, and change the geofences found."""
    result: ReadResult | None = None
    with contextlib.suppress(DataError):
        result = read(data, "x")
    for change in (Change("c", "x", "a", b"", POINT), Change("c", "x", "b", POLYGON, b"")):
        with contextlib.suppress(DataError):
            amend(data, change)
    for fence in result.fences[:3] if result is not None else ():
        if fence.is_editable:
            try_to_change(data, fence.raw, fence.geometry_id, fence.number)
        else:
            json.loads(fence.raw)
    for dlon, dlat in MOVES:
        with contextlib.suppress(DataError):
            moved(data, dlon, dlat)
    with contextlib.suppress(DataError):
        altered(data, geometry=SQUARE, properties={"name": "n", "radius": REMOVE})


def try_to_change(data: bytes, raw: bytes, geometry_id: str, number: int) -> None:
    """Change a geofence that was read: the change must work, and a second one must find it done."""
    renamed = altered(raw, properties={"name": "another"})
    reshaped = altered(raw, geometry=SQUARE)
    copied = with_new_id(raw, "one of its own", "n")
    read_again = [read(each, "x") for each in (renamed, copied)]
    if any(len(each.fences) != 1 for each in read_again):
        raise AssertionError("a renamed geofence is not shown any more")
    for after in (renamed, reshaped, b""):
        change = Change("c", "x", geometry_id, raw, after, number)
        once = amend(data, change)
        if not isinstance(once, Amended) and after != raw:
            raise AssertionError(f"{change.kind} of what is there came to {once}")
        if isinstance(once, Amended) and once.content is not None:
            json.loads(once.content.decode("utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"))
            if after and not isinstance(amend(once.content, change), AlreadyApplied):
                raise AssertionError(f"{change.kind} is not done when it is done")
    for dlon, dlat in MOVES:
        with contextlib.suppress(DataError):
            there = read(moved(raw, dlon, dlat), "x")
            if there.skipped:
                raise AssertionError(f"a moved geofence is not shown any more: {there.skipped}")
