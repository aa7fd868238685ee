"""Hostile input of every kind is refused in little memory."""

from __future__ import annotations

import base64
import struct
import tracemalloc
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from tvapp.auth import msal_cache
from tvapp.auth.http_client import _json_object
from tvapp.azure.attribution_text import MAX_LENGTH, MAX_LINES, clean_lines
from tvapp.azure.blob_xml import parse_error, parse_page
from tvapp.azure.errors import parse_challenge, parse_json
from tvapp.azure.map_data import _parse_listing
from tvapp.config.load import ConfigErrors, load
from tvapp.core.errors import DataError, UnexpectedReply
from tvapp.core.headers import Headers, parse_directives, parse_http_date, parse_retry_after
from tvapp.fences.geojson import reading
from tvapp.fences.service import snapshot
from tvapp.net.request import Response
from tvapp.remote.evdev import key_codes
from tvapp.remote.pattern_hash import PatternHash
from tvapp.tiles.decode import decode_tile

MOST_BYTES = 24 << 20
"""The peak memory that a refusal may take beside the input."""
DEEP = 200_000


def deep_json(open_: bytes = b"[", close: bytes = b"]") -> bytes:
    return open_ * DEEP + close * DEEP


def laughs() -> bytes:
    """Return a billion laughs: each entity is ten of the one before."""
    entities = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    return f'<!DOCTYPE x [<!ENTITY l0 "ha">{entities}]><EnumerationResults>&l9;</EnumerationResults>'.encode()


def external() -> bytes:
    return b'<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]><EnumerationResults>&f;</EnumerationResults>'


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def bomb_png(side: int) -> bytes:
    """Return a picture of a few kilobytes that would take `side` squared bytes."""
    body = zlib.compress(bytes(1 << 20), 9)
    head = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def reply(body: bytes) -> Response:
    return Response(200, Headers({"content-type": "application/json"}), body, "https://maps.example/x")


def refuses(error: type[Exception], work: Callable[[], object]) -> None:
    with pytest.raises(error):
        work()


def toml(folder: Path, text: bytes) -> None:
    path = folder / "config.toml"
    path.write_bytes(text)
    load(path, {})


WORST: dict[str, Callable[[Path], object]] = {
    "xml: a billion laughs": lambda _: refuses(DataError, lambda: parse_page(laughs())),
    "xml: an external entity": lambda _: refuses(DataError, lambda: parse_page(external())),
    "xml: deep": lambda _: refuses(DataError, lambda: parse_page(b"<a>" * DEEP)),
    "xml: one long text": lambda _: refuses(
        DataError, lambda: parse_page(b"<EnumerationResults>" + b"x" * (6 << 20) + b"</EnumerationResults>")
    ),
    "xml: an error that laughs": lambda _: same(parse_error(laughs()), ("", "")),
    "json: a deep reply": lambda _: refuses(UnexpectedReply, lambda: parse_json(reply(deep_json()))),
    "json: a number without an end": lambda _: refuses(UnexpectedReply, lambda: parse_json(reply(b"9" * 500_000))),
    "json: a deep token reply": lambda _: same(_json_object(deep_json().decode()), None),
    "json: a deep token cache": lambda _: same(msal_cache.parse(deep_json(b'{"a":', b"}").decode()), None),
    "json: a deep identity token": lambda _: same(msal_cache.decoded(base64.b64encode(deep_json()).decode()), {}),
    "json: a deep list of datasets": lambda _: refuses(
        UnexpectedReply, lambda: _parse_listing(reply(b'{"mapDataList":' + deep_json() + b"}"))
    ),
    "geojson: deep": lambda _: refuses(DataError, lambda: reading.read(deep_json(), "a.json")),
    "geojson: deep coordinates": lambda _: skips(
        b'{"type":"Feature","properties":{},"geometry":{"type":"Polygon","coordinates":' + deep_json() + b"}}"
    ),
    "geojson: too large": lambda _: refuses(DataError, lambda: reading.read(bytes(reading.MAX_BYTES + 1), "a.json")),
    "kept geofences: deep": lambda _: refuses(
        DataError, lambda: snapshot.unpack(snapshot.FORMAT.pack(deep_json() + b"\n"))
    ),
    "toml: deep": lambda folder: refuses(ConfigErrors, lambda: toml(folder, b"a = " + b"[" * DEEP)),
    "toml: large": lambda folder: refuses(ConfigErrors, lambda: toml(folder, b"#" * (3 << 20))),
    "environment: deep": lambda _: refuses(
        ConfigErrors, lambda: load(None, {"TVAPP_MAPS_SUBSCRIPTION_KEYS": "[" * DEEP}, system_file=Path("/nowhere"))
    ),
    "picture: a bomb": lambda _: refuses(DataError, lambda: decode_tile(bomb_png(60_000), "tile")),
    "picture: too large": lambda _: refuses(
        DataError, lambda: decode_tile(b"\x89PNG\r\n\x1a\n" + bytes(5 << 20), "tile")
    ),
    "headers: directives": lambda _: at_most(len(parse_directives("a=" + '"\\' * 500_000)), 2_000),
    "headers: many directives": lambda _: at_most(len(parse_directives("a1," * 500_000)), 2_000),
    "headers: a date": lambda _: same(parse_http_date("9" * 1_000_000), None),
    "headers: a time to wait": lambda _: at_most(parse_retry_after("9" * 1_000_000, 0.0) or 0.0, 1e9),
    "headers: a challenge": lambda _: at_most(len(parse_challenge('Bearer a="' + "x" * 1_000_000)), 10),
    "html: an attribution": lambda _: at_most(
        max(map(len, clean_lines(["<a " * 500_000 + "©" * 500_000, "x" * 500_000])), default=0), MAX_LENGTH
    ),
    "html: many attributions": lambda _: at_most(len(clean_lines(f"line {n}" for n in range(100_000))), MAX_LINES),
    "evdev: capabilities": lambda _: at_most(len(key_codes(b"f" * 16 + b" " + b"f" * 16)), 128),
    "lock: a hash that would take for ever": lambda _: refuses(
        ValueError, lambda: PatternHash.parse(f"scrypt$ln=30,r=99,p=99${'A' * 22}${'A' * 43}")
    ),
}


def same(one: object, other: object) -> None:
    assert one == other


def at_most(value: float, most: float) -> None:
    assert value <= most


def skips(data: bytes) -> None:
    try:
        assert not reading.read(data, "a.json").fences
    except DataError:
        return  # refused as a whole, which will do


@pytest.mark.slow
@pytest.mark.parametrize("worst", WORST)
def test_the_worst_of_its_kind_is_refused_in_little_memory(tmp_path: Path, worst: str) -> None:
    work = WORST[worst]
    tracemalloc.start()
    try:
        work(tmp_path)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    own = reading.MAX_BYTES + 1 if worst == "geojson: too large" else 0
    assert peak - own < MOST_BYTES


def test_a_bomb_is_small_and_would_be_large() -> None:
    assert len(bomb_png(60_000)) < 10_000
    assert 60_000**2 > 1 << 30
    assert len(laughs()) < 2_000
