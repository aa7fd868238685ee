"""`tvapp version`: the version, its commit, and in a clone whether files differ from that commit."""

from __future__ import annotations

import subprocess
from pathlib import Path

from tvapp.core.version import PACKAGE, describe, head_commit


def exact_version() -> str:
    """Return the version, with `+ local changes` where there are any. Runs git: not before the first frame."""
    return describe(PACKAGE, stamp(PACKAGE.parent))


def stamp(root: Path) -> str:
    """Return the commit of a clone and whether there are local changes, "" where it is no clone. Runs git."""
    commit = head_commit(root)
    return f"{commit} + local changes" if commit and _has_local_changes(root) else commit


def _has_local_changes(root: Path) -> bool:
    command = ["git", "--no-optional-locks", "-C", str(root), "status", "--porcelain", "--untracked-files=no"]
    try:
        done = subprocess.run(command, capture_output=True, timeout=10)
    except (OSError, subprocess.SubprocessError):
        return False  # git is not installed, or hangs
    return done.returncode == 0 and bool(done.stdout.strip())
