"""Carries a diagnosis out: one check after the other, each finding told as soon as it is made."""

from __future__ import annotations

import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tvapp.app.diagnosis import identity, machine, network, services
from tvapp.app.diagnosis.picture import display
from tvapp.app.diagnosis.subject import Examine, ExamineOnline, Subject
from tvapp.core.diagnosis import Finding, Machine
from tvapp.core.version import full_version
from tvapp.host import account
from tvapp.host.links import interface_addresses, is_useful_address

MOST_ADDRESSES = 4


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the TV and its check: one that `blocks`, on a worker, or one that `asks` the services.

    `needs_settings`: it is skipped where the settings cannot be used.
    """

    name: str
    blocks: Examine | None = None
    asks: ExamineOnline | None = None
    needs_settings: bool = True


PARTS = (
    Part("config", machine.settings, needs_settings=False),
    Part("user", machine.user, needs_settings=False),
    Part("instance", machine.another_instance, needs_settings=False),
    Part("version", machine.version, needs_settings=False),
    Part("data-dir", machine.data_dir, needs_settings=False),
    Part("display", display, needs_settings=False),
    Part("remote", machine.remote, needs_settings=False),
    Part("link", network.link),
    Part("network", asks=network.hosts),
    Part("clock", asks=network.clock),
    Part("sign-in", asks=identity.sign_in),
    Part("token", asks=identity.token),
    Part("maps", asks=services.maps),
    Part("attribution", asks=services.attribution),
    Part("store", asks=services.store),
    Part("fonts", services.fonts),
    Part("store-write", asks=services.change),
)
"""In their order: a later check may need what an earlier one learned."""


def parts_of(subject: Subject) -> tuple[Part, ...]:
    """Return the parts that are checked."""
    is_checked = {"token": subject.loaded.config.needs_sign_in, "store-write": subject.may_write}
    return tuple(part for part in PARTS if is_checked.get(part.name, True))


async def examine(subject: Subject, tell: Callable[[Finding], None]) -> None:
    """Check everything, on the io thread; `tell` is called there with each finding."""
    for part in parts_of(subject):
        try:
            findings = await _examine(part, subject)
        except Exception as error:  # noqa: BLE001 - one broken check must not keep the others from being done
            broken = subject.check(part.name, "", "broken")
            findings = [broken.failed("check-broken", reason=f"{type(error).__name__}: {error}"[:200])]
        for finding in findings:
            subject.findings.made.append(finding)
            tell(finding)


async def _examine(part: Part, subject: Subject) -> Sequence[Finding]:
    if part.needs_settings and subject.online is None:
        return [subject.check(part.name, "").skipped(subject.findings.blocker("config") or "config")]
    if part.blocks is not None:
        check = part.blocks
        return await subject.surroundings.jobs.in_worker(lambda: check(subject))
    assert part.asks is not None
    assert subject.online is not None
    return await part.asks(subject, subject.online)


def this_machine(data_dir: str) -> Machine:
    """Return which TV this is."""
    addresses = [
        address
        for name, found in sorted((interface_addresses() or {}).items())
        for address in found
        if name != "lo" and is_useful_address(address)
    ]
    host = socket.gethostname()
    return Machine(host, tuple(addresses[:MOST_ADDRESSES]), full_version(), account.current().name, data_dir)
