"""`scripts/mutate`: samples mutants of each room, runs the room's own tests on them, and lists the survivors.

mutmut makes the mutants, finds the tests that reach each one, and runs those in a forked process. This module adds what
mutmut lacks: a seeded sample over several rooms, survivors that are known to change nothing (`equivalents.toml`), and
mypy's verdict on a survivor. mutmut's own `type_check_command` checks all mutants of a module in one file, where mypy
also objects to what only the copies make wrong: an attribute defined in each copy of `__init__`, an unused `ignore`.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from scripts.mutation.equivalents import Equivalents

ROOT = Path(__file__).resolve().parent.parent.parent
WORK = ROOT / ".mutation"
ROOMS = (
    "auth", "geo", "mapview", "net", "remote", "tiles", "usage",
    "fences/model", "fences/geojson", "fences/index", "fences/drawing", "fences/editing",
    "fences/stores", "fences/service", "fences/outbox",
)  # fmt: skip
SAMPLE = 300
LEAST_KILLED = 0.97
TIMED_OUT = {24, -24, 36, 152, 255}
KILLED = {1, 3, 37, -11, -9} | TIMED_OUT
"""mutmut's exit codes for a failed test, a type error, a crash and a timeout; every other one means a survivor."""

SETTINGS = """[mutmut]
source_paths=
    tvapp
only_mutate=
    tvapp/{room}/*
also_copy=
    assets
    scripts
    .ci
pytest_add_cli_args=
    -q
    -p
    no:cacheprovider
    -m
    not slow and not on_screen
pytest_add_cli_args_test_selection=
    tests/{room}
"""


@dataclass(frozen=True, slots=True)
class Survivor:
    """A mutant that no test of its room noticed; `diff` shows what was changed."""

    name: str
    diff: str
    type_error: str = ""
    """Why mypy refuses the mutant; empty where it does not."""


@dataclass(frozen=True, slots=True)
class Result:
    """What became of the mutants of one room."""

    ran: int
    survivors: Sequence[Survivor]
    timed_out: Sequence[str] = ()
    """Those that count as killed because their tests did not end, which may also be a loaded machine's doing."""


class MutationFailedError(Exception):
    """mutmut could not do its work; the text ends with the last lines that it printed."""


class Room:
    """One room in a copy of the source tree, where mutmut writes its mutants."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._folder = WORK / name.replace("/", "-")

    def prepare(self) -> list[str]:
        """Copy the tree, make the mutants and find the tests that reach each; returns the names of the mutants."""
        shutil.rmtree(self._folder, ignore_errors=True)
        listed = subprocess.run(
            ["git", "ls-files", "-coz", "--exclude-standard"], cwd=ROOT, capture_output=True, check=True, text=True
        )
        for name in filter(None, listed.stdout.split("\0")):
            if (ROOT / name).is_file():
                (self._folder / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / name, self._folder / name)
        (self._folder / "setup.cfg").write_text(SETTINGS.format(room=self.name))
        # mutmut cannot list mutants without running some. A name that fits none ends it after the preparations.
        printed = self._mutmut("run", "no-such-mutant").stdout
        codes = self._exit_codes()
        if not codes or "nothing matches" not in printed:
            raise MutationFailedError("\n".join(printed.splitlines()[-30:]))
        return sorted(codes)

    def run(self, names: Sequence[str]) -> Result:
        """Run the room's tests on these mutants; each that times out is run once more, alone.

        Raises:
            MutationFailedError: some were not run.
        """
        printed = self._mutmut("run", *names).stdout
        for name in names:
            if self._exit_codes().get(name) in TIMED_OUT:
                printed += self._mutmut("run", name).stdout
        codes = self._exit_codes()
        if missing := [name for name in names if codes.get(name) is None]:
            tail = "\n".join(printed.splitlines()[-30:])
            raise MutationFailedError(f"{len(missing)} of {len(names)} were not run, {missing[0]} for one\n{tail}")
        survivors = [
            Survivor(name, self._diff(name), self._type_error(name)) for name in names if codes[name] not in KILLED
        ]
        return Result(len(names), survivors, [name for name in names if codes[name] in TIMED_OUT])

    def _mutmut(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        environment = os.environ | {"PYTHONPATH": "", "SDL_VIDEODRIVER": "dummy", "COLUMNS": "120"}
        command = [str(Path(sys.executable).with_name("mutmut")), *arguments]
        return subprocess.run(
            command, cwd=self._folder, env=environment, check=False, text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip

    def _exit_codes(self) -> Mapping[str, int | None]:
        codes: dict[str, int | None] = {}
        for path in (self._folder / "mutants/tvapp").rglob("*.meta"):
            codes |= json.loads(path.read_text())["exit_code_by_key"]
        return codes

    def _type_error(self, name: str) -> str:
        """Return the first error that mypy finds in the module with this one mutant in it."""
        module = Path(*name.split(".")[:-1]).with_suffix(".py")
        self._mutmut("apply", name)
        checked = subprocess.run(
            [sys.executable, "-m", "mypy", "--no-error-summary", "--cache-dir", str(WORK / "mypy"), str(module)],
            cwd=self._folder, check=False, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        shutil.copy2(ROOT / module, self._folder / module)
        if checked.returncode > 1:
            raise MutationFailedError(checked.stdout)
        return checked.stdout.partition("\n")[0] if checked.returncode else ""

    def _diff(self, name: str) -> str:
        lines = self._mutmut("show", name).stdout.splitlines()
        return "\n".join(line for line in lines if line[:1] in "+-" and line[:3] not in ("+++", "---"))


def sampled(names: Mapping[str, Sequence[str]], size: int, seed: int) -> dict[str, list[str]]:
    """Draw `size` mutants from all rooms together; the same seed draws the same ones."""
    every = [(room, name) for room in sorted(names) for name in names[room]]
    drawn = random.Random(seed).sample(every, min(size, len(every)))
    return {room: sorted(name for owner, name in drawn if owner == room) for room in names}


def report(rows: Mapping[str, Result], equivalents: Equivalents) -> Iterator[str]:
    """Yield the report: each time-out, each survivor with its change, a line a room, the share killed."""
    for result in rows.values():
        for name in result.timed_out:
            yield f"{name}: timed out, twice"
        for survivor in result.survivors:
            yield f"{survivor.name}: {_verdict(survivor, equivalents) or 'survived'}\n{survivor.diff}\n"
    for room, result in rows.items():
        yield (
            f"{room:16} {result.ran:4} run, {len(result.timed_out):3} timed out, {len(result.survivors):3} survived, "
            f"{_unexplained(result, equivalents):3} of them unexplained"
        )
    yield f"killed or equivalent: {share_killed(rows, equivalents):.1%}"


def share_killed(rows: Mapping[str, Result], equivalents: Equivalents) -> float:
    """Return the share of mutants that a test noticed, that mypy refuses or that change nothing."""
    ran = sum(result.ran for result in rows.values())
    return 1.0 if not ran else 1 - sum(_unexplained(result, equivalents) for result in rows.values()) / ran


def _unexplained(result: Result, equivalents: Equivalents) -> int:
    return sum(not _verdict(survivor, equivalents) for survivor in result.survivors)


def _verdict(survivor: Survivor, equivalents: Equivalents) -> str:
    """Return why a survivor is no gap in the tests; empty where it is one."""
    if survivor.type_error:
        return f"refused by mypy: {survivor.type_error}"
    reason = equivalents.reason(survivor.name, survivor.diff)
    return "" if reason is None else f"equivalent: {reason}"


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="scripts/mutate", description=__doc__)
    parser.add_argument("rooms", nargs="*", metavar="ROOM", default=ROOMS, help=f"one or more of {', '.join(ROOMS)}")
    parser.add_argument("--sample", type=int, default=SAMPLE, help=f"mutants over all rooms ({SAMPLE}); 0 runs each")
    parser.add_argument("--seed", type=int, default=1, help="of the sample (1)")
    parser.add_argument("--only", metavar="TEXT", default="", help="only mutants with this text in their names")
    options = parser.parse_args(arguments)
    if wrong := [room for room in options.rooms if not (ROOT / "tvapp" / room).is_dir()]:
        parser.error(f"there is no room {wrong[0]}")
    equivalents = Equivalents.load()
    rooms = {name: Room(name) for name in options.rooms}
    names: dict[str, list[str]] = {}
    for name, room in rooms.items():
        print(f"{name}: making mutants, finding their tests ...", file=sys.stderr)
        names[name] = [each for each in room.prepare() if options.only in each]
    size = options.sample or sum(map(len, names.values()))
    rows: dict[str, Result] = {}
    for name, drawn in sampled(names, size, options.seed).items():
        if drawn:
            print(f"{name}: running {len(drawn)} of {len(names[name])} mutants ...", file=sys.stderr)
            rows[name] = rooms[name].run(drawn)
    print("\n".join(report(rows, equivalents)))
    return 0 if share_killed(rows, equivalents) >= LEAST_KILLED else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
