"""Boots a root folder in a container (systemd-nspawn) and runs commands in it."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

BOOTS_WITHIN_S = 120.0
ENDS_WITHIN_S = 60.0
CONSOLES = ("/dev/tty0", "/dev/tty1", "/dev/tty7")
"""Virtual consoles of this machine that the container gets: the one in front, that of the login prompt, tvapp's."""


class Container:
    """A Debian that runs beside this one and shares its kernel, network and, where there are any, virtual consoles."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.consoles = tuple(name for name in CONSOLES if Path(name).exists() and _opens(name))
        self._process: subprocess.Popen[bytes] | None = None
        self._pid = 0

    @property
    def has_consoles(self) -> bool:
        """Tell whether there are virtual consoles to try the unit's console settings on."""
        return self.consoles == CONSOLES

    def __enter__(self) -> Container:
        """Boot, and wait until systemd has started everything."""
        command = ["systemd-nspawn", "--quiet", "--register=no", "--keep-unit", "--boot", f"--directory={self.root}"]
        command += ["--console=pipe", *(f"--bind={name}" for name in self.consoles)]
        with (self.root.parent / "console.log").open("wb") as log:
            self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT)
        until = time.monotonic() + BOOTS_WITHIN_S
        while time.monotonic() < until and self._process.poll() is None:
            self._pid = self._pid or _child_of(self._process.pid)
            if self._pid and self.tries("systemctl", "is-system-running").stdout.strip() in ("running", "degraded"):
                return self
            time.sleep(0.5)
        raise SystemExit(f"the container does not boot: {(self.root.parent / 'console.log').read_text()[-2000:]}")

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Switch the container off."""
        assert self._process is not None
        self.tries("systemctl", "poweroff")
        try:
            self._process.wait(ENDS_WITHIN_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def tries(self, *command: str, environment: Sequence[str] = ()) -> subprocess.CompletedProcess[str]:
        """Run a command in the container as root; returns how it ended."""
        enter = ["nsenter", f"--target={self._pid}", "--mount", "--uts", "--ipc", "--net", "--pid", "--cgroup"]
        clean = ["env", "-i", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C.UTF-8", "DEBIAN_FRONTEND=noninteractive"]
        return subprocess.run(
            [*enter, "--root", "--wd", *clean, *environment, *command],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )

    def run(self, *command: str) -> str:
        """Run a command in the container as root; returns its output, or ends the trial where it fails."""
        done = self.tries(*command)
        if done.returncode != 0:
            raise SystemExit(
                f"{' '.join(command)} ended with {done.returncode}:\n{(done.stdout + done.stderr)[-4000:]}"
            )
        return done.stdout.strip()


def console_in_front() -> str:
    """Return the name of the virtual console that the screen of this machine shows, such as "tty1"."""
    return Path("/sys/class/tty/tty0/active").read_text(encoding="ascii").strip()


def _opens(name: str) -> bool:
    try:
        with Path(name).open("r+b", buffering=0):
            return True
    except OSError:
        return False


def _child_of(pid: int) -> int:
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    return int(children[0]) if children else 0
