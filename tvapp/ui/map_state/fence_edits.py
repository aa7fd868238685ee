"""Turns edits of geofences into changes, records them for undo, and hands them to the outbox.

The modules that write Features are imported at the first edit, so that the first frame does not wait for them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Literal, Protocol

from tvapp.core.errors import DataError
from tvapp.fences.model.book import FenceBook
from tvapp.fences.model.fence import Geofence
from tvapp.fences.model.kinds import Kind, is_numbered
from tvapp.fences.outbox.messages import OutboxChanged
from tvapp.fences.service.local_versions import LocalVersions

if TYPE_CHECKING:
    from tvapp.fences.editing.history import History, Offer
    from tvapp.fences.editing.sketch import Drawn
    from tvapp.fences.model.change import Change
    from tvapp.fences.outbox.outbox import Entry, Resolution
    from tvapp.ui.actions import Actions
    from tvapp.ui.settings import UiSettings

COLLECTION = "GeometryCollection"
Edit = Literal["add", "move", "resize", "reshape", "rename", "times", "duplicate", "delete"]
"""The kind of edit, for the words of undo."""


class EditedMap(Protocol):
    """The map on which geofences are edited."""

    @property
    def settings(self) -> UiSettings: ...

    @property
    def actions(self) -> Actions: ...

    @property
    def book(self) -> FenceBook:
        """The geofences that the map shows."""
        ...

    @property
    def is_offline(self) -> bool: ...

    def wall(self) -> float:
        """Return the time of day in seconds since 1970."""
        ...

    def say(self, key: str, icon: str, **fields: object) -> None:
        """Show a sentence about what was just done, for a while."""
        ...

    def select(self, fence: Geofence | None) -> None:
        """Mark a geofence, or none."""
        ...


class FenceEdits:
    """Belongs to the main thread and to one account's map. Every method returns at once."""

    def __init__(self, edited_map: EditedMap, new_id: Callable[[], str]) -> None:
        self._map = edited_map
        self._new_id = new_id
        from tvapp.fences.editing.history import History

        self.history: History = History()
        self.outbox = OutboxChanged()
        self._versions = LocalVersions()

    # -- what is known ----------------------------------------------------------------------------------------------

    def take_outbox(self, message: OutboxChanged) -> None:
        """Take the progress of changes."""
        for arrived in message.arrived:
            change = arrived.change
            self.history.relocate(change.source, arrived.source, change.geometry_id)
            self._versions.move(change.source, change.geometry_id, arrived.source)
            self._say_stored(change)
        former = {entry.number: entry.state for entry in self.outbox.entries}
        for entry in message.entries:
            # Not right after the app has started: then the chip says it.
            if entry.is_stuck and former.get(entry.number, entry.state) != entry.state:
                self._map.say(f"toast.{entry.state}", "circle-alert", name=self._name(entry.change))
        self.outbox = message

    def forget_sent(self) -> None:
        """Forget the versions of geofences without a waiting change: the book that the map shows has them."""
        self._versions.keep_only({entry.fence for entry in self.outbox.entries})

    def entry(self, fence: Geofence) -> Entry | None:
        """Return the last change of a geofence that is not in the store yet."""
        names = fence.source, fence.geometry_id
        return next((entry for entry in reversed(self.outbox.entries) if entry.fence == names), None)

    def current(self, fence: Geofence) -> Geofence:
        """Return a geofence with every edit of this screen, even if the map does not show them yet."""
        from tvapp.fences.service.overlay import fence_of

        newest = self._versions.newest(fence.source, fence.geometry_id, fence.raw)
        if newest is None:
            return self._map.book.get(fence.id) or fence
        source, raw = newest
        return fence if not raw or raw == fence.raw else fence_of(raw, source) or fence

    def feature_of(self, source: str, geometry_id: str) -> bytes | None:
        """Return the Feature of a geofence with every edit of this screen; None when it is deleted."""
        if (known := self._versions.last(source, geometry_id)) is not None:
            return known or None
        shown = self._map.book.get(geometry_id)
        if shown is None or (shown.source, shown.geometry_id) != (source, geometry_id):
            found = (fence for fence in self._map.book if (fence.source, fence.geometry_id) == (source, geometry_id))
            shown = next(found, None)
        return None if shown is None else shown.raw

    # -- what the viewer does ---------------------------------------------------------------------------------------

    def name_for(self, kind: Kind, fence: Geofence | None = None) -> str:
        """Return the next free name of a kind; a geofence that has such a name keeps it."""
        if fence is not None and fence.kind == kind.key and is_numbered(fence.name, kind.name):
            return fence.name
        from tvapp.fences.service.overlay import name_of

        # A geofence that was just added may not be in the book yet.
        return self._map.book.taken_names.next(kind.name, map(name_of, self._versions.features()))

    def add(self, drawn: Drawn, kind: Kind, validity: Mapping[str, object] | None) -> None:
        """Add a geofence with the shape that was drawn."""
        from tvapp.fences.geojson import feature

        geometry_id = self._geometry_id()
        name = self.name_for(kind)
        try:
            made = feature.new_feature(
                geometry_id,
                name,
                kind.key,
                drawn.geometry,
                subtype=drawn.subtype,
                radius_m=drawn.radius_m,
                validity=validity,
            )
        except DataError as error:
            self._say_impossible(error)
            return
        self._make(geometry_id, made, "add", name)

    def redraw(self, fence: Geofence, drawn: Drawn, edit: Edit) -> None:
        """Give a geofence another shape, size or place."""
        from tvapp.fences.geojson import feature

        properties: dict[str, object] = {} if drawn.radius_m is None else {"radius": drawn.radius_m}
        if fence.is_rectangle and not drawn.subtype:
            properties["subType"] = feature.REMOVE
        self._alter(fence, edit, geometry=drawn.geometry, properties=properties)

    def move_by(self, fence: Geofence, dlon: float, dlat: float) -> None:
        """Move a geofence that has shapes of several kinds, in degrees."""
        from tvapp.fences.geojson import feature

        try:
            after = feature.moved(fence.raw, dlon, dlat)
        except DataError as error:
            self._say_impossible(error)
            return
        self._change(fence, after, "move", fence.name)

    def rename(self, fence: Geofence, kind: Kind) -> None:
        """Give a geofence the next free name of a kind."""
        from tvapp.fences.geojson.conventions import key_of

        there = fence.properties
        name_key, kind_key = key_of(there, fence.name, "name"), key_of(there, fence.kind, "kind")
        kind_key = kind_key if kind_key != name_key else "kind"
        self._alter(fence, "rename", properties={name_key: self.name_for(kind, fence), kind_key: kind.key})

    def set_times(self, fence: Geofence, validity: Mapping[str, object] | None) -> None:
        """Set the validity of a geofence; None means always."""
        from tvapp.fences.geojson import feature

        value: object = feature.REMOVE if validity is None else validity
        self._alter(fence, "times", properties={"validityTime": value})

    def duplicate(self, fence: Geofence) -> None:
        """Add a copy of a geofence, a little beside it."""
        from tvapp.fences.editing.move_sketch import copy_offset_deg, duplicated
        from tvapp.fences.geojson import feature
        from tvapp.fences.service.overlay import geometry_of

        geometry_id = self._geometry_id()
        stem = fence.name.rstrip("0123456789").rstrip() or fence.name
        name = self.name_for(Kind(fence.kind, stem))
        geometry = geometry_of(fence)
        try:
            copy = feature.with_new_id(fence.raw, geometry_id, name)
            if geometry.get("type") == COLLECTION:
                copy = feature.moved(copy, copy_offset_deg(fence), 0.0)
            else:
                copy = feature.altered(copy, geometry=duplicated(fence, geometry).geometry)
        except DataError as error:
            self._say_impossible(error)
            return
        self._make(geometry_id, copy, "duplicate", name)

    def delete(self, fence: Geofence) -> None:
        """Delete a geofence."""
        self._change(fence, b"", "delete", fence.name)

    def next_undo(self) -> Offer | None:
        return self.history.next_undo(self.feature_of)

    def next_redo(self) -> Offer | None:
        return self.history.next_redo(self.feature_of)

    def undo(self) -> None:
        """Undo the last change."""
        offer = self.next_undo()
        change = self.history.undo(self._new_id(), self._map.wall(), self.feature_of)
        self._apply(change, offer, "toast.undone")

    def redo(self) -> None:
        """Redo the change that was undone last."""
        offer = self.next_redo()
        change = self.history.redo(self._new_id(), self._map.wall(), self.feature_of)
        self._apply(change, offer, "toast.redone")

    def resolve(self, entry: Entry, how: Resolution) -> None:
        """Resolve a conflict in favour of one version."""
        if (outbox := self._map.actions.outbox) is not None:
            change = entry.change
            stored = entry.theirs or b"" if how == "theirs" else change.after
            for before, after in ((change.before, change.after), (change.after, stored)):
                self._versions.add(change.source, change.geometry_id, before, after)
            outbox.resolve(entry.number, how)

    def discard(self, entry: Entry) -> None:
        """Drop a change that the store refused."""
        if (outbox := self._map.actions.outbox) is not None:
            self._versions.drop(entry.change.source, entry.change.geometry_id)
            outbox.discard(entry.number)

    def keep_both(self, entry: Entry) -> None:
        """Resolve a conflict by storing our version as another geofence."""
        from tvapp.fences.geojson import feature
        from tvapp.fences.service.overlay import name_of

        if (outbox := self._map.actions.outbox) is None:
            return
        geometry_id = self._geometry_id()
        name = self._map.settings.words("conflict.copy", name=name_of(entry.change.after))
        copy = feature.with_new_id(entry.change.after, geometry_id, name)
        self._versions.drop(entry.change.source, entry.change.geometry_id)
        self._versions.add("", geometry_id, b"", copy)
        outbox.keep_both(entry.number, geometry_id, copy)

    # -- parts ------------------------------------------------------------------------------------------------------

    def _geometry_id(self) -> str:
        return f"tv-{self._new_id()[:12]}"

    def _alter(
        self,
        fence: Geofence,
        edit: Edit,
        *,
        geometry: Mapping[str, object] | None = None,
        properties: Mapping[str, object],
    ) -> None:
        from tvapp.fences.geojson import feature

        try:
            after = feature.altered(fence.raw, geometry=geometry, properties=properties)
        except DataError as error:
            self._say_impossible(error)
            return
        self._change(fence, after, edit, str(properties.get("name", fence.name)))

    def _make(self, geometry_id: str, feature: bytes, edit: Edit, name: str) -> None:
        from tvapp.fences.model.change import Change

        self._submit(Change(self._new_id(), "", geometry_id, b"", feature, at=self._map.wall()), edit, name)

    def _change(self, fence: Geofence, after: bytes, edit: Edit, name: str) -> None:
        if after == fence.raw:
            return
        from tvapp.fences.model.change import Change

        now = self._map.wall()
        change = Change(self._new_id(), fence.source, fence.geometry_id, fence.raw, after, fence.number, now)
        self._submit(change, edit, name)

    def _apply(self, change: Change | None, offer: Offer | None, toast: str) -> None:
        if change is None or offer is None or not self._send(change):
            return
        settings = self._map.settings
        self._map.say(toast, "undo-2", what=settings.words(offer.label_key, name=offer.name))

    def _submit(self, change: Change, edit: Edit, name: str) -> None:
        if not self._send(change):
            return
        self.history.record(change, f"step.{edit}", name)
        self._map.say("toast.offline" if self._map.is_offline else "toast.kept", "cloud-upload", name=name)

    def _send(self, change: Change) -> bool:
        from tvapp.fences.service.overlay import fence_of

        outbox = self._map.actions.outbox
        if outbox is None:
            self._map.say("toast.not-ready", "circle-alert")
            return False
        if outbox.is_full:
            self._map.say("toast.full", "circle-alert")
            return False
        self._versions.add(change.source, change.geometry_id, change.before, change.after)
        outbox.submit(change)
        fence = fence_of(change.after, change.source) if change.after else None
        # Its outline shows at once, before the map is drawn again.
        self._map.select(fence)
        return True

    def _say_stored(self, change: Change) -> None:
        self._map.say("toast.stored" if change.after else "toast.deleted", "circle-check", name=self._name(change))

    def _name(self, change: Change) -> str:
        from tvapp.ui.words.change_status import name_of

        return name_of(change, self._map.settings)

    def _say_impossible(self, error: DataError) -> None:
        self._map.say("toast.cannot", "circle-alert", reason=error.reason)
