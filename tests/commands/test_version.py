"""`tvapp version` tells of local changes, and goes without where git is not installed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cloud import ROOT
from tests.core.test_version import clone, files, git
from tvapp import __version__
from tvapp.commands.version import exact_version, stamp
from tvapp.core.version import head_commit

__all__ = ["clone"]  # a fixture


@pytest.mark.process
def test_local_changes_are_told_and_files_that_git_does_not_know_are_none(clone: Path) -> None:
    commit = git(clone, "rev-parse", "HEAD")
    files(clone, new="not known to git")
    assert stamp(clone) == commit
    files(clone, code="another")
    assert stamp(clone) == f"{commit} + local changes"


@pytest.mark.process
def test_without_git_local_changes_are_not_told(clone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files(clone, code="another")
    monkeypatch.setenv("PATH", "/nowhere")
    assert stamp(clone) == head_commit(clone) != ""


@pytest.mark.process
def test_this_clone_says_its_commit() -> None:
    if not (ROOT / ".git").exists():
        pytest.skip("this is no clone")
    commit = git(ROOT, "rev-parse", "HEAD")[:7]
    assert exact_version() in (f"{__version__} (commit {commit})", f"{__version__} (commit {commit} + local changes)")
