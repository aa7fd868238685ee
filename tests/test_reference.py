"""The reference says what the code says, and the example of a configuration file works, whole and line by line."""

from __future__ import annotations

import re
import shutil
import tomllib
from collections.abc import Iterator
from dataclasses import MISSING, fields
from pathlib import Path

import pytest

from scripts.reference_page import PAGE, field_meanings, page
from tests.cloud import ROOT
from tvapp.config.load import load
from tvapp.config.model import SECTIONS

EXAMPLE = ROOT / "scripts/kiosk/config.example.toml"
OPTIONAL = re.compile(r"#(\w+ = .*)")
IN_PLACE_OF_ANOTHER = ("authority", "oidc_authority", "oidc_endpoints", 'kinds = ["depot"', "price_per_thousand = {")
"""Lines that do not go together with another one of the example."""

NEEDED = {
    "proxy_username = ": ("proxy = ",),
    "proxy_password = ": ("proxy = ", "proxy_username = "),
    "oidc_endpoints = ": ("oidc_authority = ",),
}
"""Lines that only go together with others."""


def optional_lines() -> list[tuple[int, str, str]]:
    """Return the number of each line that can be uncommented, its section and its text without the `#`."""
    section, found = "", []
    for number, line in enumerate(EXAMPLE.read_text(encoding="utf-8").splitlines()):
        if line.startswith("["):
            section = line.strip("[]")
        elif match := OPTIONAL.fullmatch(line):
            found.append((number, section, match[1]))
    return found


def with_lines(folder: Path, numbers: set[int]) -> Path:
    """Write the example with these lines uncommented, private, and beside it the file that it names."""
    lines = EXAMPLE.read_text(encoding="utf-8").splitlines()
    text = "\n".join(line.removeprefix("#") if number in numbers else line for number, line in enumerate(lines))
    path = folder / "config.toml"
    path.write_text(text)
    path.chmod(0o600)
    (folder / "corp-ca.pem").write_text("")
    return path


def written_keys() -> Iterator[tuple[str, object]]:
    """Yield every key of the example with its value, commented or not; a key may come twice."""
    for section, content in tomllib.loads(EXAMPLE.read_text(encoding="utf-8")).items():
        yield from ((f"{section}.{key}", value) for key, value in content.items())
    for _, section, text in optional_lines():
        yield from ((f"{section}.{key}", value) for key, value in tomllib.loads(text).items())


def test_the_reference_is_what_the_code_says() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run scripts/reference"


def test_every_key_has_a_meaning() -> None:
    keys = {f"{section}.{each.name}" for section, kind in SECTIONS.items() for each in fields(kind)}
    assert set(field_meanings()) == keys
    assert [key for key, meaning in field_meanings().items() if not meaning.endswith(".") or "|" in meaning] == []


def test_the_example_can_be_used_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    shutil.copyfile(EXAMPLE, path)
    path.chmod(0o644)
    assert load(path, {}).source == path


@pytest.mark.parametrize("number", [number for number, _, _ in optional_lines()])
def test_each_line_of_the_example_can_be_uncommented(tmp_path: Path, number: int) -> None:
    line = EXAMPLE.read_text(encoding="utf-8").splitlines()[number]
    needed = next((others for start, others in NEEDED.items() if line.startswith(f"#{start}")), ())
    path = with_lines(tmp_path, {number, *(each for each, _, text in optional_lines() if text.startswith(needed))})
    if line.startswith(("#authority", "#oidc_")):
        path.write_text(path.read_text().replace("\ntenant =", "\n#tenant ="))
    load(path, {})


def test_all_lines_that_go_together_can_be_uncommented(tmp_path: Path) -> None:
    numbers = {number for number, _, text in optional_lines() if not text.startswith(IN_PLACE_OF_ANOTHER)}
    load(with_lines(tmp_path, numbers), {})


def test_the_example_has_every_key_with_its_default() -> None:
    defaults = {
        f"{section}.{each.name}": each.default if each.default is not MISSING else None
        for section, kind in SECTIONS.items()
        for each in fields(kind)
    }
    written = list(written_keys())
    assert {key for key, _ in written} == set(defaults)
    commented = {f"{section}.{text.partition(' = ')[0]}" for _, section, text in optional_lines()}
    for key, value in written:
        default = defaults[key]
        if key in commented and default not in ("", (), None):
            assert (tuple(value) if isinstance(value, list) else value) == default, key
