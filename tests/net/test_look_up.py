"""Looking a name up after a time-out."""

from __future__ import annotations

import asyncio
import socket

import pytest

from tvapp.core.connection_messages import NameLookedUp
from tvapp.core.connection_steps import NO_NAME_SERVER, NO_SUCH_HOST
from tvapp.net import look_up as module
from tvapp.net.look_up import look_up


async def found(_host: str) -> object:
    return []


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (socket.gaierror(socket.EAI_AGAIN, "Temporary failure"), NO_NAME_SERVER),
        (socket.gaierror(socket.EAI_NONAME, "Name or service not known"), NO_SUCH_HOST),
        (UnicodeError("label too long"), NO_SUCH_HOST),
        (OSError(24, "Too many open files"), NO_SUCH_HOST),
    ],
)
def test_what_the_resolver_says_is_told_apart(error: Exception, reason: str) -> None:
    async def fail(_host: str) -> object:
        raise error

    assert asyncio.run(look_up("login.example.com", fail)) == NameLookedUp("login.example.com", reason)


def test_a_name_that_is_found_has_no_reason() -> None:
    assert asyncio.run(look_up("login.example.com", found)) == NameLookedUp("login.example.com", "")


def test_a_resolver_that_says_nothing_is_a_dead_name_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LOOK_UP_WITHIN_S", 0.0)

    async def silent(_host: str) -> object:
        await asyncio.Event().wait()
        return []

    assert asyncio.run(look_up("login.example.com", silent)).reason == NO_NAME_SERVER


def test_the_systems_own_resolver_is_asked() -> None:
    assert asyncio.run(look_up("localhost")) == NameLookedUp("localhost", "")
