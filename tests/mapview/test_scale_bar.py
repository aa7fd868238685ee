import pytest
from hypothesis import given
from hypothesis import strategies as st

from tvapp.mapview.scale_bar import Units, scale_bar


@pytest.mark.parametrize(
    ("m_per_px", "units", "length_px", "label"),
    [
        (1.0, "metric", 200.0, "200 m"),
        (4.9, "metric", 500 / 4.9, "500 m"),
        (5.0, "metric", 200.0, "1 km"),
        (10_000.0, "metric", 200.0, "2\u2009000 km"),
        (0.01, "metric", 200.0, "2 m"),
        (0.001, "metric", 200.0, "0.2 m"),
        (1.0, "imperial", 500 * 0.3048, "500 ft"),
        (100.0, "imperial", 16.09344 * 10, "10 mi"),
        (1609.344 / 200, "imperial", 200.0, "1 mi"),
        (1609.3 / 200, "imperial", 5000 * 0.3048 / 1609.3 * 200, "5\u2009000 ft"),
        (999.9 / 200, "metric", 500 / 999.9 * 200, "500 m"),
        (0.3048 / 200, "imperial", 200.0, "1 ft"),
        (1e-7, "metric", 10_000.0, "0.001 m"),
    ],
)
def test_the_bar_is_the_longest_round_length_that_has_room(
    m_per_px: float, units: Units, length_px: float, label: str
) -> None:
    bar = scale_bar(m_per_px, 200.0, units)
    assert bar.length_px == pytest.approx(length_px)
    assert bar.label == label


@given(st.floats(0.01, 50_000), st.floats(100, 600), st.sampled_from(["metric", "imperial"]))
def test_the_bar_has_room_and_is_not_tiny(m_per_px: float, room: float, units: Units) -> None:
    bar = scale_bar(m_per_px, room, units)
    # At the change from feet to miles nothing round lies between 1000 ft and 1 mi (5280 ft).
    assert room / 5.3 <= bar.length_px <= room * (1 + 1e-9)
