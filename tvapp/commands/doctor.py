"""`tvapp doctor`: checks this TV part by part, and prints what it found and what to do about it."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from tvapp.commands.as_service import as_service
from tvapp.commands.console import tell
from tvapp.core.data_folder import DataFolder
from tvapp.core.diagnosis import Finding, Machine, Outcome, count
from tvapp.core.exit_status import EXIT_FAILED, EXIT_OK

if TYPE_CHECKING:
    from tvapp.app.diagnosis.standpoint import Standpoint

SCHEMA = 2
"""The version of the report in JSON; it grows only when a field goes or changes its meaning."""
MARKS: dict[Outcome, str] = {"pass": "ok  ", "warn": "WARN", "fail": "FAIL", "skip": "--  "}


def run_doctor(options: argparse.Namespace) -> int:
    """Check everything and print the findings; returns the exit status.

    As root it looks at the service, as the user of the service. It changes nothing on this machine.
    """
    at = as_service(options, _load_ahead)
    from tvapp.app.diagnosis.examination import this_machine

    machine = this_machine(str(at.data_dir))
    is_json: bool = options.json
    if not is_json:
        tell(_heading(machine))
    findings = _examine(at, may_write=options.write, quiet=is_json)
    tell(_report(machine, findings) if is_json else _summary(findings))
    return EXIT_FAILED if count(findings, "fail") else EXIT_OK


def _load_ahead() -> None:
    from tvapp.app.diagnosis.beside import load_ahead

    load_ahead()


def _examine(at: Standpoint, *, may_write: bool, quiet: bool) -> list[Finding]:
    """Carry the checks out; unless `quiet`, each is printed as soon as it is done."""
    from tvapp.app.diagnosis.beside import online_beside, surroundings_beside
    from tvapp.app.diagnosis.examination import examine
    from tvapp.app.diagnosis.standpoint import is_usable
    from tvapp.app.diagnosis.subject import Subject

    findings: list[Finding] = []

    def done(finding: Finding) -> None:
        findings.append(finding)
        if not quiet:
            tell(_lines(finding))
            sys.stdout.flush()

    with contextlib.ExitStack() as stack:
        around = stack.enter_context(surroundings_beside(DataFolder(at.data_dir)))
        usable = is_usable(at.loaded)
        online = stack.enter_context(online_beside(at.loaded.config, around)) if usable else None
        subject = Subject(at.loaded, at.environ, around, online, service_user=at.service_user, may_write=may_write)
        asyncio.run_coroutine_threadsafe(examine(subject, done), around.jobs.io_loop()).result()
    return findings


def _heading(machine: Machine) -> str:
    addresses = ", ".join(machine.addresses) or "no address"
    return f"{machine.host} ({addresses}), tvapp {machine.version}, as {machine.user}, {machine.data_dir}\n\n"


def _lines(finding: Finding) -> str:
    line = f"{MARKS[finding.outcome]} {finding.name:<11} {finding.found}\n"
    return line + (f"                 -> {finding.remedy}\n" if finding.remedy else "")


def _summary(findings: Sequence[Finding]) -> str:
    failed, warned = count(findings, "fail"), count(findings, "warn")
    warnings = f"{warned} warning{'s' if warned != 1 else ''}"
    if failed:
        return f"{failed} of {len(findings)} checks failed{f', {warnings}' if warned else ''}.\n"
    return f"Everything works, with {warnings}.\n" if warned else "Everything is fine.\n"


def _report(machine: Machine, findings: Sequence[Finding]) -> str:
    counts = {outcome: count(findings, outcome) for outcome in MARKS}
    report = {
        "schema": SCHEMA,
        "ok": not counts["fail"],
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": asdict(machine),
        "counts": counts,
        "checks": [asdict(finding) for finding in findings],
    }
    return json.dumps(report, indent=2, ensure_ascii=False) + "\n"
