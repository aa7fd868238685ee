"""The version names the commit in a clone, a worktree and a wheel built from one, and needs no git to do so."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.cloud import ROOT
from tests.conftest import require_tool
from tvapp import __version__
from tvapp.core.version import STAMP, describe, full_version, head_commit

COMMIT = "0123456789abcdef0123456789abcdef01234567"
OTHER = "f" * 40
ME = ["-c", "user.name=me", "-c", "user.email=me@example.com", "-c", "commit.gpgsign=false"]


def git(folder: Path, *arguments: str) -> str:
    command = [require_tool("git"), "-C", str(folder), *ME, *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout.strip()


def files(root: Path, **content: str) -> Path:
    """Write files below `root`; `__` in a name stands for a slash."""
    for name, text in content.items():
        path = root / name.replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


def head(root: Path, text: str) -> None:
    files(root / ".git", HEAD=text)


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """Return a repository with one commit."""
    root = tmp_path / "clone"
    root.mkdir()
    git(root, "init", "--quiet", "--initial-branch", "main")
    files(root, code="one")
    git(root, "add", "code")
    git(root, "commit", "--quiet", "--message", "one")
    return root


def test_a_clone_says_the_commit_of_its_branch(tmp_path: Path) -> None:
    head(tmp_path, "ref: refs/heads/main\n")
    files(tmp_path / ".git", refs__heads__main=f"{COMMIT}\n")
    assert head_commit(tmp_path) == COMMIT


def test_a_detached_head_says_its_commit(tmp_path: Path) -> None:
    head(tmp_path, f"{COMMIT}\n")
    assert head_commit(tmp_path) == COMMIT


def test_a_packed_branch_is_found_and_a_loose_one_wins(tmp_path: Path) -> None:
    head(tmp_path, "ref: refs/heads/main\n")
    packed = f"# pack-refs with: peeled\n{OTHER} refs/heads/main2\n{COMMIT} refs/heads/main\n^{OTHER}\n"
    files(tmp_path / ".git", **{"packed-refs": packed})
    assert head_commit(tmp_path) == COMMIT
    files(tmp_path / ".git", refs__heads__main=OTHER)
    assert head_commit(tmp_path) == OTHER


@pytest.mark.parametrize("is_relative", [False, True])
def test_a_worktree_finds_its_branch_in_the_main_repository(tmp_path: Path, is_relative: bool) -> None:
    own = tmp_path / "main/.git/worktrees/tree"
    files(own, HEAD="ref: refs/heads/topic\n", commondir="../..\n")
    files(tmp_path / "main/.git", refs__heads__topic=COMMIT)
    tree = tmp_path / "tree"
    files(tree, **{".git": "gitdir: ../main/.git/worktrees/tree\n" if is_relative else f"gitdir: {own}\n"})
    assert head_commit(tree) == COMMIT
    (tmp_path / "main/.git/refs/heads/topic").unlink()
    files(tmp_path / "main/.git", **{"packed-refs": f"{OTHER} refs/heads/topic\n"})
    assert head_commit(tree) == OTHER


def test_a_reference_to_a_reference_is_followed_and_a_circle_ends(tmp_path: Path) -> None:
    head(tmp_path, "ref: refs/heads/alias")
    files(tmp_path / ".git", refs__heads__alias="ref: refs/heads/main", refs__heads__main=COMMIT)
    assert head_commit(tmp_path) == COMMIT
    files(tmp_path / ".git", refs__heads__main="ref: refs/heads/alias")
    assert head_commit(tmp_path) == ""


def test_a_commit_with_a_sha_256_is_one(tmp_path: Path) -> None:
    head(tmp_path, "a" * 64)
    assert head_commit(tmp_path) == "a" * 64


@pytest.mark.parametrize(
    "text", ["", "nonsense", "ref: refs/heads/none", "ref: ../../..", "ref: a\0b", COMMIT[:-1], COMMIT + "0", "g" * 40]
)
def test_a_head_that_makes_no_sense_says_nothing(tmp_path: Path, text: str) -> None:
    head(tmp_path, text)
    assert head_commit(tmp_path) == ""


def test_without_a_repository_nothing_is_said(tmp_path: Path) -> None:
    assert head_commit(tmp_path) == ""
    files(tmp_path, **{".git": "gitdir: a\0b"})
    assert head_commit(tmp_path) == ""


def test_the_version_names_the_commit_of_a_clone_before_that_of_a_wheel_before_none(tmp_path: Path) -> None:
    assert describe(tmp_path, "") == __version__
    files(tmp_path, **{STAMP: f"{OTHER}\n"})
    assert describe(tmp_path, "") == f"{__version__} (commit fffffff)"
    assert describe(tmp_path, COMMIT) == f"{__version__} (commit 0123456)"
    files(tmp_path, **{STAMP: f"{OTHER} + local changes\n"})
    assert describe(tmp_path, "") == f"{__version__} (commit fffffff + local changes)"
    files(tmp_path, **{STAMP: "nonsense"})
    assert describe(tmp_path, "") == __version__


@pytest.mark.process
def test_what_git_says_is_what_is_read_by_hand(clone: Path, tmp_path: Path) -> None:
    commit = git(clone, "rev-parse", "HEAD")
    assert head_commit(clone) == commit
    git(clone, "pack-refs", "--all")
    assert not (clone / ".git/refs/heads/main").exists()
    assert head_commit(clone) == commit
    git(clone, "worktree", "add", "--quiet", "-b", "topic", str(tmp_path / "tree"))
    assert head_commit(tmp_path / "tree") == commit
    git(tmp_path / "tree", "commit", "--quiet", "--allow-empty", "--message", "two")
    assert head_commit(tmp_path / "tree") == git(tmp_path / "tree", "rev-parse", "HEAD") != commit


@pytest.mark.process
def test_this_clone_says_its_commit() -> None:
    if not (ROOT / ".git").exists():
        pytest.skip("this is no clone")
    assert full_version() == f"{__version__} (commit {git(ROOT, 'rev-parse', 'HEAD')[:7]})"
