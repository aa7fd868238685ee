"""Broken text is read as far as it goes, in time that grows with its length alone."""

from __future__ import annotations

import contextlib
import gc
import time
from collections.abc import Callable

import pytest

from tvapp.core.errors import DataError
from tvapp.fences.geojson.reading import read
from tvapp.fences.geojson.recovery import without_comments
from tvapp.fences.model.book import FenceBook

HEAD = b'{"type":"FeatureCollection","features":['
GOOD = b'{"type":"Feature","properties":{"geometryId":"%d"},"geometry":{"type":"Point","coordinates":[1,2]}}'
LATE = b'{"properties":{"geometryId":"%d"},"geometry":{"type":"Point","coordinates":[1,2]},"type":"Feature"}'


def collection(features: list[bytes]) -> bytes:
    return HEAD + b",\n".join(features) + b"]}"


def opened(number: int) -> bytes:
    return GOOD[:-1] % number


WORST: dict[str, Callable[[int], bytes]] = {
    "no end to any feature": lambda n: collection([opened(k) for k in range(n)]),
    "no end, type last": lambda n: collection([(LATE % k)[:-1] for k in range(n)]),
    "open braces": lambda n: HEAD + b'{"a":' * (10 * n) + b"]}",
    "features in features": lambda n: HEAD + b'{"type":"Feature","x":' * (3 * n) + b"]}",
    "open strings": lambda n: collection([GOOD.replace(b'"%d"', b'"%d') % k for k in range(n)]),
    "one broken of many": lambda n: collection([*(GOOD % k for k in range(n)), opened(n), GOOD % (n + 1)]),
    "one id": lambda n: collection([GOOD % 7] * n),
    "one name": lambda n: collection([(GOOD % 7).replace(b"geometryId", b"name")] * n),
    "ids that are taken": lambda n: collection([(GOOD % 7).replace(b"7", b"7~%d" % (k % (n // 2))) for k in range(n)]),
    "lines without an end": lambda n: b"\n".join([GOOD % 0, *(opened(k) for k in range(n))]),
    "records without an end": lambda n: b"\x1e".join([b"", GOOD % 0, *(opened(k) for k in range(n))]),
    "comments": lambda n: collection([(GOOD % k) + b"/* { */ // {\n" for k in range(n)]),
    "keys": lambda n: collection(
        [b'{"type":"Feature","properties":{%b}}' % b",".join(b'"%d":1' % k for k in range(n))]
    ),
    "mere commas": lambda n: HEAD + b"," * (50 * n) + b"x]}",
    "mere brackets": lambda n: HEAD + b"[" * (50 * n) + b"]}",
}


def seconds(data: bytes) -> float:
    """Return the CPU time of reading, without the garbage collections that other tests' objects make long."""
    gc.disable()
    try:
        began = time.thread_time()
        with contextlib.suppress(DataError):
            FenceBook(read(data, "x").fences)
        return time.thread_time() - began
    finally:
        gc.enable()


@pytest.mark.parametrize("name", WORST)
def test_the_worst_files_take_time_in_proportion_to_their_length(name: str) -> None:
    make = WORST[name]
    small, large = make(2_000), make(16_000)
    base = min(seconds(small) for _ in range(3))
    # Eight times the length: in proportion eight times as long, sixty-four times if it were quadratic.
    assert seconds(large) < 20 * base + 0.1


def test_ten_thousand_features_with_one_id_all_have_ids_of_their_own() -> None:
    fences = read(collection([GOOD % 7] * 10_000), "x").fences
    assert len({fence.id for fence in fences}) == 10_000
    assert fences[-1].id == "7~10000"


def test_comments_and_commas_become_spaces_and_strings_stay() -> None:
    text = b'{"a": "// no /* comment */ ,]", /* a, {b} */ "c": [1, 2, ], // end }\n}'
    plain = without_comments(text)
    assert len(plain) == len(text)
    assert plain.split() == b'{"a": "// no /* comment */ ,]", "c": [1, 2 ] }'.split()
    assert without_comments(b'{"a":[1,2]}') == b'{"a":[1,2]}'
