"""A hundred thousand malformed and unusual files: each is read, or refused with a DataError where `json` refuses it."""

from __future__ import annotations

import importlib.util
import json
import random
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scripts.geojson_seeds import DICTIONARY, FEATURES, SEEDS
from scripts.geojson_trial import try_out
from tvapp.core.errors import DataError
from tvapp.fences.geojson.reading import read
from tvapp.fences.geojson.splice import open_file

ROOT = Path(__file__).resolve().parents[3]
EXAMPLES, BATCH = 250, 400
ODD_VALUES: tuple[Any, ...] = (
    None, True, 0, -0.0, 1, 90, -90, 180, -180, 181, 360, 1e-9, 1e300, 10**25, "", "a", "\ud800", "\x00", "{[\"\\",
    [], {}, [[]], [0, 0], [180, 0], [-180, 1], [[0, 0], [1, 0], [1, 1]], {"type": "Point"},
    "Feature", "Polygon", "Circle",
)  # fmt: skip
NUMBERS = (b"1e999", b"-0", b"01", b"NaN", b"1.50e1", b"-", b"1e-400", b"9" * 400, b".5", b"Infinity")
TOKENS = tuple(b'{ } [ ] , : " \\ \xff \x00 \xc3 \n null tru "a":'.split(b" "))


def nodes(value: Any) -> list[tuple[Any, Any]]:
    """Return every place in decoded JSON that can be given another value."""
    found: list[tuple[Any, Any]] = []
    left = [value]
    while left:
        owner = left.pop()
        keys = owner.keys() if isinstance(owner, dict) else range(len(owner))
        for key in keys:
            found.append((owner, key))
            if isinstance(owner[key], dict | list):
                left.append(owner[key])
    return found


def restructured(chance: random.Random) -> bytes:
    """Return GeoJSON with some of its parts replaced, doubled, exchanged or gone."""
    root: Any = json.loads(chance.choice(FEATURES))
    if chance.random() < 0.8:
        some = [json.loads(chance.choice(FEATURES)) for _ in range(chance.randint(0, 3))]
        root = {"type": "FeatureCollection", "features": some, "bbox": [1]}
    for _ in range(chance.choice((0, 1, 1, 2, 5))):
        there = nodes(root)
        owner, key = chance.choice(there)
        other, other_key = chance.choice(there)
        match chance.randint(0, 4):
            case 0:
                owner[key] = json.loads(json.dumps(chance.choice(ODD_VALUES)))
            case 1:
                owner[key] = json.loads(json.dumps(other[other_key]))
            case 2:
                del owner[key]
            case 3 if isinstance(owner[key], int | float):
                owner[key] = owner[key] * chance.choice((-1, 1.0, 0.5, 44.7, 1e9))
            case _:
                owner[key] = [owner[key]]
        if not root:
            break
    text = json.dumps(root, indent=chance.choice((None, 1)), ensure_ascii=chance.random() < 0.9)
    return text.encode(errors="replace")


def mangled(chance: random.Random, text: bytes) -> bytes:
    """Return text with bytes of it cut out, put in, doubled or changed, or in another encoding."""
    for _ in range(chance.choice((1, 1, 2, 4))):
        at = chance.randint(0, len(text))
        to = min(len(text), at + chance.choice((0, 1, 2, 30)))
        new = chance.choice((b"", text[at:to] * 2, chance.choice(TOKENS), chance.choice(NUMBERS), chance.randbytes(1)))
        text = text[:at] + new + text[to:]
    if chance.random() < 0.1:
        text = text.decode(errors="replace").encode("utf-16") + chance.choice((b"", b"", b"x"))
    return text


def any_json(chance: random.Random, depth: int = 0) -> Any:
    if depth > 4 or chance.random() < 0.3:
        return chance.choice((*ODD_VALUES, chance.choice(DICTIONARY), chance.uniform(-400, 400)))
    items = [any_json(chance, depth + 1) for _ in range(chance.randint(0, 4))]
    return items if chance.random() < 0.5 else {chance.choice(DICTIONARY): item for item in items}


def make(chance: random.Random) -> tuple[str, bytes]:
    """Return what kind of input it is, and the input."""
    which = chance.random()
    if which < 0.35:
        return "restructured", restructured(chance)
    if which < 0.7:
        return "mangled", mangled(chance, chance.choice((*SEEDS, restructured(chance))))
    if which < 0.85:
        return "any JSON", json.dumps(any_json(chance)).encode()
    return "any bytes", chance.choice((b"", b'{"type":"FeatureCollection","features":[')) + chance.randbytes(
        chance.randint(0, 60)
    )


def refuse(constant: str) -> object:
    raise ValueError(constant)


def plainly(data: bytes) -> list[Any] | None:
    """Return the Features of a file by another reader than ours, None where it is no GeoJSON."""
    try:
        text = data.decode("utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
        root = json.loads(text, parse_constant=refuse)
    except ValueError:
        return None
    kind = root.get("type") if isinstance(root, dict) else None
    if kind == "Feature":
        return [root]
    features = root.get("features") if kind == "FeatureCollection" else None
    return features if isinstance(features, list) else None


def agrees(data: bytes) -> None:
    """Compare our reading of a plain file with the other reader's; what that refuses may be read, and not edited."""
    features = plainly(data)
    try:
        result = read(data, "x")
    except DataError:
        assert features is None or not is_well_formed(data)
        return
    for fence in result.fences:
        json.loads(fence.raw)
        assert fence.id
        assert fence.name
        assert -180 <= fence.bounds.west <= 180
    if features is None:
        assert not any(fence.is_editable for fence in result.fences)
    if features is None or not is_well_formed(data):
        return
    assert len(result.fences) + len(result.skipped) == len(features)
    file = open_file(data, "x")
    assert [json.loads(file.feature(number)) for number in range(len(file))] == features
    for fence in result.fences:
        assert not fence.is_editable or fence.raw == file.feature(fence.number)


def is_well_formed(data: bytes) -> bool:
    """Tell whether a file has no half characters: in its root they make it unreadable, in a Feature only that."""
    return b"\\ud" not in data.lower() and "\\ud".encode("utf-16-le") not in data.lower()


def tries(examples: int, batch: int, trial: Callable[[bytes], None]) -> Counter[str]:
    """Try inputs in batches, each from a seed of its own; returns how many of which kind were tried."""
    tried: Counter[str] = Counter()

    @settings(max_examples=examples, deadline=None, database=None)
    @given(st.integers(0, 2**64))
    def batches(seed: int) -> None:
        chance = random.Random(seed)
        for _ in range(batch):
            kind, data = make(chance)
            try:
                trial(data)
            except Exception as error:
                raise AssertionError(f"{type(error).__name__} for {data!r}") from error
            tried[kind] += 1

    batches()
    return tried


@pytest.mark.slow
@pytest.mark.timeout(600)  # 75 s on a quiet core, many times that on a busy machine
def test_a_hundred_thousand_files_are_read_or_refused_and_agree_with_a_plain_reader(
    capsys: pytest.CaptureFixture[str],
) -> None:
    tried = tries(EXAMPLES, BATCH, agrees)
    with capsys.disabled():
        sys.stderr.write(f"\n{tried.total()} files tried: {dict(tried)}\n")
    assert tried.total() >= 100_000


@pytest.mark.slow
def test_every_fence_that_is_read_can_be_changed_and_only_data_errors_come_out() -> None:
    assert tries(20, 200, try_out).total() >= 4_000


@pytest.mark.slow
def test_guided_fuzzing_finds_nothing_in_a_few_thousand_runs(tmp_path: Path) -> None:
    if importlib.util.find_spec("atheris") is None:
        pytest.skip("atheris is not installed here")
    command = [
        sys.executable,
        "-m",
        "scripts.fuzz_geojson",
        "--runs",
        "3000",
        "--seconds",
        "60",
        "--corpus",
        str(tmp_path),
    ]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=100, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    assert "Done 3000 runs" in done.stderr
