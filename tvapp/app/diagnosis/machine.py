"""Checks of this machine: the settings, the user, other instances, the data folder, the display and the remote."""

from __future__ import annotations

import codecs
import errno
import os
import shlex
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path

from tvapp.app.diagnosis.subject import Subject
from tvapp.app.diagnosis.verdicts import Check
from tvapp.app.lock_service import FORMAT as LOCK_TRIES
from tvapp.auth.token_store import FORMAT as TOKENS
from tvapp.config.files import LIMIT_BYTES
from tvapp.config.secret_references import CredentialElsewhere
from tvapp.core.diagnosis import Finding
from tvapp.core.errors import StorageError
from tvapp.core.files import read_bounded, try_room
from tvapp.core.record import MAX_HEADER_BYTES, header_of
from tvapp.core.version import full_version
from tvapp.display.driver import HEADLESS_DRIVERS, expected_driver
from tvapp.display.hardware import INPUTS, input_group, unreadable_inputs
from tvapp.fences.outbox.folder import FORMAT as OUTBOX
from tvapp.fences.service.snapshot import FORMAT as GEOFENCES
from tvapp.host import account, instance
from tvapp.host.disk_watch import PROBE_BYTES
from tvapp.mapview.last_view import FORMAT as LAST_VIEW

FORMATS: Mapping[str, int] = {each.kind: each.version for each in (TOKENS, LOCK_TRIES, OUTBOX, GEOFENCES, LAST_VIEW)}
"""The version of each kind of file that this program writes. It reads no later one."""

LOW_BYTES = 64 << 20
"""With less room the tile cache and the log soon fill the disk."""
MOST_FILES = 20_000
"""Files of the data folder that are looked at."""

_MARKS = (codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)


def settings(subject: Subject) -> list[Finding]:
    """Look at every file of the configuration, and at what is in them."""
    loaded, me = subject.loaded, account.current()
    found: list[Finding] = []
    for error in loaded.errors:
        if isinstance(error, CredentialElsewhere):
            continue
        check = subject.check("config", error.source, error.key)
        if error.key == "file" and "ermission" in error.found:
            found.append(check.failed("config-unreadable", file=error.source, user=me.name))
        else:
            title, remedy = f"{error.source}: {error.key} is {error.found}", f"allowed: {error.allowed}"
            found.append(check.said("fail", "config-wrong", title, remedy))
    for file in loaded.files:
        check = subject.check("config", str(file), file.name)
        if not os.access(file, os.R_OK):
            found.append(check.failed("config-unreadable", file=shlex.quote(str(file)), user=me.name))
        elif _has_mark(file):
            found.append(check.warned("config-bom", file=shlex.quote(str(file))))
    elsewhere = [error for error in loaded.errors if isinstance(error, CredentialElsewhere)]
    found += [
        subject.check("config", error.source, error.key).warned("credential-elsewhere", key=error.key)
        for error in elsewhere
    ]
    if not found:
        source = ", ".join(map(str, loaded.files)) or "environment variables"
        found.append(subject.check("config", source).passed("config", source=source))
    return found


def _has_mark(file: Path) -> bool:
    try:
        data = read_bounded(file, LIMIT_BYTES) or b""
    except StorageError:
        return False
    return data.startswith(_MARKS)


def user(subject: Subject) -> list[Finding]:
    """Compare the user of this process with the owners of the data folder and of what is in it."""
    root, me = subject.surroundings.data.root, account.current()
    check = subject.check("user", str(root))
    folder = shlex.quote(str(root))
    if _is_closed(root):
        return [check.failed("folder-closed", folder=folder, user=me.name)]
    owner = account.owner_of(root)
    wanted = subject.service_user
    if owner is None:
        return [check.passed("user.new", user=me.name)]
    if wanted and owner.name != wanted:
        return [check.failed("folder-of-another", folder=folder, owner=owner.name, user=wanted)]
    if owner.uid != me.uid:
        return [check.failed("wrong-user", folder=folder, owner=owner.name, user=me.name)]
    strangers = [path for path in _files(root) if _uid(path) not in (owner.uid, None)]
    if strangers:
        other = account.name_of(_uid(strangers[0]) or 0)
        first = strangers[0].relative_to(root)
        return [
            check.failed("files-of-another", folder=folder, owner=owner.name, other=other, file=first, n=len(strangers))
        ]
    return [check.passed("user", user=me.name)]


def _is_closed(root: Path) -> bool:
    """Tell whether a folder above this one may not be entered."""
    try:
        root.lstat()
    except PermissionError:
        return True
    except OSError:
        return False
    return False


def _files(root: Path) -> Iterator[Path]:
    """Yield the files and folders below a folder, at most `MOST_FILES`; what cannot be listed is left out."""
    left = MOST_FILES
    for folder, folders, names in os.walk(root):
        for name in sorted((*folders, *names)):
            if left <= 0:
                return
            left -= 1
            yield Path(folder, name)


def _uid(path: Path) -> int | None:
    try:
        return path.lstat().st_uid
    except OSError:
        return None


def another_instance(subject: Subject) -> list[Finding]:
    """Look for a running app that holds the data folder."""
    root = subject.surroundings.data.root
    check = subject.check("instance", str(root))
    pid = instance.holder(root)
    if pid is None:
        return [check.passed("instance.none")]
    if pid == os.getpid():
        return [check.passed("instance.this", pid=pid)]
    command, unit = _command(pid), _unit(pid)
    if unit.startswith("tvapp"):
        return [check.passed("instance.service", pid=pid, unit=unit)]
    who = account.name_of(_uid(Path(f"/proc/{pid}")) or 0) if pid else "?"
    return [check.warned("another-instance", pid=pid or "?", user=who, command=command or "tvapp")]


def _command(pid: int) -> str:
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return ""
    return " ".join(word.decode("utf-8", "replace") for word in words if word)[:120]


def _unit(pid: int) -> str:
    """Return the unit of systemd that a process belongs to, by its control group; "" for none."""
    try:
        groups = Path(f"/proc/{pid}/cgroup").read_text("utf-8", "replace")
    except OSError:
        return ""
    parts = [part for part in groups.strip().split("/") if part.strip().endswith(".service")]
    return parts[-1].strip() if parts else ""


def version(subject: Subject) -> list[Finding]:
    """Look for files that a later version has written, which this one cannot read."""
    root = subject.surroundings.data.root
    check = subject.check("version", str(root))
    for path in _files(root):
        kind, written = _header(path)
        known = FORMATS.get(kind, written)
        if written > known:
            name = path.relative_to(root)
            return [check.failed("version-old", version=full_version(), file=name, written=written, known=known)]
    return [check.passed("version", version=full_version())]


def _header(path: Path) -> tuple[str, int]:
    """Return kind and version of a file in the program's own format; of any other file "" and 0."""
    try:
        if not stat.S_ISREG(path.lstat().st_mode):
            return "", 0
        with path.open("rb") as file:
            return header_of(file.read(MAX_HEADER_BYTES)) or ("", 0)
    except OSError:
        return "", 0


def data_dir(subject: Subject) -> list[Finding]:
    """Try whether the data folder takes files, without leaving a trace; look at the room that is left."""
    root = subject.surroundings.data.root
    check = subject.check("data-dir", str(root))
    if _is_closed(root):
        return [check.skipped("user")]
    folder = root
    while not folder.exists() and not folder.is_symlink() and folder != folder.parent:
        folder = folder.parent
    try:
        if not folder.is_dir():
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))
        tried = try_room(folder, PROBE_BYTES)
        room = os.statvfs(folder)
        if not tried and not os.access(folder, os.W_OK | os.X_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    except StorageError as error:
        return [_disk_trouble(check, root, error)]
    except OSError as error:
        return [_disk_trouble(check, root, StorageError.of(folder, error))]
    free = room.f_bavail * room.f_frsize
    megabytes = free >> 20
    if not tried and free < PROBE_BYTES:
        return [check.failed("disk-full", folder=shlex.quote(str(root)), reason="no room is left")]
    if free < LOW_BYTES:
        return [check.warned("disk-low", folder=shlex.quote(str(root)), free=megabytes)]
    return [check.passed("data-dir" if root.exists() else "data-dir.new", folder=root, free=megabytes)]


def _disk_trouble(check: Check, root: Path, error: StorageError) -> Finding:
    me = account.current().name
    folder = shlex.quote(str(root))
    return check.failed(f"disk-{error.kind}", folder=folder, reason=error.reason, user=me)


def remote(subject: Subject) -> list[Finding]:
    """Look whether the keys of a remote can arrive."""
    check = subject.check("remote", str(INPUTS))
    if expected_driver(subject.environ) in HEADLESS_DRIVERS:
        return [check.passed("remote.headless")]
    devices = subject.loaded.config.remote.devices
    closed = unreadable_inputs(devices)
    if not closed:
        return [check.passed("remote")]
    if expected_driver(subject.environ) != "kmsdrm":
        # A desktop passes the keys on; those that SDL drops come from the devices alone.
        return [check.warned("input-rights", reason=closed.rpartition(": ")[0], group=input_group(), user=_me())]
    return [check.failed("input-rights", reason=closed.rpartition(": ")[0], group=input_group(), user=_me())]


def _me() -> str:
    return account.current().name
