"""Reads the configuration files: the main one, and those of `conf.d/` beside it, in the order of their names."""

from __future__ import annotations

import os
import select
import stat
from collections.abc import Mapping
from pathlib import Path

from tvapp.core.errors import ConfigError

LIMIT_BYTES = 1 << 20
FOLDER = "conf.d"
MOST_FILES = 100
PIPE_WITHIN_S = 5.0
TOML = "TOML, see https://toml.io"


class NotText(Exception):
    """Bytes that are no text: `where` is the first of them, `encoding` what they should be in."""

    def __init__(self, where: int, encoding: str) -> None:
        super().__init__(f"byte {where}: not {encoding}")
        self.where = where
        self.encoding = encoding


def decode(data: bytes) -> str:
    """Return the text of a file in UTF-8, or in UTF-16 or UTF-32 as its byte-order mark or its first letter tells.

    >>> decode("\\ufeff[maps]".encode("utf-16-le")), decode(b"\\xef\\xbb\\xbf[maps]"), decode(b"[maps]")
    ('[maps]', '[maps]', '[maps]')

    Raises:
        NotText: it is none of them.
    """
    encoding = _encoding(data)
    try:
        return data.decode(encoding).removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        raise NotText(error.start + 1, encoding.upper()) from None


def _encoding(data: bytes) -> str:
    if data.startswith((b"\xff\xfe\0\0", b"\0\0\xfe\xff")):
        return "utf-32"
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    # Without a mark: the files of a configuration begin with a character of ASCII.
    if len(data) >= 2 and data[0] and not data[1]:
        return "utf-16-le"
    if len(data) >= 2 and not data[0] and data[1]:
        return "utf-16-be"
    return "utf-8"


def more_files(main: Path, errors: list[ConfigError]) -> list[Path]:
    """Return the files of `conf.d/` beside the main file, which are merged over it in this order.

    Only `*.toml` counts, and no hidden file: editors and packages leave other names behind.
    """
    folder = main.parent / FOLDER
    try:
        with os.scandir(folder) as found:
            names = [entry.name for entry in found if entry.name.endswith(".toml") and not entry.name.startswith(".")]
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        errors.append(ConfigError(str(folder), "folder", error.strerror or str(error), "a folder that can be read"))
        return []
    if len(names) > MOST_FILES:
        errors.append(ConfigError(str(folder), "folder", f"{len(names)} files", f"at most {MOST_FILES} files"))
        return []
    return [folder / name for name in sorted(names)]


def _content(path: Path, *, may_be_pipe: bool) -> bytes:
    """Return at most LIMIT_BYTES + 1 bytes of a file; a pipe, as of a shell's `<(...)`, is waited for PIPE_WITHIN_S.

    /dev/null is an empty file: the usual name for none.
    """
    number = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    try:
        mode = os.fstat(number).st_mode
        if may_be_pipe and stat.S_ISCHR(mode) and str(path) == os.devnull:
            return b""
        if not stat.S_ISREG(mode) and not (may_be_pipe and stat.S_ISFIFO(mode)):
            raise OSError(None, "Is a directory" if may_be_pipe and stat.S_ISDIR(mode) else "Is not a file")
        data = b""
        while len(data) <= LIMIT_BYTES:
            if not select.select([number], [], [], PIPE_WITHIN_S)[0]:
                raise OSError(None, "a pipe into which nobody writes")
            piece = os.read(number, LIMIT_BYTES + 1 - len(data))
            if not piece:
                break
            data += piece
        return data
    finally:
        os.close(number)


def read_document(path: Path, errors: list[ConfigError], *, is_main: bool = True) -> Mapping[str, object] | None:
    """Return the content of a file; with None there is one more error. Files beside the main one must be regular."""
    import tomllib

    name = str(path)
    try:
        data = _content(path, may_be_pipe=is_main)
        if len(data) > LIMIT_BYTES:
            raise OSError(None, f"more than {LIMIT_BYTES} bytes")
        return tomllib.loads(decode(data))
    except tomllib.TOMLDecodeError as error:
        what, _, place = str(error).partition(" (at ")
        errors.append(ConfigError(name, place.rstrip(")") or "the text", what, TOML))
    except RecursionError:
        errors.append(ConfigError(name, "the text", "values nested too deep", TOML))
    except NotText as error:
        found = f"bytes that are not {error.encoding}"
        errors.append(ConfigError(name, f"byte {error.where}", found, "TOML in UTF-8"))
    except OSError as error:
        errors.append(ConfigError(name, "file", error.strerror or str(error), "a file that can be read"))
    return None
