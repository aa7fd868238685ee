"""Reads secrets that the configuration only refers to: `{ credential = NAME }` or `{ file = PATH }`.

A credential is what systemd hands to the service in $CREDENTIALS_DIRECTORY (systemd.exec(5), LoadCredential=).
"""

from __future__ import annotations

import os
import re
import shlex
import stat
from collections.abc import Mapping
from pathlib import Path

from tvapp.config.files import NotText, decode
from tvapp.core.errors import ConfigError

LIMIT_BYTES = 64 << 10
CREDENTIAL = re.compile(r"(?!\.)[A-Za-z0-9._@:-]{1,255}")
FOLDER = "CREDENTIALS_DIRECTORY"
ALLOWED = "{ credential = NAME } or { file = PATH }"


class UnusableSecret(Exception):
    """A secret that cannot be read: what was found, without its content, and what is allowed."""

    def __init__(self, found: str, allowed: str) -> None:
        super().__init__(found)
        self.found = found
        self.allowed = allowed


class NoCredentials(UnusableSecret):
    """A credential cannot be read because systemd hands none to this process: it may well be there for the service."""


class CredentialElsewhere(ConfigError):
    """The error for `NoCredentials`."""


def refers(value: object) -> bool:
    """Tell whether a value, or an item of a list, is a table: a reference, or meant to be one."""
    return isinstance(value, dict) or (isinstance(value, list) and any(isinstance(item, dict) for item in value))


def holds_secret(value: object) -> bool:
    """Tell whether a value itself is a secret, or has one in it: not if it only refers to some."""
    if isinstance(value, dict):
        return not value.keys() <= {"credential", "file"}
    return any(holds_secret(item) for item in value) if isinstance(value, list) else True


def resolve(value: object, base: Path, environ: Mapping[str, str]) -> object:
    """Return the value with every reference replaced by the secret; a list by the lines of one that stands for it.

    Raises:
        UnusableSecret: a secret cannot be read.
    """
    if isinstance(value, list):
        return [resolve(item, base, environ) for item in value]
    return read(value, base, environ) if isinstance(value, dict) else value


def read(reference: Mapping[str, object], base: Path, environ: Mapping[str, str]) -> str:
    """Return the secret that a table refers to, without the line end; relative paths are relative to `base`.

    Raises:
        UnusableSecret: the table is no reference, or the secret cannot be read.
    """
    match dict(reference):
        case {"credential": str(name), **others} if not others:
            return _read(_credential(name, environ), f'credential "{name}"', is_checked=False)
        case {"file": str(path), **others} if not others and path and "\0" not in path:
            try:
                chosen = base / Path(path).expanduser()
            except RuntimeError:
                raise UnusableSecret(f"{path}: there is no such home folder here", "a path without ~") from None
            return _read(chosen, str(chosen), is_checked=True)
    raise UnusableSecret("a table that is no reference to a secret", ALLOWED)


def credentials_in(environ: Mapping[str, str]) -> Mapping[str, str]:
    """Return the part of the environment that says where credentials are."""
    return {name: value for name, value in environ.items() if name == FOLDER}


def _credential(name: str, environ: Mapping[str, str]) -> Path:
    if not CREDENTIAL.fullmatch(name):
        raise UnusableSecret("a name that no credential can have", "the name of a credential, as in LoadCredential=")
    folder = environ.get(FOLDER, "")
    if not folder:
        raise NoCredentials(
            f'credential "{name}", but systemd hands none to this process',
            f"LoadCredential={name}:PATH in the unit, or {{ file = PATH }}",
        )
    path = Path(folder) / name
    if not path.exists():
        raise UnusableSecret(f'credential "{name}", which is not there', f"LoadCredential={name}:PATH in the unit")
    return path


def _read(path: Path, name: str, *, is_checked: bool) -> str:
    try:
        # A named pipe must not keep the start waiting.
        number = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(number, "rb") as file:
            mode = os.fstat(number).st_mode
            if not stat.S_ISREG(mode):
                raise UnusableSecret(f"{name}, which is not a file", "a file")
            data = file.read(LIMIT_BYTES + 1)
    except OSError as error:
        raise UnusableSecret(f"{name}: {error.strerror or error}", "a file that can be read") from None
    if is_checked and mode & (stat.S_IROTH | stat.S_IWOTH):
        may = "read" if mode & stat.S_IROTH else "change"
        found = f"{name}, which everybody on this machine can {may} (mode {stat.S_IMODE(mode):04o})"
        raise UnusableSecret(found, f"a private file: chmod o-rwx {shlex.quote(str(path))}")
    if len(data) > LIMIT_BYTES:
        raise UnusableSecret(f"{name}: more than {LIMIT_BYTES} bytes", "a secret")
    try:
        text = decode(data).strip()
    except NotText:
        raise UnusableSecret(f"{name}: bytes that are not text", "a secret in UTF-8") from None
    if not text:
        raise UnusableSecret(f"{name}, which is empty", "a secret")
    return text
