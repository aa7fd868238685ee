"""Waits until a folder changes (inotify and its like), also while it does not exist and when it comes back."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from pathlib import Path

from tvapp.core.log import Log

ABSENT_S = 2.0
"""Pause between two looks for a folder that does not exist."""

_STEP_MS = 500
"""A change is reported once nothing more has happened for this long. A shorter step costs an idle screen CPU time."""
_AT_LATEST_MS = 800
_IDLE_MS = 3_600_000


async def until_changed(
    folder: Path, suffixes: tuple[str, ...], is_changed: Callable[[], Awaitable[bool]], log: Log
) -> None:
    """Return once `is_changed` returns True. It is called when the watch has begun and after each event.

    Events are those of the folder itself (an absolute path) and of files in it that end in one of `suffixes`. Never
    returns where the system cannot watch; a network drive reports no changes of other machines.
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
            # No inotify watches left, a file system without them, or an error of the library.
            log.event("folder.not_watched", level="warning", reason=str(error)[:300])
            if await is_changed():
                return
            await asyncio.Event().wait()


async def _watch(folder: Path, suffixes: tuple[str, ...], is_changed: Callable[[], Awaitable[bool]]) -> bool:
    """Return True once it is changed, False when the folder was replaced and has to be watched again."""
    # Deferred: only screens with this store need it.
    from watchfiles import Change, awatch

    is_gone = False

    def concerns(change: Change, path: str) -> bool:
        nonlocal is_gone
        if path == str(folder):
            is_gone = is_gone or change is Change.deleted
            return True
        name = path.rpartition("/")[2].lower()
        # Kubernetes swaps the target of a link named ..data in a mounted ConfigMap.
        return name.startswith("..") or (name.endswith(suffixes) and not name.startswith("."))

    changes = awatch(
        folder, watch_filter=concerns, recursive=False, step=_STEP_MS, debounce=_AT_LATEST_MS, rust_timeout=_IDLE_MS
    )
    async with aclosing(changes):
        while not is_gone:
            happened = asyncio.ensure_future(anext(changes))
            try:
                await asyncio.sleep(0)  # by now the watch has begun, so later changes are not missed
                if happened.done():
                    happened.result()
                if await is_changed():
                    return True
                await happened
            finally:
                happened.cancel()
                await asyncio.wait([happened])
    return await is_changed()
