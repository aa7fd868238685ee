"""The pictures that the renderer frees."""

from __future__ import annotations

from tvapp.core.image import Image
from tvapp.fences.drawing.messages import Label, LabelsPlaced
from tvapp.geo.position import Position
from tvapp.ui.map_state.pictures import MapPictures

IMAGE = Image(1, 1, bytes(4))


def placed(*keys: str) -> LabelsPlaced:
    return LabelsPlaced(tuple(Label(key, key, Position(0, 0), IMAGE) for key in keys), 10, 1)


def test_names_that_are_not_shown_any_more_are_freed() -> None:
    pictures = MapPictures()
    pictures.take_labels(placed("a", "b"))
    assert pictures.released == []
    latest = placed("b", "c")
    pictures.take_labels(latest)
    assert pictures.released == [("label", "a")]
    assert pictures.labels is latest


def test_another_preview_replaces_the_one_on_the_renderer() -> None:
    pictures = MapPictures()
    pictures.take_preview("road", IMAGE)
    assert pictures.previews == {"road": IMAGE}
    assert pictures.released == [("preview", "road")]
