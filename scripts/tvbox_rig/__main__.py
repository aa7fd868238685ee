"""The command behind `scripts/tvbox`."""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

from scripts.tvbox_rig import hand
from scripts.tvbox_rig.machine import GPUS
from scripts.tvbox_rig.session import ON_REQUEST, PARTS, Wanted, box, journey

TOOLS = {
    "qemu-system-x86_64": "qemu-system-x86",
    "qemu-img": "qemu-utils",
    "mmdebstrap": "mmdebstrap",
    "mke2fs": "e2fsprogs",
    "zbarimg": "zbar-tools",
    "dpkg-deb": "dpkg",
}
ROOT = Path(__file__).parent.parent.parent
CANNOT = 2


def main() -> int:
    """Run one command; returns the exit status: 0, 1 (a step did not hold) or 2 (this machine cannot do it)."""
    options = _options()
    folder = options.cache / "machine"
    # A shell starts jobs in the background with SIGINT ignored.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    match options.command:
        case "run":
            return hand.run(folder, options.script)
        case "picture":
            return hand.picture(folder, options.file)
        case "key":
            return hand.keys(folder, options.names)
        case "approve":
            return hand.approve(folder, options.person)
    if reason := cannot():
        say(f"tvbox: {reason}")
        return CANNOT
    try:
        package = options.package or build_package(options.suite)
        wanted = Wanted(package.resolve(), options.suite, options.gpu, options.source, options.cache)
        if options.command == "up":
            with box(wanted, say) as (machine, cloud):
                return hand.stay_on(machine, cloud, wanted.gpu)
        parts = [] if options.short else options.part or PARTS
        return journey(wanted, options.pictures.resolve(), options.json, say, parts)
    except (RuntimeError, OSError, subprocess.CalledProcessError) as error:
        say(f"tvbox: {error}")
        return CANNOT


def cannot() -> str:
    """Return why this machine cannot run a TV in a box; empty if it can."""
    lacking = [package for tool, package in TOOLS.items() if shutil.which(tool) is None]
    if lacking:
        return f"tools are missing: apt-get install {' '.join(lacking)}"
    if os.geteuid() != 0:
        return "root is needed to make the image: run it with sudo"
    return ""


def build_package(suite: str) -> Path:
    """Build the package of this source tree; returns its path."""
    output = subprocess.check_output([str(ROOT / "scripts/kiosk/build-deb"), suite], text=True)
    return Path(output.splitlines()[-1])


def say(text: str) -> None:
    """Print progress."""
    print(text, file=sys.stderr, flush=True)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="scripts/tvbox",
        allow_abbrev=False,
        description="Boot a TV in QEMU with the package, and go through everything that happens to one.",
    )
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "tvbox"
    parser.add_argument("--cache", type=Path, default=cache, help="folder for images and the machine (~/.cache/tvbox)")
    parser.add_argument("--package", type=Path, help="the .deb to try (default: built from this source tree)")
    parser.add_argument("--suite", default="bookworm", help="Debian's suite: bookworm or trixie (bookworm)")
    parser.add_argument("--gpu", choices=sorted(GPUS), default="virtio", help="graphics card (virtio)")
    parser.add_argument("--source", type=Path, help="source tree to mount over the installed one")
    parser.add_argument("--short", action="store_true", help="power-on, QR code, sign-in and an arrow, nothing else")
    parser.add_argument(
        "--part",
        action="append",
        choices=(*PARTS, *ON_REQUEST),
        help="of the whole journey, only this part (can be repeated); endurance is no part of the whole",
    )
    parser.add_argument("--pictures", type=Path, default=Path("build/tvbox"), help="folder for pictures (build/tvbox)")
    parser.add_argument("--json", type=Path, help="file for the report")
    commands = parser.add_subparsers(dest="command", title="by hand")
    commands.add_parser("up", help="switch a TV on and keep it on, for the commands below")
    run = commands.add_parser("run", help="run a shell script in it as root")
    run.add_argument("script")
    picture = commands.add_parser("picture", help="save what is on its screen as a PNG")
    picture.add_argument("file", type=Path)
    key = commands.add_parser("key", help="press keys of its keyboard: ret esc left alt-f2 ...")
    key.add_argument("names", nargs="+")
    approve = commands.add_parser("approve", help="sign in with the code that it shows")
    approve.add_argument("--person", default="aino", help="aino, ben or carla (aino)")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
