"""The TV as those outside know it: its picture, its log, its remote, its plug, and a shell for the operator."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path

import PIL.Image

from scripts.tvbox_rig import pictures
from scripts.tvbox_rig.guest_client import Guest, GuestError
from scripts.tvbox_rig.journal import Entry, Journal
from scripts.tvbox_rig.machine import Machine
from scripts.tvbox_rig.qmp import QmpError
from scripts.tvbox_rig.steps import NotMetError

WITHIN_S = 150.0
"""An emulated machine is twenty times slower than a mini PC, and CI shares its processors."""
BOOT_WITHIN_S = 300.0
LOOK_S = 1.0
TYPED = {" ": ("spc",), "/": ("slash",), "-": ("minus",), ".": ("dot",), "\n": ("ret",)}


class Tv:
    """One TV in its box; `folder` is for the pictures that are kept."""

    def __init__(self, machine: Machine, cloud: Mapping[str, str], folder: Path) -> None:
        self.machine = machine
        self.cloud = cloud
        self.folder = folder
        self.journal = Journal(machine.journal)
        self._latest = machine.folder / "screen.png"

    @property
    def guest(self) -> Guest:
        """The shell in the guest."""
        return self.machine.guest

    # -- the log -------------------------------------------------------------------------------------------------

    def mark(self) -> int:
        """Return the place in the journal up to which everything is old."""
        return self.journal.read()

    def event(
        self,
        name: str,
        mark: int,
        test: Callable[[Entry], bool] = lambda _entry: True,
        within_s: float = WITHIN_S,
    ) -> Entry:
        """Wait for an event of tvapp's log after a mark.

        Raises:
            NotMetError: it does not come; the text names the last events that came.
        """
        found = self.journal.wait(mark, lambda entry: entry.event == name and test(entry), within_s)
        if found is None:
            events = [entry.event for entry in self.journal.entries[mark:] if entry.event]
            raise NotMetError(f"no {name} within {within_s:.0f} s; logged: {', '.join(events[-8:]) or 'nothing'}")
        return found

    def settled(self, mark: int, within_s: float = WITHIN_S) -> Entry:
        """Wait until the map has come to rest, complete."""
        return self.event("map.settled", mark, lambda entry: entry.fields["missing"] == 0, within_s)

    def after_power_on(self, entry: Entry) -> float:
        """Return how many seconds after power-on an entry was written."""
        return entry.at - self.machine.powered_on_at

    def now_after_power_on(self) -> float:
        """Return how many seconds after power-on it is."""
        return time.time() - self.machine.powered_on_at

    # -- the picture ---------------------------------------------------------------------------------------------

    def picture(self) -> PIL.Image.Image:
        """Take a picture of the screen from outside."""
        self.machine.qmp.picture(self._latest)
        return pictures.load(self._latest)

    def picture_with(
        self, what: str, test: Callable[[PIL.Image.Image], bool], within_s: float = WITHIN_S
    ) -> PIL.Image.Image:
        """Take pictures until one passes the test.

        Raises:
            NotMetError: none does; `what` says what was looked for.
        """
        until = time.monotonic() + within_s
        while not test(image := self.picture()):
            if time.monotonic() > until:
                state = "black" if pictures.is_black(image) else f"{pictures.lit_share(image):.1%} of it is lit"
                raise NotMetError(f"no picture with {what} within {within_s:.0f} s; the picture: {state}")
            time.sleep(LOOK_S)
        return image

    def steady_picture(self, within_s: float = 60.0) -> PIL.Image.Image:
        """Take pictures until three in a row show the same map: what fades in takes a moment."""
        until = time.monotonic() + within_s
        before, alike = self.picture(), 0
        while alike < 2 and time.monotonic() < until:
            time.sleep(LOOK_S)
            image = self.picture()
            same = pictures.changed_share(before, image, pictures.map_box(image.size)) == 0
            before, alike = image, alike + 1 if same else 0
        return before

    def scan(self, within_s: float = BOOT_WITHIN_S) -> str:
        """Hold a phone's camera to the screen until it sees a QR code; returns what is in it."""
        found: list[str] = []

        def sees(image: PIL.Image.Image) -> bool:
            found[:] = [pictures.scan_qr(self._latest)] if not pictures.is_black(image) else [""]
            return found[0] != ""

        self.picture_with("a QR code", sees, within_s)
        return found[0]

    def keep_picture(self, name: str) -> str:
        """Take a picture and keep it under a name; returns the name of the file, or why there is none."""
        path = self.folder / f"{name}.png"
        try:
            self.machine.qmp.picture(path.resolve())
        except (OSError, QmpError) as error:
            return f"none: {error}"
        return path.name

    # -- the plug, the keyboard, the operator ---------------------------------------------------------------------

    def type(self, text: str) -> None:
        """Type a text of small letters and digits on the virtual keyboard."""
        for character in text:
            self.machine.qmp.press(*TYPED.get(character, (character,)))
            time.sleep(0.15)

    def wait_for_shell(self, within_s: float = BOOT_WITHIN_S) -> None:
        """Wait until the guest carries out commands."""
        until = time.monotonic() + within_s
        while True:
            try:
                self.guest.check("true", 10.0)
                return
            except GuestError:
                if time.monotonic() > until:
                    raise
                time.sleep(1.0)

    def until(self, what: str, script: str, within_s: float = WITHIN_S) -> str:
        """Run a script in the guest until it succeeds; returns its output.

        Raises:
            NotMetError: it does not; `what` says what was waited for.
        """
        until = time.monotonic() + within_s
        while (done := self.guest.run(script)).status != 0:
            if time.monotonic() > until:
                raise NotMetError(f"not within {within_s:.0f} s: {what}; last: {done.output.strip()[-200:]}")
            time.sleep(1.0)
        return done.output.strip()

    def unit(self, name: str) -> str:
        """Return a property of tvapp's unit, as systemd has it now."""
        return self.guest.check(f"systemctl show --value --property={name} tvapp.service")
