"""Waits until somebody changes a folder (inotify and its like), also while it is not there and when it comes back."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from pathlib import Path

from tvapp.core.log import Log

ABSENT_S = 2.0
"""How often a folder that is not there is looked for."""

_STEP_MS = 500
"""Something is told once nothing more has happened for this long. Each step costs a still screen a little."""
_AT_LATEST_MS = 800
_IDLE_MS = 3_600_000


async def until_changed(
    folder: Path, suffixes: tuple[str, ...], is_changed: Callable[[], Awaitable[bool]], log: Log
) -> None:
    """Return once `is_changed`, which is asked when the watch has begun and whenever something happened.

    What counts is the folder itself (an absolute path) and the files in it that end in one of `suffixes`. Never returns
    where the system cannot watch; a network drive can be watched, but tells of nothing that others do.
    """
    while True:
        try:
            if await _watch(folder, suffixes, is_changed):
                return
        except FileNotFoundError:
            if await is_changed():
                return
            await asyncio.sleep(ABSENT_S)
        except (OSError, RuntimeError) as error:
            # No watches left, a file system that has none, or the library's own error.
            log.event("folder.not_watched", level="warning", reason=str(error)[:300])
            if await is_changed():
                return
            await asyncio.Event().wait()


async def _watch(folder: Path, suffixes: tuple[str, ...], is_changed: Callable[[], Awaitable[bool]]) -> bool:
    """Return True once it is changed, False when the folder is another one and has to be watched anew."""
    # Here for the sake of screens that watch no folder.
    from watchfiles import Change, awatch

    is_gone = False

    def concerns(change: Change, path: str) -> bool:
        nonlocal is_gone
        if path == str(folder):
            is_gone = is_gone or change is Change.deleted
            return True
        name = path.rpartition("/")[2].lower()
        # Mounted configuration maps exchange what a link named ..data leads to.
        return name.startswith("..") or (name.endswith(suffixes) and not name.startswith("."))

    changes = awatch(
        folder, watch_filter=concerns, recursive=False, step=_STEP_MS, debounce=_AT_LATEST_MS, rust_timeout=_IDLE_MS
    )
    async with aclosing(changes):
        while not is_gone:
            happened = asyncio.ensure_future(anext(changes))
            try:
                await asyncio.sleep(0)  # by now the watch has begun, so nothing that follows is missed
                if happened.done():
                    happened.result()
                if await is_changed():
                    return True
                await happened
            finally:
                happened.cancel()
                await asyncio.wait([happened])
    return await is_changed()
