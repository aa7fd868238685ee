"""Watches a folder through inotify(7), called through ctypes because Python's standard library has no inotify."""

from __future__ import annotations

import os
from pathlib import Path

_CREATE, _ATTRIB = 0x100, 0x4


def watch_folder(folder: Path) -> int | None:
    """Return a descriptor that becomes readable when a file appears in `folder` or gets other permissions.

    Return None where the folder cannot be watched.
    """
    import ctypes

    try:
        libc = ctypes.CDLL(None)
        fd = int(libc.inotify_init1(os.O_CLOEXEC | os.O_NONBLOCK))
        if libc.inotify_add_watch(fd, os.fsencode(folder), _CREATE | _ATTRIB) == -1:
            os.close(fd)  # an OSError where there is no descriptor
            return None
    except (OSError, AttributeError):
        return None
    return fd
