"""Pinned packages: their hashes are enforced, and their versions compared with advisories, without a network."""

from __future__ import annotations

import json
import re
import zipfile
from pathlib import Path

import pytest

from scripts.audit_packages import NOT_COMPARED, NOTHING_KNOWN, REQUIREMENTS, SOMETHING_KNOWN, main
from tests.cloud import ROOT


def database(path: Path, *affected: dict[str, object], **fields: object) -> str:
    with zipfile.ZipFile(path, "w") as archive:
        advisory = {"id": "PYSEC-1", "summary": "bad", "affected": affected, **fields}
        archive.writestr("PYSEC-1.json", json.dumps(advisory))
        archive.writestr("README", "not an advisory")
    return str(path)


def of(name: str, **fields: object) -> dict[str, object]:
    return {"package": {"ecosystem": "PyPI", "name": name}, **fields}


def between(*events: dict[str, str]) -> dict[str, object]:
    return {"ranges": [{"type": "ECOSYSTEM", "events": events}]}


@pytest.mark.parametrize(
    ("affected", "status"),
    [
        (of("Some_Package", versions=["1.2.3"]), SOMETHING_KNOWN),
        (of("some-package", versions=["1.2.4"]), NOTHING_KNOWN),
        (of("another", versions=["1.2.3"]), NOTHING_KNOWN),
        (of("some.package", **between({"introduced": "0"}, {"fixed": "1.10"})), SOMETHING_KNOWN),
        (of("some.package", **between({"introduced": "0"}, {"fixed": "1.2.3"})), NOTHING_KNOWN),
        (of("some.package", **between({"introduced": "1.2.4"})), NOTHING_KNOWN),
        (of("some.package", **between({"introduced": "1.0"}, {"last_affected": "1.2.3"})), SOMETHING_KNOWN),
        ({"package": {"ecosystem": "npm", "name": "some-package"}, "versions": ["1.2.3"]}, NOTHING_KNOWN),
    ],
)
def test_a_pinned_version_is_found_in_the_advisories_that_cover_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], affected: dict[str, object], status: int
) -> None:
    pins = tmp_path / "pins.txt"
    pins.write_text("some-package==1.2.3 ; python_version < '4' \\\n    --hash=sha256:00\n")
    assert main([database(tmp_path / "osv.zip", affected), str(pins)]) == status
    said = capsys.readouterr().out
    assert ("some-package 1.2.3: PYSEC-1" in said) == (status == SOMETHING_KNOWN)
    assert "1 packages compared with 1 advisories" in said


def test_a_withdrawn_advisory_does_not_count_and_an_empty_database_compares_nothing(tmp_path: Path) -> None:
    path = database(tmp_path / "osv.zip", of("msal", versions=["1"]), withdrawn="2024-01-01T00:00:00Z")
    assert main([path]) == NOT_COMPARED


@pytest.mark.parametrize("arguments", [[], ["/nowhere/osv.zip"], [__file__]])
def test_without_a_database_it_says_that_nothing_was_compared(
    capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    assert main(arguments) == NOT_COMPARED
    assert "Nothing was compared" in capsys.readouterr().out


def test_every_package_is_pinned_with_hashes_and_setup_demands_them() -> None:
    for file in REQUIREMENTS.glob("*.txt"):
        blocks = re.split(r"\n(?=\S)", file.read_text().strip())
        assert [
            block for block in blocks if block[0] != "#" and not re.match(r"\S+==\S+.*--hash=sha256:", block, re.S)
        ] == []
    installs = [line for line in (ROOT / "scripts/setup").read_text().split("\n") if "pip install" in line]
    assert len(installs) == 2, "one for the kind, one for pygame-ce"
    assert [line for line in installs if "--require-hashes" not in line or "--no-deps" not in line] == []
