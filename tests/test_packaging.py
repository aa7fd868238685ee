"""A wheel built from the committed files works where it is installed, assets included."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.cloud import ROOT
from tests.conftest import require_tool
from tvapp import __version__

LOOKS_FOR_ASSETS = """
import pathlib, tvapp
from tvapp.core.assets import asset
from tvapp.ui.theme import FONT_FILES
for name in (*FONT_FILES.values(), "samples/10-harbours.geojson", "basemap/places.npz"):
    assert asset(name).is_file(), name
print(pathlib.Path(tvapp.__file__).parent)
"""


def run(*command: str, cwd: Path, **environment: str) -> str:
    done = subprocess.run(
        command, cwd=cwd, env={**os.environ, **environment}, capture_output=True, text=True, timeout=100
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build a wheel from a clean clone."""
    git = require_tool("git")
    folder = tmp_path_factory.mktemp("wheel")
    if not (ROOT / ".git").exists():
        pytest.skip("this is no clone")
    run(git, "clone", "--quiet", "--depth", "1", ROOT.as_uri(), "clone", cwd=folder)
    pip = ("-m", "pip", "--disable-pip-version-check", "wheel", "--quiet", "--no-deps", "--no-build-isolation")
    run(sys.executable, *pip, "--wheel-dir", ".", "./clone", cwd=folder)
    (built,) = folder.glob("*.whl")
    return built


@pytest.mark.process
def test_the_wheel_contains_code_and_assets_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    tops = {name.split("/")[0] for name in names}
    assert tops == {"tvapp", f"tvapp-{__version__}.dist-info"}
    committed = run("git", "ls-files", "assets", cwd=ROOT).split()
    needed = {name for name in committed if not name.startswith("assets/readme/")}
    assert {f"tvapp/{name}" for name in needed} <= set(names)
    assert any(name.endswith(".ttf") for name in names)
    assert any(name.endswith(".geojson") for name in names)
    assert not [name for name in names if name.endswith(".pyc") or "/tests/" in name]


@pytest.mark.process
def test_the_installed_wheel_works_from_any_folder(wheel: Path, tmp_path: Path) -> None:
    target, elsewhere = tmp_path / "site", tmp_path / "elsewhere"
    elsewhere.mkdir()
    pip = ("-m", "pip", "--disable-pip-version-check", "install", "--quiet", "--no-deps", "--no-compile")
    run(sys.executable, *pip, "--target", str(target), str(wheel), cwd=elsewhere)
    own = {"PYTHONPATH": str(target)}
    commit = run("git", "rev-parse", "HEAD", cwd=ROOT)[:7]
    without_git = {**own, "PATH": "/nowhere"}
    said = run(sys.executable, "-m", "tvapp", "version", cwd=elsewhere, **without_git)
    assert said == f"tvapp {__version__} (commit {commit})\n"
    found = run(sys.executable, "-c", LOOKS_FOR_ASSETS, cwd=elsewhere, **own).strip()
    assert found == str(target / "tvapp")
    assert (target / "bin" / "tvapp").is_file()
