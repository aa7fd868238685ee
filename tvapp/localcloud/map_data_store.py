"""Uploaded files and the operations that are still at work on them; in memory, pure."""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from tvapp.localcloud.geojson_check import NotGeoJson, check_geojson

Status = Literal["Running", "Succeeded", "Failed"]


@dataclass(slots=True)
class StoredFile:
    """One file of the account. `content` is None until its first upload has ended well."""

    udid: str
    data_format: str
    description: str
    content: bytes | None = None
    upload_status: Literal["Pending", "Completed", "Failed"] = "Pending"


@dataclass(slots=True)
class Operation:
    """One upload at work. It ends after it was asked about `polls_left` times."""

    operation_id: str
    udid: str
    content: bytes
    description: str | None
    created: str
    polls_left: int
    status: Status = "Running"
    error: str = ""


@dataclass(slots=True)
class MapDataStore:
    """The files of one Azure Maps account."""

    files: dict[str, StoredFile] = field(default_factory=dict)
    operations: dict[str, Operation] = field(default_factory=dict)

    def used_bytes(self) -> int:
        """What files and running operations take."""
        running = (op for op in self.operations.values() if op.status == "Running")
        return sum(len(file.content or b"") for file in self.files.values()) + sum(len(op.content) for op in running)

    def listing(self) -> Iterator[StoredFile]:
        """Yield the files, oldest first."""
        return iter(self.files.values())

    def add(self, content: bytes, description: str, data_format: str = "geojson") -> StoredFile:
        """Store a file at once and unchecked, as seeds and tests do."""
        file = StoredFile(str(uuid.uuid4()), data_format, description, content, "Completed")
        self.files[file.udid] = file
        return file

    def start(
        self, content: bytes, data_format: str, description: str | None, wall: float, polls: int, udid: str = ""
    ) -> Operation:
        """Begin an upload: of a new file, or replacing `udid`."""
        if not udid:
            file = StoredFile(str(uuid.uuid4()), data_format, description or "")
            self.files[file.udid] = file
            udid = file.udid
        created = datetime.datetime.fromtimestamp(wall, datetime.UTC).isoformat()
        operation = Operation(str(uuid.uuid4()), udid, content, description, created, polls)
        self.operations[operation.operation_id] = operation
        return operation

    def ask(self, operation_id: str) -> Operation | None:
        """Return an operation, letting it come to its end when it was asked about often enough."""
        operation = self.operations.get(operation_id)
        if operation is not None and operation.status == "Running":
            if operation.polls_left > 0:
                operation.polls_left -= 1
            else:
                self._finish(operation)
        return operation

    def delete(self, udid: str) -> bool:
        """Remove a file; False if there is none."""
        return self.files.pop(udid, None) is not None

    def _finish(self, operation: Operation) -> None:
        file = self.files.get(operation.udid)
        content, operation.content = operation.content, b""
        if file is None:
            operation.status, operation.error = "Failed", "The data was deleted meanwhile."
            return
        try:
            if file.data_format == "geojson":
                check_geojson(content)
        except NotGeoJson as error:
            operation.status, operation.error = "Failed", str(error)
            if file.content is None:
                file.upload_status = "Failed"
            return
        operation.status = "Succeeded"
        file.content, file.upload_status = content, "Completed"
        if operation.description is not None:
            file.description = operation.description
