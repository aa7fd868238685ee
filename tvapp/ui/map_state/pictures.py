"""Pictures that are not tiles: the names of geofences and the previews of layers, and which of them to free."""

from __future__ import annotations

from dataclasses import dataclass, field

from tvapp.core.image import Image
from tvapp.fences.drawing.messages import LabelsPlaced


@dataclass(slots=True)
class MapPictures:
    """`released` are keys of the renderer that the next frame frees."""

    labels: LabelsPlaced | None = None
    previews: dict[str, Image] = field(default_factory=dict)
    released: list[object] = field(default_factory=list)

    def take_labels(self, message: LabelsPlaced) -> None:
        """Show other names; those that are not among them are freed."""
        if self.labels is not None:
            still_shown = {label.key for label in message.labels}
            self.released += [("label", label.key) for label in self.labels.labels if label.key not in still_shown]
        self.labels = message

    def take_preview(self, name: str, image: Image) -> None:
        """Show another preview of a layer."""
        self.previews[name] = image
        self.released.append(("preview", name))
