import pytest

from tvapp.mapview.layers import ALL, BaseStyle, Layer, LayerChoice, Overlay, background, choice_for, layers
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


def test_each_layer_has_its_own_zooms_and_opacity() -> None:
    found = {layer.tileset: (layer.min_zoom, layer.max_zoom, layer.opacity, layer.has_text) for layer in ALL}
    assert found == {
        "microsoft.base.road": (0, 22, 1.0, True),
        "microsoft.base.darkgrey": (0, 22, 1.0, True),
        "microsoft.imagery": (1, 19, 1.0, False),
        "microsoft.base.hybrid.road": (0, 22, 1.0, True),
        "microsoft.weather.infrared.main": (0, 15, 0.6, False),
        "microsoft.weather.radar.main": (0, 15, 0.75, False),
        "microsoft.traffic.relative.main": (0, 22, 1.0, True),
        "microsoft.traffic.relative.dark": (0, 22, 1.0, True),
        "geofences": (0, 22, 1.0, False),
    }


@pytest.mark.parametrize(
    ("style", "base", "tileset", "colour"),
    [
        ("microsoft.base.road", BaseStyle.ROAD, "microsoft.base.road", (228, 226, 220)),
        ("microsoft.base.darkgrey", BaseStyle.DARK, "microsoft.base.darkgrey", (36, 38, 42)),
        ("microsoft.imagery", BaseStyle.IMAGERY, "microsoft.imagery", (10, 18, 32)),
        ("microsoft.base.hybrid.road", BaseStyle.HYBRID, "microsoft.imagery", (10, 18, 32)),
    ],
)
def test_each_style_has_its_base_and_background(
    style: str, base: BaseStyle, tileset: str, colour: tuple[int, int, int]
) -> None:
    choice = choice_for(style)
    assert choice == LayerChoice(base)
    drawn = layers(choice)
    assert drawn[0].tileset == tileset
    assert background(drawn) == colour


def test_without_a_layer_or_a_known_base_the_background_is_dark() -> None:
    assert background(()) == (36, 38, 42)
    assert background((Layer("x", "base", 0, 22),)) == (36, 38, 42)


def test_only_an_opaque_base_is_opaque() -> None:
    assert Layer("x", "base", 0, 22).is_opaque
    assert not Layer("x", "base", 0, 22, opacity=0.99).is_opaque
    assert not Layer("x", "labels", 0, 22).is_opaque


def test_choices_are_named_as_in_settings() -> None:
    assert [base.value for base in BaseStyle] == ["road", "dark", "imagery", "hybrid"]
    assert [overlay.value for overlay in Overlay] == ["traffic", "radar", "infrared"]
    assert LayerChoice().base is BaseStyle.ROAD
    assert LayerChoice(overlays=frozenset({Overlay.RADAR})).with_base(BaseStyle.DARK) == LayerChoice(
        BaseStyle.DARK, frozenset({Overlay.RADAR})
    )


def test_without_a_layer_that_has_its_own_the_background_is_dark() -> None:
    assert background(()) == (36, 38, 42)
    assert background((Layer("another", "base", 0, 20),)) == (36, 38, 42)
