"""Keeps a TV on for trying things by hand: switch on, run commands in it, take pictures, press keys, sign in."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path

from scripts.tvbox_rig.guest_client import Guest
from scripts.tvbox_rig.machine import Machine
from scripts.tvbox_rig.qmp import Qmp
from tvapp.commands.phone import Phone

CLOUD_FILE = "cloud.json"


def stay_on(machine: Machine, cloud: Mapping[str, str], gpu: str) -> int:
    """Switch the machine on and wait until it goes off, or Ctrl-C; returns an exit status."""
    (machine.folder / CLOUD_FILE).write_text(json.dumps(dict(cloud)))
    machine.power_on(gpu)
    print(f"The TV is on (process {machine.pid}); Ctrl-C pulls the plug. Its files: {machine.folder}", flush=True)
    try:
        return machine.wait()
    except KeyboardInterrupt:
        return 0


def run(folder: Path, script: str) -> int:
    """Run a shell script as root in the TV that is on; returns its exit status."""
    guest = Guest(folder / "agent.sock")
    done = guest.run(script, timeout_s=300.0)
    sys.stdout.write(done.output)
    return done.status if done.status >= 0 else 255


def picture(folder: Path, path: Path) -> int:
    """Save what is on the TV that is on."""
    Qmp(folder / "qmp.sock").picture(path.resolve())
    return 0


def keys(folder: Path, names: list[str]) -> int:
    """Press keys of the virtual keyboard one after another; "alt-f2" is two keys at once."""
    qmp = Qmp(folder / "qmp.sock")
    for name in names:
        qmp.press(*name.split("-"))
    return 0


def approve(folder: Path, person: str) -> int:
    """Sign a person in with the code that the TV shows."""
    cloud = json.loads((folder / CLOUD_FILE).read_text())
    with Phone(cloud) as phone:
        phone.control("POST", "/sign-in", {"user_code": phone.waiting_code(), "person": person})
    return 0
