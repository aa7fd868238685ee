"""Places for property tests."""

from hypothesis import strategies as st

from tvapp.geo.position import Position


def places(max_lat: float = 85.0, max_lon: float = 180.0) -> st.SearchStrategy[Position]:
    """Draw places up to a latitude and a longitude."""
    return st.builds(Position, st.floats(-max_lon, max_lon), st.floats(-max_lat, max_lat))
