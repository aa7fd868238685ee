"""The rows of the status screen: a row for each finding, and for each part that is not checked yet."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from tvapp.core.diagnosis import Finding, Machine, Trouble, count

WAIT = "wait"
"""The key of the only row before anything is known."""
TROUBLES = "troubles"
"""The key of the row with the last warnings and errors of the log."""


@dataclass(frozen=True, slots=True)
class StatusRow:
    """A row: the finding of a check, a part that waits (`finding` is None), or the troubles."""

    key: str
    part: str
    finding: Finding | None = None
    is_current: bool = False
    """Whether the part is being checked."""


@dataclass(slots=True)
class Examination:
    """What is known so far of the diagnosis with a number; `machine` is None before it has begun."""

    number: int = 0
    machine: Machine | None = None
    parts: tuple[str, ...] = ()
    troubles: tuple[Trouble, ...] = ()
    findings: list[Finding] = field(default_factory=list)
    is_over: bool = False
    is_broken: bool = False
    """Whether it ended before every part was checked."""

    def hears(self, number: int) -> bool:
        """Tell whether a message about the diagnosis with a number is about this one."""
        return self.machine is not None and number == self.number

    def rows(self) -> tuple[StatusRow, ...]:
        """Return the rows in their order, the troubles last."""
        return tuple(self._rows())

    def _rows(self) -> Iterator[StatusRow]:
        done = {finding.name for finding in self.findings}
        current = next((part for part in self.parts if part not in done), "")
        for part in self.parts:
            found = [finding for finding in self.findings if finding.name == part]
            yield from (StatusRow(finding.id, part, finding) for finding in found)
            if not found and not self.is_over:
                yield StatusRow(part, part, is_current=part == current)
        yield StatusRow(TROUBLES, TROUBLES) if self.machine is not None else StatusRow(WAIT, "")

    def progress(self) -> tuple[int, int]:
        """Return how many parts are checked, and how many there are."""
        done = {finding.name for finding in self.findings}
        return len(done & set(self.parts)), len(self.parts)

    def failed(self) -> int:
        return count(self.findings, "fail")

    def warned(self) -> int:
        return count(self.findings, "warn")


def moved(key: str, former: Sequence[StatusRow], rows: Sequence[StatusRow]) -> int:
    """Return the index of the row with the focus after the rows have changed: the same row, or the one of its part."""
    keys = [row.key for row in rows]
    if key in keys:
        return keys.index(key)
    part = next((row.part for row in former if row.key == key), "")
    return next((index for index, row in enumerate(rows) if row.part == part), 0)
