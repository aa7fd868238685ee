"""Commands, flags and exit codes."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Sequence
from pathlib import Path

from tvapp.core.exit_status import EXIT_OK, MEANINGS

_PLACE = re.compile(r"-\d+(\.\d+)?,.*")
"""A place in the west: argparse would take its minus sign for that of a flag."""


def run(arguments: Sequence[str]) -> int:
    """Carry out a command line; returns the exit status."""
    options = parse(arguments)
    command: str = options.command or "run"
    if command == "version":
        from tvapp.commands.version import exact_version

        print(f"tvapp {exact_version()}")
        return EXIT_OK
    if command == "demo":
        from tvapp.commands.demo import run_demo

        return run_demo(options)
    if command == "config":
        from tvapp.commands.config_check import run_config_check

        return run_config_check(options)
    if command == "doctor":
        from tvapp.commands.doctor import run_doctor

        return run_doctor(options)
    if command == "ctl":
        from tvapp.commands.ctl import run_ctl

        return run_ctl(options)
    if command == "lock":
        from tvapp.commands.lock_pattern import run_lock

        return run_lock()
    if command == "sign-out":
        from tvapp.commands.sign_out import run_sign_out

        return run_sign_out(options)
    if command == "usage":
        from tvapp.commands.usage import run_usage

        return run_usage(options)
    from tvapp.commands.run import run_app

    return run_app(options)


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """Read a command line; ends the process with status 2 and a hint when it is wrong."""
    # Defaults are no business of the parsers: those of a subcommand would undo the flags that stand before it.
    unset = argparse.Namespace(
        command=None, config=None, windowed=None, log_file=None, log_format="text", data_dir=None
    )
    # A word with a space in front is no flag.
    words = [f" {word}" if _PLACE.fullmatch(word) else word for word in arguments]
    return build_parser().parse_args(words, unset)


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of the whole command line, which the reference is made from too."""
    common = argparse.ArgumentParser(add_help=False, argument_default=argparse.SUPPRESS)
    common.add_argument("--config", metavar="FILE", type=Path, help="configuration file (TOML)")
    common.add_argument("--windowed", metavar="WxH", type=_size, help="a window of this size, not the whole screen")
    common.add_argument("--log-file", metavar="FILE", type=Path, help="write the log to this file too")
    common.add_argument("--log-format", choices=("text", "json"), help="form of the log lines (text)")
    common.add_argument("--data-dir", metavar="DIR", type=Path, help="where tokens, tiles and state are kept")

    parser = argparse.ArgumentParser(
        prog="tvapp",
        description="Geofences on the big screen: Azure Maps on a TV, signed in from a phone, driven by a remote.",
        epilog="exit status:\n" + "".join(f"  {status}  {meaning}\n" for status, meaning in MEANINGS.items()),
        formatter_class=argparse.RawDescriptionHelpFormatter,
        parents=[common],
    )
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    commands.add_parser("run", parents=[common], help="show the map (what plain `tvapp` does)")
    demo = commands.add_parser("demo", parents=[common], help="the same against a local cloud: no account, no network")
    demo.add_argument("--lan", action="store_true", help="open the sign-in page to phones on this network")
    demo.add_argument(
        "--journey",
        metavar="DIR",
        type=Path,
        default=None,
        help="run the sample journey off-screen and leave numbered screenshots in DIR",
    )
    config = commands.add_parser("config", parents=[common], help="`check`: read the configuration, and explain it")
    config.add_argument("action", choices=("check",), help="what to do")
    config.add_argument("--json", action="store_true", help="print one JSON object")
    doctor = commands.add_parser("doctor", parents=[common], help="check this TV part by part, and say what to do")
    doctor.add_argument("--json", action="store_true", help="print one JSON object")
    doctor.add_argument("--write", action="store_true", help="write a geofence into the store too, and remove it")
    ctl = commands.add_parser(
        "ctl",
        parents=[common],
        help="steer the tvapp that runs on this machine: "
        "`status`, `screenshot FILE`, `show VIEW`, `wake`, `message TEXT`, `sign-out`, `restart`",
        description="Steers the tvapp that runs on this machine with the same data folder, as its user or as root.",
        epilog="VIEW is home, tour, LON,LAT or LON,LAT,ZOOM, or the id or name of a geofence. FILE may be - for "
        "standard output.",
    )
    ctl.add_argument(
        "action", choices=("status", "screenshot", "show", "wake", "message", "sign-out", "restart"), help="what to do"
    )
    ctl.add_argument("argument", nargs="?", default=None, metavar="FILE|VIEW|TEXT", help="what to do it with")
    ctl.add_argument(
        "--for",
        dest="seconds",
        metavar="SECONDS",
        type=float,
        default=None,
        help="how long a message stays, unless it is closed before (60)",
    )
    commands.add_parser("sign-out", parents=[common], help="forget the account and everything that belongs to it")
    commands.add_parser("lock", parents=[common], help="make the hash of a lock pattern for the configuration")
    usage = commands.add_parser("usage", parents=[common], help="show how the Azure Maps account and this TV are used")
    usage.add_argument("--json", action="store_true", help="print one JSON object")
    usage.add_argument("--days", metavar="N", type=_days, default=7, help="of the last N days, 1 to 30 (7)")
    commands.add_parser("version", parents=[common], help="print the version")
    return parser


def _days(text: str) -> int:
    """Azure Monitor answers for at most thirty days at once."""
    if text.isdecimal() and 1 <= int(text) <= 30:
        return int(text)
    raise argparse.ArgumentTypeError(f"{text!r} is not a number of days from 1 to 30")


def _size(text: str) -> tuple[int, int]:
    width, separator, height = text.lower().partition("x")
    if (
        separator
        and width.isdecimal()
        and height.isdecimal()
        and 320 <= int(width) <= 7680
        and 240 <= int(height) <= 4320
    ):
        return int(width), int(height)
    raise argparse.ArgumentTypeError(f"{text!r} is not a size such as 1280x720 (320x240 to 7680x4320)")


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]))
