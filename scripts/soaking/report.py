"""Makes the report of the soak: figures, and reasons to fail."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict

from scripts.soaking.figures import Reading, growth_percent
from scripts.soaking.life import Life
from tests.cloud import LocalCloud

FIRST_DAY = 2
"""Before this day caches still fill."""
MOST_GROWTH_PERCENT = 1.0
LEAST_NIGHTS = 7
"""A line through fewer nights says nothing: one differs from the next by some per cent."""
MOST_SOCKETS = 24
"""The pool keeps 12 connections; a retired one may live beside it for a while; MSAL has its own."""
MOST_FONTS = 40
"""Four typefaces in the sizes of all screens together."""
TILES_PER_TRANSACTION = 15
MOST_RESTLESS = 10
"""Number of nights in a row that may have something that moves."""
ENDPOINTS = ("tile", "attribution", "map-data", "devicecode", "token", "refresh", "discovery")

METHOD = (
    "smaps_rollup each simulated night: at 4:00 as the day has left it (found); then the map goes home, and at 4:30 it "
    "is read again without the pictures on the renderer, whose number depends on where somebody has looked, and after "
    "gc.collect() and malloc_trim(0) (kept), together with what the allocators have given out (in_use: malloc_info(3) "
    "and Python's blocks). Growth is that of a straight line through the values from day 2 to the last, as % of its "
    "beginning; in_use decides, because the holes that freed memory leaves make resident memory differ by 10 % from "
    "night to night. The simulation's own logs and frame times are emptied every day; the cloud and "
    "the cable are other processes."
)


def report(life: Life, cloud: LocalCloud, days: int, real_s: float) -> dict[str, object]:
    """Return the report as values for JSON; `failures` are the reasons for exit status 1."""
    diary = life.diary
    statuses = {name: cloud.statuses(name) for name in ENDPOINTS}
    later = [reading for reading in diary.readings if reading.day >= FIRST_DAY]
    growth = {
        "in_use_percent": growth_percent([reading.in_use for reading in later]),
        "kept_pss_percent": growth_percent([reading.kept.pss for reading in later]),
        "kept_rss_percent": growth_percent([reading.kept.rss for reading in later]),
        "found_rss_percent": growth_percent([reading.found.rss for reading in later]),
        "objects_percent": growth_percent([reading.objects + reading.frozen for reading in later]),
    }
    written = [reading.written_bytes for reading in diary.readings]
    on_disk = [reading.disk_bytes for reading in diary.readings]
    return {
        "failures": failures(life, later, growth["in_use_percent"]),
        "simulated_days": days,
        "real_seconds": round(real_s),
        "crashes": diary.crashes,
        "unsettled": diary.unsettled,
        "growth_from_day_2": growth,
        "method": METHOD,
        "troubles": dict(diary.troubles),
        "viewer": dict(life.viewer.done),
        "changes_by_others": life.people.changes,
        "requests": statuses,
        "azure_transactions": transactions(statuses),
        "tile_requests_in_still_hours": diary.still_requests,
        "token_renewals": diary.events["token.renewed"],
        "codes_shown": diary.events["signin.prompted"],
        "sign_ins": diary.events["signin.succeeded"],
        "uploads": diary.events["geofence.uploaded"],
        "frames": diary.frames,
        "longest_frame_ms": diary.longest_frame_ms,
        "longest_frame_cpu_ms": diary.longest_frame_cpu_ms,
        "bytes_written_per_day": _per_day(written),
        "disk_bytes_per_day": _per_day(on_disk),
        "events": dict(diary.events.most_common()),
        "readings": [asdict(reading) for reading in diary.readings],
    }


def failures(life: Life, later: list[Reading], growth: float) -> list[str]:
    """Return the reasons for which the soak fails."""
    diary = life.diary
    found = []
    if diary.crashes:
        found.append(f"{len(diary.crashes)} crashes")
    if diary.unsettled:
        found.append(f"not settled again after {len(diary.unsettled)} troubles")
    if len(later) >= LEAST_NIGHTS and growth >= MOST_GROWTH_PERCENT:
        found.append(f"memory grows by {growth} % from day {FIRST_DAY}")
    for name in ("files", "threads"):
        values = sorted({int(getattr(reading, name)) for reading in later})
        if len(values) > 1:
            found.append(f"{name} are not constant: {values}")
    if any(reading.sockets > MOST_SOCKETS for reading in later):
        found.append(f"more than {MOST_SOCKETS} sockets: {max(reading.sockets for reading in later)}")
    if any(reading.fonts > MOST_FONTS for reading in later):
        found.append(f"more than {MOST_FONTS} fonts: {max(reading.fonts for reading in later)}")
    if len(diary.readings) >= MOST_RESTLESS and not diary.still_requests:
        found.append("no night was still, so nothing is known of a still map's requests")
    if any(diary.still_requests):
        found.append(f"a still map asks for tiles: {diary.still_requests}")
    return found


def transactions(statuses: Mapping[str, Mapping[str, int]]) -> dict[str, float]:
    """Return the transactions that Azure Maps would bill: 15 tiles are one, attribution is free."""
    tiles = sum(statuses["tile"].values())
    return {"tiles": round(tiles / TILES_PER_TRANSACTION, 1), "data": float(sum(statuses["map-data"].values()))}


def _per_day(totals: list[int]) -> int:
    return round((totals[-1] - totals[0]) / (len(totals) - 1)) if len(totals) > 1 else 0
