"""The command behind `scripts/tvbox`."""

from __future__ import annotations

import argparse
import contextlib
import os
import signal
import sys
from pathlib import Path

from scripts.tvbox_rig import hand
from scripts.tvbox_rig.base import make_base
from scripts.tvbox_rig.image import make_disk, make_image
from scripts.tvbox_rig.machine import GPUS, Machine, Parts
from scripts.tvbox_rig.tv_config import write_share
from tests.cloud import LocalCloud


def main() -> int:
    """Run one command; returns the exit status."""
    options = _options()
    folder = options.cache / "machine"
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
    return _up(options, folder)


def _up(options: argparse.Namespace, folder: Path) -> int:
    base = make_base(options.suite, options.cache, say)
    image = make_image(base, options.package, options.cache, say)
    with contextlib.ExitStack() as stack:
        cloud = LocalCloud(settings={}, real_tiles=True)
        stack.callback(cloud.stop)
        share = folder / "share"
        ready = {key: str(value) for key, value in cloud.ready.items()}
        write_share(share, ready, source=options.source is not None)
        disk = folder / "disk.qcow2"
        make_disk(image, disk)
        parts = Parts(base.kernel, base.initrd, disk, share, options.source, options.gpu)
        for old in ("journal.jsonl", "console.log", "qemu.log"):
            (folder / old).unlink(missing_ok=True)
        return hand.stay_on(Machine(parts, folder), ready)


def say(text: str) -> None:
    """Print progress."""
    print(text, file=sys.stderr, flush=True)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/tvbox")
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "tvbox"
    parser.add_argument("--cache", type=Path, default=cache, help="folder for images and the machine (~/.cache/tvbox)")
    commands = parser.add_subparsers(dest="command", required=True)
    up = commands.add_parser("up", help="switch a TV on and keep it on")
    up.add_argument("--package", type=Path, required=True, help="the .deb to install")
    up.add_argument("--suite", default="bookworm")
    up.add_argument("--gpu", choices=GPUS, default="virtio")
    up.add_argument("--source", type=Path, help="a source tree over the installed one")
    run = commands.add_parser("run", help="run a shell script in the TV as root")
    run.add_argument("script")
    picture = commands.add_parser("picture", help="save what is on the TV as a PNG")
    picture.add_argument("file", type=Path)
    key = commands.add_parser("key", help="press keys of the virtual keyboard, e.g. ret esc left alt-f2")
    key.add_argument("names", nargs="+")
    approve = commands.add_parser("approve", help="sign in with the code that the TV shows")
    approve.add_argument("--person", default="aino")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
