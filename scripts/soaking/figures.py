"""Reads what this process uses: memory, descriptors, threads, objects, bytes written."""

from __future__ import annotations

import ctypes
import gc
import sys
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

SELF = Path("/proc/self")
MIB = 1024.0
BLOCK_BYTES = 96
"""Average size of the small objects (up to 512 bytes) of a program like this."""


@dataclass(frozen=True, slots=True)
class Memory:
    """Resident memory of this process in MiB; `pss` counts pages that other processes map too in part."""

    rss: float
    pss: float


@dataclass(frozen=True, slots=True)
class Reading:
    """One reading of the process.

    `found` is its memory at the end of a day. `kept` is its memory without textures, after a garbage collection and a
    trim of the allocator: the same state each time.
    """

    day: int
    found: Memory
    kept: Memory
    in_use: float
    """MiB in use in the C library's allocator and Python's, without the holes between, which make resident memory a
    noisy measure."""
    garbage: int
    objects: int
    frozen: int
    files: int
    fonts: int
    sockets: int
    threads: int
    """Without asyncio's threads for host names, which start as needed, up to cores + 4, and stay."""
    resolvers: int
    textures: int
    texture_mib: float
    written_bytes: int
    disk_bytes: int


def read(day: int, found: Memory, textures: int, texture_bytes: int) -> Reading:
    """Take a reading now; `found` is the memory at the end of the day."""
    garbage = gc.collect()
    ctypes.CDLL(None).malloc_trim(0)
    files, fonts, sockets = descriptors()
    resolvers = sum(thread.name.startswith("asyncio_") for thread in threading.enumerate())
    written, disk = bytes_written()
    return Reading(
        day=day,
        found=found,
        kept=memory(),
        in_use=round((malloc_in_use() + python_in_use()) / MIB / MIB, 2),
        garbage=garbage,
        objects=len(gc.get_objects()),
        frozen=gc.get_freeze_count(),
        files=files,
        fonts=fonts,
        sockets=sockets,
        threads=len(list((SELF / "task").iterdir())) - resolvers,
        resolvers=resolvers,
        textures=textures,
        texture_mib=round(texture_bytes / MIB / MIB, 1),
        written_bytes=written,
        disk_bytes=disk,
    )


def memory() -> Memory:
    """Read proc(5) smaps_rollup."""
    lines = (line.split() for line in (SELF / "smaps_rollup").read_text().splitlines()[1:])
    fields = {name.rstrip(":"): int(kib) for name, kib, *_ in lines}
    return Memory(round(fields["Rss"] / MIB, 2), round(fields["Pss"] / MIB, 2))


def malloc_in_use() -> int:
    """Return the bytes in use in all arenas of malloc(3), from malloc_info(3); 0 without glibc."""
    libc = ctypes.CDLL(None)
    if not hasattr(libc, "malloc_info"):
        return 0
    libc.open_memstream.restype = ctypes.c_void_p
    text, size = ctypes.c_char_p(), ctypes.c_size_t()
    stream = ctypes.c_void_p(libc.open_memstream(ctypes.byref(text), ctypes.byref(size)))
    libc.malloc_info(0, stream)
    libc.fclose(stream)
    root = ElementTree.fromstring(text.value or b"<malloc/>")
    libc.free(text)

    def total(tag: str, kind: str) -> int:
        return sum(int(each.get("size", "0")) for each in root.findall(tag) if each.get("type") == kind)

    # The sums over all arenas come last; blocks that were mapped on their own are in no arena.
    free = total("total", "fast") + total("total", "rest")
    return total("system", "current") - free + total("total", "mmap")


def python_in_use() -> int:
    """Return about how many bytes Python's own allocator has in use: its blocks times their average size."""
    return sys.getallocatedblocks() * BLOCK_BYTES


def descriptors() -> tuple[int, int, int]:
    """Return the number of open descriptors: files and others, fonts (one for each size in use), and sockets."""
    files = fonts = sockets = 0
    for entry in (SELF / "fd").iterdir():
        try:
            target = str(entry.readlink())
        except OSError:
            continue  # the descriptor of this listing itself
        if target.startswith("socket:"):
            sockets += 1
        elif target.endswith((".ttf", ".ttc")):
            fonts += 1
        else:
            files += 1
    return files, fonts, sockets


def bytes_written() -> tuple[int, int]:
    """Return the bytes written by system calls, sockets included, and those that went to the disk (proc(5))."""
    fields = dict(line.split(": ") for line in (SELF / "io").read_text().splitlines())
    return int(fields["wchar"]), int(fields["write_bytes"])


def growth_percent(values: Sequence[float]) -> float:
    """Return the growth in % of a straight line fitted through the values, from the first to the last.

    >>> growth_percent([100, 101, 102])
    2.0
    >>> growth_percent([100])
    0.0
    """
    count = len(values)
    if count < 2:
        return 0.0
    middle, mean = (count - 1) / 2, sum(values) / count
    spread = sum((index - middle) ** 2 for index in range(count))
    slope = sum((index - middle) * (value - mean) for index, value in enumerate(values)) / spread
    return round(slope * (count - 1) / (mean - slope * middle) * 100, 2)
