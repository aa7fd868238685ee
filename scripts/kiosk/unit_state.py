"""Asks systemd in a container what a unit does, and the journal what it said."""

from __future__ import annotations

from scripts.kiosk.container import Container


class Unit:
    """One unit of a container's system manager."""

    def __init__(self, box: Container, name: str) -> None:
        self._box = box
        self._name = name

    def has(self, state: str) -> bool:
        """Tell whether `systemctl is-STATE` answers with that state: "active" or "enabled"."""
        return self._box.tries("systemctl", f"is-{state}", self._name).stdout.strip() == state

    def shows(self, name: str) -> str:
        """Return a property of the unit."""
        return self._box.run("systemctl", "show", "-P", name, self._name)

    def main_pid(self) -> str:
        """Return the number of its process; "0" stands for none."""
        return self.shows("MainPID")

    def was_started_again(self, former: str) -> bool:
        """Tell whether a process other than the former one runs."""
        return self.main_pid() not in (former, "0") and self.has("active")

    def log(self) -> str:
        """Return all that it has written to the journal."""
        return self._box.run("journalctl", "-u", self._name, "-o", "cat", "--no-pager")
