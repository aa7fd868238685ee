import pytest

from tvapp.mapview.layers import BaseStyle, LayerChoice, Overlay, background, choice_for, layers
from tvapp.tiles.tile import DRAWN_TILESET


def ids(choice: LayerChoice) -> list[str]:
    return [layer.tileset for layer in layers(choice)]


def test_geofences_lie_on_top_of_everything_and_the_base_at_the_bottom() -> None:
    everything = LayerChoice(BaseStyle.HYBRID, frozenset(Overlay))
    assert ids(everything) == [
        "microsoft.imagery",
        "microsoft.weather.infrared.main",
        "microsoft.weather.radar.main",
        "microsoft.traffic.relative.main",
        "microsoft.base.hybrid.road",
        DRAWN_TILESET,
    ]
    roles = [layer.role for layer in layers(everything)]
    assert roles == ["base", "overlay", "overlay", "overlay", "labels", "fences"]


@pytest.mark.parametrize("base", BaseStyle)
def test_every_base_is_opaque_and_has_a_background(base: BaseStyle) -> None:
    drawn = layers(LayerChoice(base))
    assert drawn[0].is_opaque
    assert not any(layer.is_opaque for layer in drawn[1:])
    assert len(background(drawn)) == 3


def test_traffic_has_its_own_colours_on_the_dark_base() -> None:
    assert ids(LayerChoice(BaseStyle.DARK).toggled(Overlay.TRAFFIC))[1] == "microsoft.traffic.relative.dark"


def test_toggling_twice_changes_nothing() -> None:
    choice = LayerChoice()
    assert choice.toggled(Overlay.RADAR).toggled(Overlay.RADAR) == choice
    assert choice.with_base(BaseStyle.IMAGERY).base is BaseStyle.IMAGERY


def test_a_configured_style_is_found_and_an_unknown_one_is_dark() -> None:
    assert choice_for("microsoft.base.road").base is BaseStyle.ROAD
    assert choice_for("microsoft.base.darkgrey").base is BaseStyle.DARK
    assert choice_for("something.else").base is BaseStyle.DARK


def test_imagery_starts_at_zoom_one_and_ends_at_nineteen() -> None:
    (imagery,) = layers(LayerChoice(BaseStyle.IMAGERY), fences=False)
    assert (imagery.min_zoom, imagery.max_zoom) == (1, 19)
