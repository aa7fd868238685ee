"""The rules that every test relies on."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.conftest import require_tool


def test_the_developers_environment_does_not_reach_the_tests(tmp_path: Path) -> None:
    assert "REQUESTS_CA_BUNDLE" not in os.environ
    assert not [name for name in os.environ if name.lower().endswith("_proxy")]
    assert Path.home().name.startswith("home")
    assert Path.home().is_relative_to(tmp_path.parent)
    assert os.environ["SDL_VIDEODRIVER"] == "dummy"


def test_a_missing_tool_skips_for_a_developer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CI", raising=False)

    with pytest.raises(pytest.skip.Exception, match="no-such-tool is not installed"):
        require_tool("no-such-tool")


def test_a_missing_tool_fails_on_ci(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")

    with pytest.raises(pytest.fail.Exception, match="no-such-tool is not installed"):
        require_tool("no-such-tool")


def test_a_tool_that_is_there_is_found() -> None:
    assert Path(require_tool("sh")).is_file()
