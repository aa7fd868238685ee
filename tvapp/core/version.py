"""Says which version runs: `__version__`, and in a clone or a wheel built from one the commit too.

The git files are read by hand: starting git takes longer than the first frame may.
"""

from __future__ import annotations

import functools
import re
from pathlib import Path

from tvapp import __version__

STAMP = "commit.txt"
"""In the package of a wheel: what `commands.version.stamp` returned where it was built."""
SHORT = 7
_MAX_FILE_BYTES = 1 << 10
_MAX_SYMBOLIC_REFS = 5
_COMMIT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
PACKAGE = Path(__file__).parents[1]


@functools.cache
def full_version() -> str:
    """Return the version with the commit, where that is known, as it was at the first call.

    `0.1.0`, `0.1.0 (commit 1a2b3c4)`, or from a wheel `0.1.0 (commit 1a2b3c4 + local changes)`.
    """
    return describe(PACKAGE, head_commit(PACKAGE.parent))


def describe(package: Path, built_from: str) -> str:
    """Return the version of a package that comes from a stamp or commit; "" stands for the stamp in the package."""
    built_from = built_from or _read(package / STAMP)
    if not _COMMIT.match(built_from):
        return __version__
    commit, space, changes = built_from.partition(" ")
    return f"{__version__} (commit {commit[:SHORT]}{space}{changes})"


def head_commit(root: Path) -> str:
    """Return the commit that is checked out in a clone or worktree, "" where there is none or it cannot be read."""
    git_dir = root / ".git"
    if git_dir.is_file():
        # A worktree or submodule names the folder (gitrepository-layout, "gitfile").
        git_dir = root / _read(git_dir).removeprefix("gitdir: ")
    common_dir = git_dir / (_read(git_dir / "commondir") or ".")
    found = _read(git_dir / "HEAD")
    for _ in range(_MAX_SYMBOLIC_REFS):
        if not found.startswith("ref: "):
            break
        name = found.removeprefix("ref: ")
        found = _read(git_dir / name) or _read(common_dir / name) or _packed(common_dir, name)
    return found if _COMMIT.fullmatch(found) else ""


def _packed(common_dir: Path, name: str) -> str:
    try:
        with (common_dir / "packed-refs").open(encoding="utf-8", errors="replace") as lines:
            for line in lines:
                commit, _, packed_name = line.rstrip("\n").partition(" ")
                if packed_name == name:
                    return commit
    except (OSError, ValueError):
        pass  # nothing is packed
    return ""


def _read(path: Path) -> str:
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            return file.read(_MAX_FILE_BYTES).strip()
    except (OSError, ValueError):
        return ""
