"""Killed at hundreds of random moments, the outbox loses no confirmed change and sends none twice."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cloud import ROOT
from tests.fences.outbox.killed import LedgerStore

KILLS = 300


def lines(path: Path) -> list[dict[str, str]]:
    """Return the whole lines of a file; a kill may have cut the last word of one off, never a line in the middle."""
    found = []
    for line in path.read_text().splitlines():
        try:
            found.append(json.loads(line))
        except ValueError:
            continue
    return found


def check(diary: list[dict[str, str]], stored: dict[str, bytes]) -> int:
    """Compare what is stored with what was confirmed; returns how many changes were."""
    confirmed = {line["change"] for line in diary if line["what"] == "confirmed"}
    meant: dict[str, list[dict[str, str]]] = {}
    for line in diary:
        if line["what"] == "meant":
            meant.setdefault(line["fence"], []).append(line)
    for fence, steps in meant.items():
        last = max((at for at, step in enumerate(steps) if step["change"] in confirmed), default=-1)
        # What was meant after the last confirmed change may have got through or not: nobody was told that it had.
        allowed = {step["after"] for step in steps[max(last, 0) :]}
        if last < 0:
            allowed.add("")
        assert stored.get(fence, b"").decode() in allowed, f"{fence}: a confirmed change is lost"
    assert set(stored) <= set(meant)
    return len(confirmed)


@pytest.mark.slow
def test_killed_at_any_moment_it_loses_no_confirmed_change_and_sends_none_twice(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.fences.outbox.killed", str(tmp_path), str(KILLS), "9"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=110)
    assert done.returncode == 0, done.stderr
    diary = lines(tmp_path / "diary")
    assert not [line for line in diary if line["what"] == "trouble"]
    written = lines(tmp_path / "ledger")
    ids = [line["id"] for line in written]
    assert len(ids) == len(set(ids)), "something was sent twice"
    confirmed = check(diary, LedgerStore(tmp_path / "ledger", 0).state())
    sys.stdout.write(f"{KILLS} kills, {confirmed} confirmed changes, {len(written)} writes\n")
    assert confirmed > KILLS / 10, "they did live long enough to edit"
    assert not list((tmp_path / "outbox").glob("*.json"))
