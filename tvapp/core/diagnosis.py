"""What a diagnosis of this TV found: plain values, for the command line, the report in JSON and the screen."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from tvapp.core.jobs import JobResult

Outcome = Literal["pass", "warn", "fail", "skip"]
"""Works; works, but is worth a look; does not work; was not checked, because another check failed."""

WORST_FIRST: tuple[Outcome, ...] = ("fail", "warn", "skip", "pass")


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of one check.

    `id` is unique in a report; `name` is the part of the TV that it belongs to, which several checks may
    share. `looked_at` is what was checked. `fault` names what is wrong, for machines; it is empty for a pass and a
    skip. `because` is the id of the check that has to be right first, for a skip. `details` are the facts in `found`.
    """

    id: str
    name: str
    outcome: Outcome
    looked_at: str
    found: str
    remedy: str = ""
    fault: str = ""
    because: str = ""
    details: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Machine:
    """Which TV this is: what an administrator wants to know first."""

    host: str
    addresses: tuple[str, ...]
    version: str
    user: str
    data_dir: str


@dataclass(frozen=True, slots=True)
class Trouble:
    """A warning or an error of the log: the wall time, the name of the event, and its fields in short."""

    at: float
    level: str
    event: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class ExaminationBegan(JobResult):
    """A diagnosis begins: the TV, the names of the parts that are checked, in order, and the TV's last troubles.

    Each has a number, greater than that of the one before.
    """

    service = "diagnosis"
    number: int
    machine: Machine
    parts: tuple[str, ...]
    troubles: tuple[Trouble, ...] = ()


@dataclass(frozen=True, slots=True)
class FindingMade(JobResult):
    """One more check of a diagnosis is done."""

    service = "diagnosis"
    number: int
    finding: Finding


@dataclass(frozen=True, slots=True)
class ExaminationEnded(JobResult):
    """Every check of a diagnosis is done."""

    service = "diagnosis"
    number: int


@dataclass(slots=True)
class Findings:
    """The findings so far, in the order in which they were made."""

    made: list[Finding] = field(default_factory=list)

    def blocker(self, *names: str) -> str:
        """Return the id of the first finding of these names or ids that failed or was skipped; "" if there is none."""
        for finding in self.made:
            if finding.outcome in ("fail", "skip") and (finding.name in names or finding.id in names):
                return finding.because or finding.id
        return ""


def count(findings: Iterable[Finding], outcome: Outcome) -> int:
    """Return how many findings have an outcome."""
    return sum(finding.outcome == outcome for finding in findings)
