"""The app hears at once of a permission that was given: what was refused without it is asked for again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

import pytest

from tvapp.auth.gateway import Gateway
from tvapp.auth.messages import Command, PermissionGiven, PollPending, UsePermission
from tvapp.auth.permission import Permission
from tvapp.auth.service import Machines, SignIn, machines
from tvapp.auth.session import SessionSettings
from tvapp.auth.tokens import TokenProvider
from tvapp.core.clock import ManualClock
from tvapp.core.jobs import Inbox, Jobs
from tvapp.core.log import RecordingLog

STORAGE = "https://storage.azure.com/user_impersonation"


class Granting:
    """Stands for the permission's state machine: each answer grants the storage."""

    def owns(self, event: object) -> bool:
        return True

    def handle(self, event: object, now: float) -> list[Command]:
        return [UsePermission(STORAGE)]

    def follow(self, *_state: object) -> list[Command]:
        return []


@pytest.fixture
def jobs() -> Iterator[Jobs]:
    running = Jobs(Inbox(), RecordingLog())
    yield running
    running.stop()


def test_a_permission_that_was_given_is_told_to_the_app(jobs: Jobs) -> None:
    both = Machines(machines(SessionSettings("Contoso")).session, cast(Permission, Granting()))
    nobody, clock, log = cast(Gateway, object()), ManualClock(), RecordingLog()
    sign_in = SignIn(both, nobody, TokenProvider(nobody, jobs, clock, log), jobs, clock, log)
    sign_in.receive(PollPending(1), 0.0)
    assert list(jobs.inbox.drain()) == [PermissionGiven()]
