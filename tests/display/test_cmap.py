"""Which characters a font file has, whatever is in the file."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tvapp.core.assets import asset
from tvapp.display.cmap import coverage
from tvapp.display.fonts import SURELY_COVERED
from tvapp.ui.theme import FONT_FILES


@pytest.mark.parametrize("face", ["sans", "bold", "mono"])
def test_our_fonts_have_the_letters_that_are_never_looked_up(face: str) -> None:
    path = asset(FONT_FILES[face])  # type: ignore[index]
    covered = coverage(path)
    printable = [chr(code) for code in range(0x20, ord(SURELY_COVERED) + 1) if chr(code).isprintable()]
    missing = [character for character in printable if character not in covered]
    assert missing == []
    assert "漢" not in covered


def test_a_file_that_is_no_font_covers_nothing(tmp_path: Path) -> None:
    for content in (b"", b"not a font", b"\0\1\0\0\xff\xff" + b"\0" * 6 + b"cmap" * 40, b"ttcf\0\0\0\0"):
        path = tmp_path / "font.ttf"
        path.write_bytes(content)
        assert "a" not in coverage(path)
    assert "a" not in coverage(tmp_path / "missing.ttf")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(content=st.binary(max_size=400))
def test_no_bytes_upset_the_font_reader(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "font.ttf"
    path.write_bytes(b"\0\1\0\0\0\1" + b"\0" * 6 + b"cmap" + b"\0" * 7 + b"\x1c\0\0\0\0" + content)
    assert isinstance("a" in coverage(path), bool)
