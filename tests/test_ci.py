"""CI runs every test that touches pygame on pygame-ce too, and installs what tests need; also for tests added later."""

from __future__ import annotations

import ast
import shlex
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

ONCE: dict[str, str] = {}
"""Tests that touch the display and run on pygame alone, with the reason."""


def on_pygame_ce() -> list[str]:
    """Return the paths of the tests that CI runs on pygame-ce."""
    text = (ROOT / ".ci/run").read_text().replace("\\\n", " ")
    (line,) = [line for line in text.splitlines() if line.startswith("./scripts/test --pygame-ce ")]
    return shlex.split(line)[2:]


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""


def touches_pygame(path: Path) -> bool:
    """Tell whether a test imports pygame, a module that draws with it, the stored pictures, or the X server."""
    roots = ("pygame", "tvapp.display", "tvapp.remote.pygame_source", "tests.ui.pictures", "tests.e2e.xserver")
    return any(name == root or name.startswith(f"{root}.") for name in imported(path) for root in roots)


def test_every_test_that_touches_pygame_runs_on_pygame_ce_too() -> None:
    paths = [path.relative_to(ROOT) for path in (ROOT / "tests").rglob("test_*.py") if touches_pygame(path)]
    there = on_pygame_ce()
    missing = [str(path) for path in paths if not any(path.is_relative_to(given) for given in there)]
    assert sorted(missing) == sorted(ONCE)


def test_every_path_exists() -> None:
    assert [path for path in [*on_pygame_ce(), *ONCE] if not (ROOT / path).exists()] == []


ALWAYS_THERE = {"git", "sh", "dpkg-deb", "fsfreeze", "unshare", "mount", "setpriv"}
"""Tools of Debian's essential packages, and what a clone was made with."""


def constants(node: ast.AST) -> set[str]:
    return {each.value for each in ast.walk(node) if isinstance(each, ast.Constant) and isinstance(each.value, str)}


def tools_of(path: Path) -> Iterator[str]:
    """Yield the programs that a test file asks for: require_tool(...), also in a loop, and shutil.which(...)."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.For) and any(
            isinstance(each, ast.Call) and ast.unparse(each.func) == "require_tool" for each in ast.walk(node)
        ):
            yield from constants(node.iter)
        elif isinstance(node, ast.Call) and ast.unparse(node.func) in ("require_tool", "shutil.which"):
            yield from {text for argument in node.args for text in constants(argument)}


def test_every_tool_that_a_test_asks_for_is_installed() -> None:
    text = (ROOT / ".ci/run").read_text().replace("\\\n", " ")
    (line,) = [line for line in text.splitlines() if line.startswith("for pair in ")]
    installed = {pair.split(":")[0] for pair in line.removeprefix("for pair in ").removesuffix("; do").split()}
    asked = {
        tool: str(path.relative_to(ROOT))
        for path in (ROOT / "tests").rglob("*.py")
        if path.name != "test_conftest.py"
        for tool in tools_of(path)
    }
    assert {"Xvfb", "openbox", "ip"} <= asked.keys()
    assert {tool: path for tool, path in asked.items() if tool not in installed | ALWAYS_THERE} == {}
