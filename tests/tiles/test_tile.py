from hypothesis import given
from hypothesis import strategies as st

from tvapp.core.image import Image
from tvapp.tiles.tile import TileId, TileImage

ids = st.integers(0, 20).flatmap(
    lambda z: st.builds(TileId, st.just("t"), st.just(z), st.integers(-(2**z), 2**z * 2), st.integers(0, 2**z - 1))
)


@given(ids)
def test_wrapping_keeps_the_ground_and_happens_once(tile: TileId) -> None:
    wrapped = tile.wrapped()
    assert 0 <= wrapped.x < 2**tile.z
    assert (wrapped.x - tile.x) % 2**tile.z == 0
    assert wrapped.wrapped() is wrapped


def test_an_empty_tile_still_costs_something() -> None:
    assert TileImage(None).size_bytes == 256
    assert TileImage(Image(2, 2, bytes(16))).size_bytes == 256 + 16
