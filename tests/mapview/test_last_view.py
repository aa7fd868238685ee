"""The record of the last view: it comes back as it was saved, and any other bytes are refused."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tvapp.core.errors import DataError
from tvapp.core.record import DamagedRecord
from tvapp.geo.position import Position
from tvapp.mapview.last_view import FORMAT, MAX_BYTES, MAX_ID_LENGTH, LastView, pack, unpack
from tvapp.mapview.layers import BaseStyle, LayerChoice, Overlay
from tvapp.mapview.viewport import MAX_ZOOM

VIEW = LastView(Position(24.9525, 60.1672), 13.5, LayerChoice(BaseStyle.HYBRID, frozenset({Overlay.RADAR})), "fence")


@given(
    st.floats(-180, 180),
    st.floats(-90, 90),
    st.floats(0, MAX_ZOOM),
    st.sampled_from(BaseStyle),
    st.frozensets(st.sampled_from(Overlay)),
    st.text(max_size=MAX_ID_LENGTH),
)
def test_a_view_comes_back_as_it_was_saved(
    lon: float, lat: float, zoom: float, base: BaseStyle, overlays: frozenset[Overlay], selected: str
) -> None:
    view = LastView(Position(lon, lat), zoom, LayerChoice(base, overlays), selected)
    again = unpack(pack(view, "basis"), "basis")
    assert again.center.lon == pytest.approx(lon, abs=1e-7)
    assert again.center.lat == pytest.approx(lat, abs=1e-7)
    assert again.zoom == pytest.approx(zoom, abs=1e-7)
    assert (again.choice, again.selected) == (view.choice, selected)
    assert unpack(pack(again, "basis"), "basis") == again


@given(st.binary(max_size=200))
def test_any_bytes_are_a_view_or_an_error_of_ours(data: bytes) -> None:
    with pytest.raises(DataError):
        unpack(data, "basis")


@given(st.binary(max_size=200))
def test_a_record_of_any_other_bytes_is_an_error_of_ours(payload: bytes) -> None:
    with pytest.raises(DataError):
        unpack(FORMAT.pack(payload), "basis")


def test_a_file_is_a_record_and_a_damaged_one_is_refused() -> None:
    data = bytearray(pack(VIEW, "basis"))
    assert FORMAT.unpack(bytes(data))
    data[-5] ^= 1
    with pytest.raises(DamagedRecord):
        unpack(bytes(data), "basis")


def changed(change: dict[str, object]) -> bytes:
    """Return a sound file of a view with other values."""
    return FORMAT.pack(json.dumps(json.loads(bytes(FORMAT.unpack(pack(VIEW, "basis")))) | change).encode())


@pytest.mark.parametrize(
    "change",
    [
        {"longitude": 180.5},
        {"longitude": -180.5},
        {"latitude": 90.5},
        {"latitude": -90.5},
        {"latitude": "60"},
        {"zoom": True},
        {"zoom": MAX_ZOOM + 0.5},
        {"zoom": -0.5},
        {"zoom": None},
        {"base": "microsoft.base.road"},
        {"overlays": ["traffic", "locusts"]},
        {"overlays": [["traffic"]]},
        {"overlays": None},
    ],
    ids=str,
)
def test_a_value_that_is_not_allowed_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(DataError, match=r"^last view: a value that is not allowed$"):
        unpack(changed(change), "basis")


@pytest.mark.parametrize("name", ["longitude", "latitude", "zoom"])
@pytest.mark.parametrize("value", ["5", 999])
def test_the_cause_names_the_number_that_is_not_allowed(name: str, value: object) -> None:
    with pytest.raises(DataError) as caught:
        unpack(changed({name: value}), "basis")
    assert str(caught.value.__cause__) == name


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (pack(VIEW, "another"), "made with other settings"),
        (FORMAT.pack(b"{"), "not JSON"),
        (FORMAT.pack(b"[" * 100_000), "not JSON"),
        (FORMAT.pack(b"[]"), "not a JSON object"),
        (FORMAT.pack(b'{"basis": "basis"}'), "a value that is not allowed"),
    ],
    ids=["basis", "json", "deep", "list", "empty"],
)
def test_the_error_says_what_is_wrong_with_the_record(data: bytes, reason: str) -> None:
    with pytest.raises(DataError, match=rf"^last view: {reason}$"):
        unpack(data, "basis")


def test_the_view_is_kept_to_a_centimetre() -> None:
    content = json.loads(bytes(FORMAT.unpack(pack(LastView(Position(1 / 3, 2 / 3), 10 / 3, VIEW.choice), "basis"))))
    assert content == {
        "basis": "basis",
        "longitude": 0.3333333,
        "latitude": 0.6666667,
        "zoom": 3.3333333,
        "base": "hybrid",
        "overlays": ["radar"],
        "selected": "",
    }


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_numbers_that_are_not_finite_are_refused(number: str) -> None:
    payload = bytes(FORMAT.unpack(pack(VIEW, "basis"))).replace(b"13.5", number.encode())
    with pytest.raises(DataError):
        unpack(FORMAT.pack(payload), "basis")


@pytest.mark.parametrize("change", [{"longitude": -180}, {"latitude": 90}, {"zoom": 0}, {"zoom": MAX_ZOOM}], ids=str)
def test_values_at_the_ends_of_their_ranges_are_allowed(change: dict[str, object]) -> None:
    view = unpack(changed(change), "basis")
    values = {"longitude": view.center.lon, "latitude": view.center.lat, "zoom": view.zoom}
    assert values == {"longitude": VIEW.center.lon, "latitude": VIEW.center.lat, "zoom": VIEW.zoom} | change


@pytest.mark.parametrize("selected", [None, 5, "x" * (MAX_ID_LENGTH + 1)])
def test_an_id_that_cannot_be_one_selects_nothing(selected: object) -> None:
    assert unpack(changed({"selected": selected}), "basis").selected == ""


def test_an_endless_id_is_left_out_so_that_the_file_stays_small() -> None:
    long = LastView(VIEW.center, VIEW.zoom, VIEW.choice, "\N{SNOWMAN}" * (MAX_ID_LENGTH + 1))
    assert unpack(pack(long, "basis"), "basis").selected == ""
    most = LastView(VIEW.center, VIEW.zoom, VIEW.choice, "\N{SNOWMAN}" * MAX_ID_LENGTH)
    assert len(pack(most, "basis")) <= MAX_BYTES
    assert unpack(pack(most, "basis"), "basis") == most
