"""The initramfs of a TV in a box."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from scripts.tvbox_rig.cpio import Cpio
from tests.conftest import require_tool

CONTENT = b"three bytes over a multiple of four: " + b"x" * 10


def test_each_member_begins_at_a_multiple_of_four_bytes() -> None:
    archive = Cpio()
    archive.add_folder("bin")
    archive.add_file("init", CONTENT, 0o755)
    data = archive.finish()
    assert len(data) % 4 == 0
    starts = [start for start in range(len(data)) if data.startswith(b"070701", start)]
    assert len(starts) == 3
    assert all(start % 4 == 0 for start in starts)


@pytest.mark.process
def test_cpio_unpacks_what_was_packed(tmp_path: Path) -> None:
    require_tool("cpio")
    archive = Cpio()
    archive.add_folder("bin")
    archive.add_file("bin/sh", CONTENT, 0o755)
    archive.add_file("note", b"", 0o640)
    subprocess.run(["cpio", "--extract", "--quiet"], input=archive.finish(), cwd=tmp_path, check=True)
    assert (tmp_path / "bin/sh").read_bytes() == CONTENT
    assert (tmp_path / "bin/sh").stat().st_mode & 0o777 == 0o755
    assert (tmp_path / "note").read_bytes() == b""
