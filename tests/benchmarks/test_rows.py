"""Parts of the rows: import times, the trip's tiles, the renderer calls of a frame; and one row end to end."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from scripts.benchmarks.fences import features
from scripts.benchmarks.motion import missed_beats
from scripts.benchmarks.rig import Frame
from scripts.benchmarks.start import HEAVY, Import, least_of, loaded_of, read_import_times
from scripts.benchmarks.trip import seen_on_trip, with_ring

ROOT = Path(__file__).resolve().parent.parent.parent

COUNTED = """
import json
from scripts.benchmarks.counting import install
counts = install()
from tvapp.core.image import Image, PixelRect
from tvapp.display.window_creation import DisplaySpec
from tvapp.display.window import Display
from tvapp.ui.canvas import Color, Rect, TextStyle

display = Display.open(DisplaySpec(size=(640, 360)))
for _ in range(2):
    display.begin()
    canvas = display.canvas
    if not canvas.has("tile"):
        canvas.upload("tile", Image(512, 512, bytes(512 * 512 * 4), True))
        canvas.compose("flat", 512, Color(0, 0, 0), [])
    canvas.quad("tile", PixelRect(0, 0, 512, 512))
    canvas.quad("flat", PixelRect(512, 0, 512, 512))
    canvas.fill(Rect(0, 0, 20, 20), Color(255, 0, 0))
    canvas.text("A line", 50, 50, TextStyle(30, Color(255, 255, 255)))
    display.present()
    counts.end_frame(0.0)
display.close()
print(json.dumps(counts.take()))
"""


def test_import_times_are_read_and_other_lines_left_out() -> None:
    lines = [
        "import time: self [us] | cumulative | imported package",
        "import time:       314 |       5926 |     encodings",
        '{"event": "app.started"}',
        "import time:      1200 |       1200 | tvapp.commands.cli",
        "import time: broken",
    ]
    assert read_import_times(lines) == [Import("encodings", 314, 5926), Import("tvapp.commands.cli", 1200, 1200)]


def test_of_several_starts_the_least_time_of_each_module_counts() -> None:
    runs = [[Import("a", 5, 9), Import("b", 1, 1)], [Import("a", 3, 12), Import("c", 2, 2)]]
    assert least_of(runs) == [Import("a", 3, 9), Import("b", 1, 1), Import("c", 2, 2)]


def test_a_beat_is_missed_when_a_frame_comes_half_a_frame_late_but_not_after_a_rest() -> None:
    times = [0.0, 0.017, 0.034, 0.064, 0.081, 1.0, 1.017]
    assert missed_beats([Frame(at, 1.0, 1.0) for at in times]) == 1
    assert missed_beats([Frame(at, 1.0, 1.0) for at in times], longest_s=2.0) == 2


def test_heavy_packages_are_told_by_any_of_their_modules() -> None:
    assert loaded_of(HEAVY, ["PIL.Image", "numpy.core", "requests_like", "tvapp.msal"]) == ["numpy", "PIL"]


def test_a_trip_shows_a_strip_of_tiles_and_then_finer_ones_at_its_end() -> None:
    seen = seen_on_trip((1920, 1080), 43)
    rows = {z: {y for zoom, _, y in seen if zoom == z} for z in (13, 14, 15)}
    columns = {z: {x for zoom, x, _ in seen if zoom == z} for z in (13, 14, 15)}
    # Four screens side by side are 15 tiles wide, and whatever the edges cut.
    assert 15 <= len(columns[13]) <= 17
    assert all(len(found) in (3, 4) for found in rows.values())
    assert min(columns[14]) > 2 * min(columns[13]) + 20


def test_the_ring_is_one_tile_wide_and_goes_round_the_world() -> None:
    assert with_ring([(5, 10, 10)]) == {(5, x, y) for x in (9, 10, 11) for y in (9, 10, 11)}
    assert {x for _, x, _ in with_ring([(2, 0, 1)])} == {3, 0, 1}


def test_the_same_geofences_are_made_each_time() -> None:
    assert features(20) == features(20)
    assert features(20) == features(30)[:20]
    assert len({feature["properties"]["geometryId"] for feature in features(30)}) == 30


@pytest.mark.process
def test_calls_of_the_renderer_are_counted_frame_by_frame() -> None:
    from scripts.benchmarks.counting import KINDS

    done = subprocess.run(
        [sys.executable, "-c", COUNTED], cwd=ROOT, capture_output=True, text=True, timeout=60, check=True
    )
    frames = [dict(zip(KINDS, counts, strict=True)) for _, counts in json.loads(done.stdout)]
    first, second = frames
    # Textures are made once: of the tile, of the target of a composition, of its result, and of the text.
    assert first["textures_made"] == 4
    assert first["texts"] == 1
    assert first["read_backs"] == 1
    assert first["surfaces"] >= 1
    assert second["textures_made"] == second["texts"] == second["read_backs"] == second["surfaces"] == 0
    assert [frame["draws"] for frame in frames] == [3, 3]
    assert [frame["fills"] for frame in frames] == [1, 1]


@pytest.mark.slow
def test_one_row_is_measured_end_to_end_from_the_command_line(tmp_path: Path) -> None:
    target = tmp_path / "bench.json"
    command = [sys.executable, "-m", "scripts.benchmarks", "--quick", "--only", "first-frame", "--runs", "1"]
    done = subprocess.run(
        [*command, "--size", "640x360", "--json", str(target)],
        cwd=ROOT, capture_output=True, text=True, timeout=110, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    report = json.loads(target.read_text())
    assert report["quick"] is True
    (row,) = report["rows"].values()
    assert {"p50", "CPU"} <= {figure["name"] for figure in row["figures"]}
    assert all(figure["value"] > 0 for figure in row["figures"])
    assert "exec" in row["method"]
    assert "first-frame" in done.stdout
