"""The token cache on disk: private, replaced as a whole, and never a reason not to start.

The payload is MSAL's own serialised cache inside a small envelope that names the authority and the app it belongs to,
so that tokens of one registration are never tried on another. Version 1 was that envelope without a record around it;
it is still read, so that an update signs no screen out, and replaced by the next write. Headless Linux has no keyring:
the file is plain text, readable by its owner alone, unless the configuration names a key. With a key the envelope is
encrypted (`auth.token_cipher`); a plain file is still read, and encrypted by the next write.
"""

from __future__ import annotations

import contextlib
import json
from dataclasses import dataclass, field
from pathlib import Path

from tvapp.auth import msal_cache, provider
from tvapp.config.model import Identity
from tvapp.core.data_folder import DataFolder
from tvapp.core.disk import DiskHealth
from tvapp.core.errors import StorageError
from tvapp.core.files import make_private_dir, read_bounded, remove, write_atomic
from tvapp.core.log import Log
from tvapp.core.record import RecordError, RecordFormat

USER = "tokens"
LIMIT_BYTES = 4 * 1024 * 1024
FORMAT = RecordFormat("token-cache", 2)
SEALED = RecordFormat("sealed-token-cache", 1)
SEALED_START = b"tvapp-record sealed-token-cache "
ASIDE = ("corrupt", "locked")
"""Endings of files that were set aside: damaged, and encrypted with a key that this app does not have."""


class Locked(Exception):
    """A sound file that cannot be decrypted; the message says why."""


def token_file(data_dir: Path) -> Path:
    """Return where the tokens of this data directory lie."""
    return DataFolder(data_dir).tokens


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose tokens a file keeps: those of one app at one authority, encrypted with the first of `keys`, if any."""

    authority: str
    client_id: str
    keys: tuple[str, ...] = field(default=(), repr=False)

    @classmethod
    def of(cls, identity: Identity) -> Owner:
        """Return the owner that a configuration names."""
        return cls(provider.authority(identity), identity.client_id, identity.token_key)


class TokenStore:
    """Loads and saves the serialised cache of one app registration; called from one worker at a time."""

    def __init__(self, path: Path, log: Log, owner: Owner, *, disk: DiskHealth | None = None) -> None:
        self.path = path
        self._log = log
        self._disk = disk or DiskHealth(log)
        self._owner = {"authority": owner.authority, "client_id": owner.client_id}
        self._keys = owner.keys

    def load(self) -> str:
        """Return the serialised cache, or "" where there is none that can be used.

        A file that makes no sense is moved aside and reported as `token_cache.corrupt`, one that is encrypted with
        another key as `token_cache.locked`.
        """
        try:
            data = read_bounded(self.path, LIMIT_BYTES)
        except StorageError as error:
            if error.kind == "denied":
                # Whoever may read it may want it yet.
                self._disk.failed(USER, error)
            else:
                self._set_aside(error.reason)
            return ""
        if data is None:
            return ""
        try:
            envelope = json.loads(self._content(data))
        except Locked as error:
            self._set_aside(str(error), "locked")
            return ""
        except RecordError as error:
            self._set_aside(error.reason)
            return ""
        except (ValueError, RecursionError):
            self._set_aside("not JSON")
            return ""
        if not isinstance(envelope, dict):
            self._set_aside("not a JSON object")
            return ""
        if {key: envelope.get(key) for key in self._owner} != self._owner:
            self._log.event("token_cache.ignored", reason="it belongs to another authority or app")
            return ""
        text = json.dumps(envelope.get("cache"))
        if msal_cache.parse(text) is None:
            self._set_aside("not a token cache")
            return ""
        self._make_private()
        return text

    def save(self, text: str) -> bool:
        """Replace the file; returns whether it worked. A full or read-only disk is reported; memory has it all."""
        envelope = {**self._owner, "cache": json.loads(text)}
        try:
            make_private_dir(self.path.parent)
            write_atomic(self.path, self._packed(json.dumps(envelope).encode()))
        except StorageError as error:
            self._disk.failed(USER, error)
            return False
        self._disk.worked(USER)
        return True

    def erase(self) -> bool:
        """Remove the file and what was moved aside; returns whether there was anything.

        Raises:
            StorageError: it is still there.
        """
        return erase(self.path)

    def _content(self, data: bytes) -> bytes:
        """Return the envelope in a file.

        Raises:
            Locked: it is encrypted, and none of the keys fits.
            RecordError: it is damaged, or no token cache.
        """
        if data.startswith(b"{"):
            return data
        if not data.startswith(SEALED_START):
            return bytes(FORMAT.unpack(data))
        sealed = bytes(SEALED.unpack(data))
        if not self._keys:
            raise Locked("it is encrypted, and identity.token_key is not set")
        from tvapp.auth.token_cipher import decrypted

        content = decrypted(sealed, self._keys)
        if content is None:
            raise Locked("it is encrypted with a key that is not in identity.token_key")
        return content

    def _packed(self, content: bytes) -> bytes:
        if not self._keys:
            return FORMAT.pack(content)
        from tvapp.auth.token_cipher import encrypted

        return SEALED.pack(encrypted(content, self._keys))

    def _make_private(self) -> None:
        with contextlib.suppress(OSError):
            if self.path.stat().st_mode & 0o077:
                self.path.chmod(0o600)

    def _set_aside(self, reason: str, ending: str = "corrupt") -> None:
        self._report(reason, ending, "sign in again")
        try:
            self.path.replace(_aside(self.path, ending))
        except OSError as error:
            self._log.event("token_cache.not_moved", level="warning", reason=error.strerror or str(error))

    def _report(self, reason: str, ending: str, then: str) -> None:
        if ending == "locked":
            self._log.event("token_cache.locked", level="warning", reason=reason, next=then)
        else:
            self._log.event("token_cache.corrupt", level="warning", reason=reason, next=then)


class QuietTokenStore(TokenStore):
    """A store that reads and changes nothing on the disk, for a diagnosis beside the app that owns the file."""

    def save(self, text: str) -> bool:
        return True

    def erase(self) -> bool:
        return False

    def _make_private(self) -> None:
        """Leave the permissions as they are."""

    def _set_aside(self, reason: str, ending: str = "corrupt") -> None:
        self._report(reason, ending, "left as it is")


def erase(path: Path) -> bool:
    """Remove a token file and everything beside it that may hold its tokens; returns whether there was anything.

    Raises:
        StorageError: something is still there.
    """
    found = False
    try:
        leftovers = [path, *(_aside(path, ending) for ending in ASIDE), *path.parent.glob(f".{path.name}.*.tmp")]
    except OSError as error:
        raise StorageError.of(path.parent, error) from error
    for file in leftovers:
        if file.is_symlink() or file.is_file():
            found = True
            remove(file)
    return found


def _aside(path: Path, ending: str) -> Path:
    return path.with_name(f"{path.name}.{ending}")
