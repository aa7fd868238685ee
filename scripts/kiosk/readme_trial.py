"""The command behind `scripts/kiosk/try-readme`: types the commands of the installer's document on clean Debians.

The containers share the network of this machine, so the TV signs in against a local cloud here. They have no screen:
SDL draws on its dummy driver. The reader's editor is a program that writes a configuration for the local cloud.
"""

from __future__ import annotations

import argparse
import contextlib
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from scripts.kiosk.container import Container
from scripts.kiosk.deb_trial import WITHOUT_A_SCREEN, WITHOUT_A_SEAT, WITHOUT_CONSOLES
from scripts.kiosk.manual import Block, blocks, filled_in, script, typed
from scripts.kiosk.unit_state import Unit
from scripts.tvbox_rig.tv_config import config
from tests.cloud import LocalCloud
from tvapp.commands.phone import PageChanged, Phone

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
USER = "installer"
PACKAGE, CLONE, PYTHON, WAYLAND_HEADING = (
    "As a Debian package",
    "From a clone",
    "As a Python package",
    "By way of Wayland",
)
AFTERWARDS = ("Log", "Look at a screen from a desk")
"""Headings whose commands are for a TV that is installed, whichever way."""
HEADINGS = {PACKAGE, CLONE, PYTHON, WAYLAND_HEADING, *AFTERWARDS}
REPOSITORY = "YOUR-COPY-OF-THIS-REPOSITORY"
FRESH = "sudo,nano,less,iproute2"
"""What each fresh Debian has for a person, beside what boots."""
WITHIN_S = 60.0


class Reader:
    """A person with the document and sudo on one clean Debian; counts the stumbles."""

    def __init__(self, box: Container, suite: str) -> None:
        self._box = box
        self._suite = suite
        self.stumbles = 0

    def types(self, block: Block, words: Mapping[str, str], folder: str = "") -> None:
        """Type the commands of a block."""
        commands = filled_in(block, words)
        path = self._box.root / "srv/typed"
        path.write_text(script(commands), encoding="utf-8")
        done = self._box.tries("runuser", "-l", USER, "-c", f"cd ~/{folder} && bash /srv/typed")
        for result in typed(commands, done.stdout + done.stderr):
            # grep finds nothing on a TV that works.
            found_nothing = result.status == 1 and "| grep " in result.command and not result.output
            ended_well = result.status == 0 or found_nothing
            self.tells(f"$ {result.command}  ({result.seconds:.0f} s)", ended_well, result.output[-3000:])

    def sees(self, claim: str, holds: Callable[[], bool], found: Callable[[], object]) -> None:
        """Wait until something holds."""
        until = time.monotonic() + WITHIN_S
        while not (held := holds()) and time.monotonic() < until:
            time.sleep(1.0)
        self.tells(claim, held, "" if held else found())

    def tells(self, claim: str, holds: bool, found: object) -> None:
        """Print whether a claim holds, and if not what was found instead."""
        print(f"{'ok  ' if holds else 'FAIL'} {claim}" + ("" if holds else f"\n{found}"), flush=True)
        self.stumbles += not holds


def package_way(suite: str, text: Mapping[str, list[Block]], cloud: LocalCloud, repository: str) -> int:
    """Build the package on one Debian, install it on another."""
    build, install = text[PACKAGE]
    with tempfile.TemporaryDirectory(prefix="tvapp-readme-") as folder:
        package = Path(folder)
        with fresh(suite, cloud) as box:
            reader = Reader(box, suite)
            reader.types(build, {REPOSITORY: repository, "build-deb bookworm": f"build-deb {suite}"})
            for found in (box.root / f"home/{USER}").glob(f"tvapp/build/deb/{suite}/*.deb"):
                shutil.copy(found, package)
            stumbles = reader.stumbles
        with fresh(suite, cloud) as box:
            for found in package.glob("*.deb"):
                shutil.copy(found, box.root / f"home/{USER}")
            reader = Reader(box, suite)
            reader.types(install, {})
            _use(reader, box, text, cloud)
            _wayland(reader, box, text)
            return stumbles + reader.stumbles


def clone_way(suite: str, text: Mapping[str, list[Block]], cloud: LocalCloud, repository: str) -> int:
    """Install from a clone."""
    with fresh(suite, cloud) as box:
        reader = Reader(box, suite)
        for block in text[CLONE]:
            reader.types(block, {REPOSITORY: repository})
        _use(reader, box, text, cloud)
        return reader.stumbles


def python_way(suite: str, text: Mapping[str, list[Block]], cloud: LocalCloud, repository: str) -> int:
    """Install into a virtual environment."""
    with fresh(suite, cloud) as box:
        reader = Reader(box, suite)
        for block in text[PYTHON]:
            reader.types(block, {REPOSITORY: repository})
        return reader.stumbles


WAYS = {"package": package_way, "clone": clone_way, "python": python_way}


def _use(reader: Reader, box: Container, text: Mapping[str, list[Block]], cloud: LocalCloud) -> None:
    unit = Unit(box, "tvapp")
    ready = {key: str(value) for key, value in cloud.ready.items()}
    with Phone(ready) as phone:

        def shows_the_map() -> bool:
            # Codes of `doctor` wait too.
            with contextlib.suppress(PageChanged):
                while True:
                    phone.control("POST", "/sign-in", {"user_code": phone.waiting_code(), "person": "aino"})
            return "Showing the map" in unit.shows("StatusText")

        reader.sees("signed in from a phone, systemd says that it shows the map", shows_the_map, unit.log)
    reader.sees("the service starts with the machine", lambda: unit.has("enabled"), lambda: "")
    for heading in AFTERWARDS:
        for block in text[heading]:
            reader.types(block, {})
    pictures = box.root / "var/lib/tvapp/screenshots"
    reader.sees("a picture of the screen is saved", lambda: any(pictures.glob("*.png")), unit.log)


def _wayland(reader: Reader, box: Container, text: Mapping[str, list[Block]]) -> None:
    unit = Unit(box, "tvapp-cage")
    for block in text[WAYLAND_HEADING]:
        reader.types(block, {})
    reader.sees(
        "under Wayland, systemd says that it shows the map",
        lambda: "Showing the map" in unit.shows("StatusText"),
        unit.log,
    )


@contextlib.contextmanager
def fresh(suite: str, cloud: LocalCloud) -> Iterator[Container]:
    """Boot a clean Debian with a person's account and this machine's way to the Internet."""
    with tempfile.TemporaryDirectory(prefix="tvapp-readme-") as folder:
        root = Path(folder) / "root"
        subprocess.run([str(HERE / "suite-root"), suite, "clean", str(root)], check=True)
        for name in ("/etc/pip.conf", "/etc/ssl/certs/ca-certificates.crt"):
            if Path(name).exists():
                shutil.copy(name, root / name[1:])
        (root / "etc/hosts").write_text(f"127.0.0.1 localhost\n127.0.1.1 {socket.gethostname()}\n", encoding="utf-8")
        (root / "etc/hostname").write_text(socket.gethostname() + "\n", encoding="utf-8")
        # The reader answers apt with "yes".
        (root / "etc/apt/apt.conf.d/yes").write_text('APT::Get::Assume-Yes "true";\n', encoding="utf-8")
        shutil.copy(cloud.ca_bundle, root / "srv/ca.pem")
        (root / "srv/ca.pem").chmod(0o644)
        ready = {key: str(value) for key, value in cloud.ready.items()}
        (root / "srv/config.toml").write_text(
            config(ready).replace("/etc/tvapp/ca.pem", "/srv/ca.pem"), encoding="utf-8"
        )
        editor = root / "usr/local/bin/fill-in"
        editor.write_text('#!/bin/sh\ncat /srv/config.toml >"$1"\n', encoding="utf-8")
        editor.chmod(0o755)
        with Container(root) as box:
            for unit, lines in (("tvapp", WITHOUT_A_SCREEN), ("tvapp-cage", WITHOUT_A_SEAT)):
                drop_in = root / f"etc/systemd/system/{unit}.service.d/no-screen.conf"
                drop_in.parent.mkdir(parents=True)
                drop_in.write_text(lines if box.has_consoles else lines + WITHOUT_CONSOLES, encoding="utf-8")
            box.run("apt-get", "-qq", "update")
            box.run("apt-get", "-qq", "install", "--no-install-recommends", *FRESH.split(","))
            box.run("useradd", "--create-home", "--shell", "/bin/bash", "--groups", "sudo", USER)
            rules = f"{USER} ALL=(ALL:ALL) NOPASSWD: ALL\nDefaults env_keep += SDL_VIDEODRIVER\n"
            (root / "etc/sudoers.d/trial").write_text(rules, encoding="utf-8")
            profile = "export EDITOR=/usr/local/bin/fill-in SDL_VIDEODRIVER=dummy\n"
            (root / "etc/profile.d/trial.sh").write_text(profile, encoding="utf-8")
            yield box


@contextlib.contextmanager
def served() -> Iterator[str]:
    """Serve the last commit of this repository; yields its URL."""
    with tempfile.TemporaryDirectory(prefix="tvapp-readme-") as folder:
        clone = ["git", "clone", "--quiet", "--bare", "--depth=1", f"file://{ROOT}", f"{folder}/tvapp.git"]
        subprocess.run(clone, check=True)
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        daemon = ["git", "daemon", "--listen=127.0.0.1", f"--port={port}", "--export-all", f"--base-path={folder}"]
        process = subprocess.Popen(daemon)
        try:
            yield f"git://127.0.0.1:{port}/tvapp.git"
        finally:
            process.terminate()
            process.wait()


def main() -> int:
    """Go the ways of the document on a suite; returns the exit status."""
    parser = argparse.ArgumentParser(prog="scripts/kiosk/try-readme", allow_abbrev=False)
    parser.add_argument("suite", nargs="?", choices=("bookworm", "trixie"), default="bookworm")
    parser.add_argument("--way", choices=WAYS, action="append")
    options = parser.parse_args()
    text: dict[str, list[Block]] = {}
    for block in blocks((HERE / "README.md").read_text(encoding="utf-8")):
        text.setdefault(block.heading, []).append(block)
    cloud = LocalCloud(settings={}, real_tiles=False)
    stumbles = 0
    try:
        with served() as repository:
            for way in options.way or WAYS:
                print(f"--   {way}, {options.suite}", flush=True)
                stumbles += WAYS[way](options.suite, text, cloud, repository)
    finally:
        cloud.stop()
    print(f"{stumbles} stumbles" if stumbles else "Nothing made the reader stumble.")
    return 1 if stumbles else 0


if __name__ == "__main__":
    sys.exit(main())
