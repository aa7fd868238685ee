"""Writes a report of a crash for the developers: one small private file, without any values of variables.

It has each exception's type, its places (module, line, function), and its message after the log's redaction and a
stricter one. The last lines of the log are in it as they were written, so redacted as well.
"""

from __future__ import annotations

import json
import os
import platform
import re
import resource
import secrets
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from tvapp.core.errors import StorageError
from tvapp.core.files import make_private_dir, remove, write_atomic
from tvapp.core.jobs import RunningJob
from tvapp.core.version import full_version
from tvapp.host.event_log import MASK, clean_text, timestamp

KEPT = 10
LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
"""For references that are read aloud over a telephone: no I, O, 0 or 1."""
MOST_ERRORS = 6
MAX_STACK_PLACES = 40
"""A longer traceback is cut in the middle: a recursion has a beginning and an end, and nothing new between."""
_LINES = re.compile(r"\s+")
_BARE_CODE = re.compile(r"\b(?!AADSTS)(?=[0-9-]*[A-Z])(?:[A-Z0-9]{4}-[A-Z0-9]{4}|[A-Z0-9]{7,12})\b")
"""The form of a user code (Entra: nine capitals and digits), for one that no word beside it gives away."""


@dataclass(frozen=True, slots=True)
class CrashContext:
    """The state of the program at a crash. `epoch_s` is wall time, `events` are lines of the log, oldest first."""

    epoch_s: float
    uptime_s: float
    in_a_row: int
    driver: str = ""
    renderer: str = ""
    size: str = ""
    events: Sequence[str] = ()
    running: Sequence[RunningJob] = ()
    monotonic_s: float = 0.0


def new_reference() -> str:
    """Return a short name for a crash that can be read out from a screen."""
    return "".join(secrets.choice(LETTERS) for _ in range(6))


def report(error: BaseException, reference: str, context: CrashContext) -> dict[str, object]:
    """Return the content of a report, as plain data."""
    return {
        "reference": reference,
        "time": timestamp(context.epoch_s),
        "version": full_version(),
        "python": platform.python_version(),
        "platform": f"{platform.system()} {platform.release()} {platform.machine()}",
        "driver": context.driver,
        "renderer": context.renderer,
        "size": context.size,
        "uptime_s": round(context.uptime_s, 1),
        "crashes_in_a_row": context.in_a_row,
        "memory_mib": _memory_mib(),
        "peak_memory_mib": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
        "open_files": _open_files(),
        "jobs": [{"job": job.name, "seconds": round(context.monotonic_s - job.since, 1)} for job in context.running],
        "errors": [_described(each) for each in chain(error)],
        "events": [_BARE_CODE.sub(MASK, line) for line in context.events],
    }


def write(folder: Path, content: dict[str, object]) -> Path:
    """Write a report into `folder`, and remove the oldest ones.

    Raises:
        StorageError: disk full, read-only or no permission.
    """
    make_private_dir(folder)
    stamp = re.sub(r"[^0-9TZ]", "", str(content["time"]).split(".")[0]) + "Z"
    path = folder / f"{stamp}-{content['reference']}.json"
    write_atomic(path, json.dumps(content, indent=1, ensure_ascii=False).encode("utf-8", "replace"))
    tidy(folder)
    return path


def tidy(folder: Path) -> None:
    """Keep the newest `KEPT` files about crashes.

    Raises:
        StorageError: one could not be removed.
    """
    try:
        found = [*folder.glob("*.json"), *folder.glob("fatal-*.txt"), *folder.glob("*.png")]
        found.sort(key=lambda path: path.stat().st_mtime)
    except OSError as error:
        raise StorageError(str(folder), error.strerror or str(error)) from error
    for old in found[:-KEPT]:
        remove(old)


def chain(error: BaseException) -> Iterable[BaseException]:
    """Yield an exception and its causes, in the order of a traceback; at most `MOST_ERRORS`."""
    seen: set[int] = set()
    waiting: list[BaseException] = [error]
    while waiting and len(seen) < MOST_ERRORS:
        each = waiting.pop(0)
        if id(each) in seen:
            continue
        seen.add(id(each))
        yield each
        if isinstance(each, BaseExceptionGroup):
            waiting += each.exceptions
        before = each.__cause__ or (None if each.__suppress_context__ else each.__context__)
        if before is not None:
            waiting.append(before)


def where(error: BaseException) -> str:
    """Return the innermost place of the first cause."""
    *_, first = chain(error)
    return (_places(first.__traceback__) or [""])[-1]


def _described(error: BaseException) -> dict[str, object]:
    return {
        "type": f"{type(error).__module__}.{type(error).__qualname__}",
        "message": _message(error),
        "places": _places(error.__traceback__),
    }


def _message(error: BaseException) -> str:
    try:
        text = str(error)
    except Exception:  # noqa: BLE001 - a broken __str__ must not cost the report
        return ""
    return _BARE_CODE.sub(MASK, clean_text(_LINES.sub(" ", text)))


def _places(trace: TracebackType | None) -> list[str]:
    places = []
    while trace is not None:
        code = trace.tb_frame.f_code
        places.append(f"{trace.tb_frame.f_globals.get('__name__', '?')}:{trace.tb_lineno}:{code.co_name}")
        trace = trace.tb_next
    if len(places) > MAX_STACK_PLACES:
        half = MAX_STACK_PLACES // 2
        places = [*places[:half], f"... {len(places) - MAX_STACK_PLACES} more ...", *places[-half:]]
    return places


def _memory_mib() -> int | None:
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    except (OSError, ValueError, IndexError):
        return None
    return round(pages * resource.getpagesize() / 2**20)


def _open_files() -> int | None:
    try:
        return len(os.listdir("/proc/self/fd")) if sys.platform == "linux" else None  # noqa: PTH208 - a count is all
    except OSError:
        return None
