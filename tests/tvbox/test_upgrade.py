"""The package of a higher version that a TV in a box is upgraded to."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from scripts.tvbox_rig.upgrade import field, raised
from tests.conftest import require_tool

CONTROL = """\
Package: tvapp
Version: 0.1.0~deb12u1
Architecture: amd64
Maintainer: The tvapp authors <tvapp@tvapp.invalid>
Description: geofences
 Version: of the description stays
"""


@pytest.mark.process
def test_the_raised_package_is_the_same_but_for_a_higher_version(tmp_path: Path) -> None:
    require_tool("dpkg-deb")
    tree = tmp_path / "tree"
    (tree / "DEBIAN").mkdir(parents=True)
    (tree / "DEBIAN/control").write_text(CONTROL)
    (tree / "file").write_text("content")
    package = tmp_path / "tvapp.deb"
    subprocess.run(["dpkg-deb", "--build", str(tree), str(package)], check=True, stdout=subprocess.DEVNULL)
    newer = raised(package, tmp_path)
    assert field(newer, "Version") == "0.1.0~deb12u1+1"
    subprocess.run(["dpkg", "--compare-versions", field(newer, "Version"), "gt", field(package, "Version")], check=True)
    assert field(newer, "Description") == field(package, "Description")
    contents = subprocess.check_output(["dpkg-deb", "--fsys-tarfile", str(newer)])
    assert b"content" in contents
