"""Uploaded files, running operations, and a record of accepted changes; in memory, pure."""

from __future__ import annotations

import datetime
import hashlib
import uuid
from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from tvapp.localcloud.geofence_check import check_geofences
from tvapp.localcloud.geojson_check import NotGeoJson
from tvapp.localcloud.settings import Settings

Status = Literal["NotStarted", "Running", "Succeeded", "Failed"]
Method = Literal["POST", "PUT", "DELETE"]
METHODS: tuple[Method, ...] = ("POST", "PUT", "DELETE")
KEPT_CHANGES = 10_000


@dataclass(slots=True)
class StoredFile:
    """One file of the account. `content` is None until its first upload has succeeded."""

    udid: str
    data_format: str
    description: str
    content: bytes | None = None
    upload_status: Literal["Pending", "Completed", "Failed"] = "Pending"


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why an operation failed; `details` are more reasons, each with its own code."""

    code: str
    message: str
    details: tuple[tuple[str, str], ...] = ()


@dataclass(slots=True)
class Operation:
    """One running upload. It ends after it has `moved` more than `polls` times."""

    operation_id: str
    udid: str
    content: bytes
    description: str | None
    created: str
    polls: int
    moved: int = 0
    status: Status = "NotStarted"
    trouble: Trouble | None = None

    @property
    def is_at_work(self) -> bool:
        return self.status in ("NotStarted", "Running")


@dataclass(frozen=True, slots=True)
class Taken:
    """A change that the service accepted, whatever its operation came to."""

    method: Method
    udid: str
    description: str
    sha256: str


@dataclass(slots=True)
class MapDataStore:
    """The files of one Azure Maps account."""

    files: dict[str, StoredFile] = field(default_factory=dict)
    operations: dict[str, Operation] = field(default_factory=dict)
    accepted: Counter[Method] = field(default_factory=Counter)
    changes: deque[Taken] = field(default_factory=lambda: deque(maxlen=KEPT_CHANGES))

    def clear(self) -> None:
        """Forget everything."""
        self.files.clear()
        self.operations.clear()
        self.accepted.clear()
        self.changes.clear()

    def used_bytes(self) -> int:
        """The bytes of all files and running operations."""
        running = (op for op in self.operations.values() if op.is_at_work)
        return sum(len(file.content or b"") for file in self.files.values()) + sum(len(op.content) for op in running)

    def listing(self) -> Iterator[StoredFile]:
        """Yield the files, oldest first."""
        return iter(self.files.values())

    def add(self, content: bytes, description: str, data_format: str = "geojson") -> StoredFile:
        """Store a file at once, without checks, for seeds and tests."""
        file = StoredFile(str(uuid.uuid4()), data_format, description, content, "Completed")
        self.files[file.udid] = file
        return file

    def start(
        self, content: bytes, data_format: str, description: str | None, wall: float, polls: int, udid: str = ""
    ) -> Operation:
        """Begin an upload of a new file, or of new content for `udid`."""
        method: Method = "PUT" if udid else "POST"
        if not udid:
            file = StoredFile(str(uuid.uuid4()), data_format, description or "")
            self.files[file.udid] = file
            udid = file.udid
        self._record(method, udid, description or "", content)
        created = datetime.datetime.fromtimestamp(wall, datetime.UTC).isoformat()
        operation = Operation(str(uuid.uuid4()), udid, content, description, created, polls)
        self.operations[operation.operation_id] = operation
        return operation

    def ask(self, operation_id: str, settings: Settings) -> Operation | None:
        """Return an operation, which ends after enough polls."""
        operation = self.operations.get(operation_id)
        if operation is not None and operation.is_at_work:
            self._move(operation, settings)
        return operation

    def move_on(self, settings: Settings, udid: str = "") -> None:
        """Advance the operations on a file, or all of them, without a poll."""
        for operation in list(self.operations.values()):
            if operation.is_at_work and udid in ("", operation.udid):
                self._move(operation, settings)

    def delete(self, udid: str) -> bool:
        """Remove a file; False if there is none."""
        file = self.files.pop(udid, None)
        if file is not None:
            self._record("DELETE", udid, file.description, b"")
        return file is not None

    def _record(self, method: Method, udid: str, description: str, content: bytes) -> None:
        self.accepted[method] += 1
        self.changes.append(Taken(method, udid, description, hashlib.sha256(content).hexdigest()))

    def _move(self, operation: Operation, settings: Settings) -> None:
        operation.moved += 1
        if operation.moved <= operation.polls or not settings.operations_end:
            operation.status = "NotStarted" if operation.moved == 1 else "Running"
        else:
            self._finish(operation, settings.operation_failure)

    def _finish(self, operation: Operation, failure: str) -> None:
        file = self.files.get(operation.udid)
        content, operation.content = operation.content, b""
        trouble = None
        if file is None:
            trouble = Trouble("NotFound", "The data was deleted meanwhile.")
        elif failure:
            trouble = Trouble("ProcessingFailed", "The data could not be processed.", (("InvalidData", failure),))
        elif file.data_format == "geojson":
            try:
                check_geofences(content)
            except NotGeoJson as error:
                trouble = Trouble("InvalidData", str(error))
        if trouble is not None:
            operation.status, operation.trouble = "Failed", trouble
            if file is not None and file.content is None:
                file.upload_status = "Failed"
            return
        assert file is not None
        operation.status = "Succeeded"
        file.content, file.upload_status = content, "Completed"
        if operation.description is not None:
            file.description = operation.description
