"""A network cable in a process of its own, so that its threads and sockets do not count as the app's."""

from __future__ import annotations

import subprocess
import sys
from types import TracebackType
from typing import Self

from tests.cloud import ROOT
from tests.e2e.cable import Cable


class Outlet:
    """Forwards its `port` to another one while the cable is plugged in; with 0 the system chooses the port."""

    def __init__(self, target: int, port: int = 0) -> None:
        command = [sys.executable, "-m", "scripts.simulation.outlet", str(target), str(port)]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1, cwd=ROOT
        )
        self.port = int(self._answer())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(10)
        self._process.stdout.close()

    def pull(self) -> None:
        """Refuse new connections and close the open ones."""
        self._say("pull")

    def plug(self) -> None:
        """Accept connections again."""
        self._say("plug")

    def _say(self, word: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(word + "\n")
        self._process.stdin.flush()
        self._answer()

    def _answer(self) -> str:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, "the cable's process ended"
        return line.strip()


def main() -> None:
    """Carry out commands from standard input until it ends."""
    target, port = map(int, sys.argv[1:])
    cable = Cable(target)
    if port:
        cable.pull()
        cable.port = port
        cable.plug()
    print(cable.port, flush=True)
    for line in sys.stdin:
        getattr(cable, {"pull": "pull", "plug": "plug"}[line.strip()])()
        print("done", flush=True)


if __name__ == "__main__":
    main()
