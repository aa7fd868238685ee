"""One run: makes the image, starts the cloud, does the steps, and leaves pictures and a report."""

from __future__ import annotations

import contextlib
import fcntl
import json
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from scripts.tvbox_rig.base import Say, make_base
from scripts.tvbox_rig.cec import cec_steps
from scripts.tvbox_rig.image import make_disk, make_image
from scripts.tvbox_rig.journey import short_steps
from scripts.tvbox_rig.keys import key_steps
from scripts.tvbox_rig.machine import Machine, Parts
from scripts.tvbox_rig.other_gpu import gpu_steps
from scripts.tvbox_rig.steps import Step, carry_out, exit_status, summary
from scripts.tvbox_rig.troubles import trouble_steps
from scripts.tvbox_rig.tv import Tv
from scripts.tvbox_rig.tv_config import write_share
from scripts.tvbox_rig.upgrade import upgrade_steps
from tests.cloud import LocalCloud


@dataclass(frozen=True)
class Wanted:
    """What a run is to be made with."""

    package: Path
    suite: str
    gpu: str
    source: Path | None
    cache: Path


@contextlib.contextmanager
def box(wanted: Wanted, say: Say) -> Iterator[tuple[Machine, Mapping[str, str]]]:
    """Make a machine with a fresh disk, and a cloud for it; both end with the context.

    Raises:
        RuntimeError: another machine is on in the same folder.
    """
    folder = wanted.cache / "machine"
    folder.mkdir(parents=True, exist_ok=True)
    with contextlib.ExitStack() as stack:
        lock = stack.enter_context((folder / "lock").open("w"))
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise RuntimeError(f"another TV is on in {folder}; use another --cache, or wait") from error
        base = make_base(wanted.suite, wanted.cache, say)
        image = make_image(base, wanted.package, wanted.cache, say)
        # The basemap is painted once and kept: what a tile costs here is not what is measured.
        cloud = LocalCloud("--data-dir", str(wanted.cache / "cloud"), settings={}, real_tiles=True)
        stack.callback(cloud.stop)
        ready = {key: str(value) for key, value in cloud.ready.items()}
        write_share(folder / "share", ready, source=wanted.source is not None)
        make_disk(image, folder / "disk.qcow2")
        for old in ("journal.jsonl", "console.log", "qemu.log"):
            (folder / old).unlink(missing_ok=True)
        machine = Machine(
            Parts(base.kernel, base.initrd, folder / "disk.qcow2", folder / "share", wanted.source), folder
        )
        stack.callback(machine.pull_plug)
        yield machine, ready


PARTS = ("keys", "cec", "troubles", "packages", "cards")
"""What can follow the short journey, in this order."""


def journey(wanted: Wanted, pictures: Path, report: Path | None, say: Say, parts: Sequence[str]) -> int:
    """Do the short journey and some parts after it; returns 0 if every step has held."""
    began = time.monotonic()
    pictures.mkdir(parents=True, exist_ok=True)
    with box(wanted, say) as (machine, cloud):
        made_s = time.monotonic() - began
        say(f"the image and the cloud are there after {made_s:.0f} s; power on")
        tv = Tv(machine, cloud, pictures)
        results = carry_out(_steps(tv, wanted, parts), tv.keep_picture, say)
    seconds = time.monotonic() - began
    told = summary(results) | {
        "seconds": round(seconds, 1),
        "image_seconds": round(made_s, 1),
        "package": wanted.package.name,
        "suite": wanted.suite,
        "gpu": wanted.gpu,
        "parts": list(parts),
        "pictures": str(pictures),
    }
    if report is not None:
        report.write_text(json.dumps(told, indent=2) + "\n")
    say(
        f"{told['held']} steps held, {told['failed']} failed, {told['not_done']} not done, "
        f"in {seconds:.0f} s ({made_s:.0f} s of them for the image); pictures in {pictures}"
    )
    return exit_status(results)


def _steps(tv: Tv, wanted: Wanted, parts: Sequence[str]) -> list[Step]:
    steps = short_steps(tv, wanted.gpu)
    if "keys" in parts:
        steps += key_steps(tv)
    if "cec" in parts:
        steps += cec_steps(tv)
    if "troubles" in parts:
        steps += trouble_steps(tv)
    if "packages" in parts:
        steps += upgrade_steps(tv, wanted.package)
    if "cards" in parts:
        steps += gpu_steps(tv)
    return steps
