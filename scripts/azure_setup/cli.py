"""The four commands: options, what is printed, exit statuses."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from scripts.azure_setup import engine
from scripts.azure_setup.az import Az, AzFailed, NotUsable
from scripts.azure_setup.commands import check, provision, rotate_keys, teardown
from scripts.azure_setup.session import Session
from scripts.azure_setup.status import FAILED, UNUSABLE, USAGE
from scripts.azure_setup.wanted import add_options, wanted_from

COMMANDS: dict[str, tuple[Callable[[Session], int], str]] = {
    "provision": (provision.run, "Set up everything that tvapp needs in Azure. A further run does what is left."),
    "check": (check.run, "Compare the tenant with what tvapp needs; name each gap and the command that closes it."),
    "teardown": (teardown.run, "Remove what provision made, and nothing else."),
    "rotate-keys": (rotate_keys.run, "Renew the keys of the Maps account, one a run, without a gap for the screens."),
}
STATUSES = """exit status: 0 done, nothing missing; 1 something is missing, or a command failed; 2 wrong options;
3 az is not installed or not signed in; 4 somebody with more rights has to go on"""


def main(name: str, argv: Sequence[str] | None = None, az: Az | None = None) -> int:
    """Run one of the commands; returns the exit status."""
    work, summary = COMMANDS[name]
    parser = argparse.ArgumentParser(
        prog=f"scripts/azure/{name}", description=summary, epilog=STATUSES, fromfile_prefix_chars="@"
    )
    _own_options(parser, name)
    add_options(parser)
    options = parser.parse_args(argv)
    try:
        wanted = wanted_from(options)
    except ValueError as error:
        print(f"{parser.prog}: {error}", file=sys.stderr)
        return USAGE
    az = az or Az()
    try:
        return work(Session(wanted, az, options, print))
    except NotUsable as failure:
        remedy = "" if "not installed" in failure.reason else "\nSign in with: az login"
        print(f"\n{failure.reason}{remedy}", file=sys.stderr)
        return UNUSABLE
    except AzFailed as failure:
        print(f"\nStopped: {failure}\nRun the same command again: it goes on from here.", file=sys.stderr)
        return FAILED
    except (engine.NotDone, OSError) as failure:
        print(f"\nStopped: {failure}", file=sys.stderr)
        return FAILED
    except KeyboardInterrupt:
        print("\nInterrupted. Run the same command again: it goes on from here.", file=sys.stderr)
        return FAILED


def _own_options(parser: argparse.ArgumentParser, name: str) -> None:
    add = parser.add_argument
    add("--dry-run", action="store_true", help="change nothing; print every command")
    if name == "provision":
        add("--config", type=Path, default=Path("config.toml"), metavar="FILE",
            help="configuration file to write for the screens (default: %(default)s)")  # fmt: skip
        add("--keys-file", type=Path, metavar="FILE",
            help="with --auth shared-key: write the keys into this private file")  # fmt: skip
    elif name == "teardown":
        add("--yes", action="store_true", help="do not ask")
        add("--keep-geofences", action="store_true", help="leave the storage account and its container")
    elif name == "rotate-keys":
        add("--keys-file", type=Path, required=True, metavar="FILE",
            help="private file with both keys, one a line, as the screens have it")  # fmt: skip
        add("--distributed", action="store_true", help="every screen has this file as it is; do not ask")
        add("--key", choices=("primary", "secondary"), help="which one to renew (default: the older one)")
