"""One edit of one geofence as the viewer confirmed it, and the outcomes of sending it to a store. Immutable values."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

ChangeKind = Literal["add", "edit", "delete"]


@dataclass(frozen=True, slots=True)
class Change:
    """One confirmed edit of one geofence.

    `id` is unique and stays the same however often the change is sent: it makes sending idempotent. `before` and
    `after` are GeoJSON Features, byte for byte, as the viewer saw the fence and as it is to become. An empty `before`
    adds a fence, an empty `after` deletes it. `source` is the store's name of the file with the fence
    (`Geofence.source`); empty: the store chooses one. `number` is a hint: its place in that file. `at` is the time
    of the confirmation in seconds since 1970 UTC.
    """

    id: str
    source: str
    geometry_id: str
    before: bytes = field(repr=False)
    after: bytes = field(repr=False)
    number: int = 0
    at: float = 0.0

    def __post_init__(self) -> None:
        if not self.before and not self.after:
            raise ValueError("a change without a before and an after changes nothing")

    @property
    def kind(self) -> ChangeKind:
        """Whether the change adds, edits or deletes a geofence."""
        if not self.before:
            return "add"
        return "edit" if self.after else "delete"


@dataclass(frozen=True, slots=True)
class Stored:
    """The store holds the geofence as the change wants it, in the file `source`."""

    source: str


@dataclass(frozen=True, slots=True)
class Conflicting:
    """A conflict: the geofence was changed elsewhere too. Nothing was written.

    `theirs` is its Feature in the store, empty where it was deleted.
    """

    theirs: bytes = field(repr=False)
    source: str = ""


Outcome: TypeAlias = Stored | Conflicting
"""How the sending of a change ended."""


@dataclass(frozen=True, slots=True)
class Step:
    """How far a change has come on its way into the store.

    `resume` is the store's note of where to go on after a restart (the address of an operation); it is written to disk
    before the next request is sent. `status` is the progress that the viewer sees.
    """

    status: Literal["sending", "checking", "processing"]
    resume: str = ""
