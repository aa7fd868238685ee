"""No repr of anything in the rooms of identity shows a token, a code or a key: it would end up in some log."""

from __future__ import annotations

import asyncio
import dataclasses
import importlib
import inspect
import pkgutil
import re
import types
import typing
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, cast

import msal
import pytest

import tvapp.auth
import tvapp.azure
from tests.auth.machine import Boot, gateway, signed_in
from tests.cloud import LocalCloud
from tvapp.auth.gateway import Grant
from tvapp.auth.http_client import Reply
from tvapp.auth.messages import CodeReceived, PersonNeeded, RequestCode
from tvapp.auth.msal_cache import CachedToken
from tvapp.auth.tokens import AccessToken
from tvapp.auth.view import Prompt
from tvapp.azure.authorizer import SharedKeyAuthorizer
from tvapp.core.headers import SECRET_FIELDS, Headers
from tvapp.core.log import RecordingLog
from tvapp.net.request import Request

SECRET = "s3cr3t-Value-0123456789"
SECRET_NAME = re.compile(
    r"secret|user_code|device_code|(?<!un)keys?$|password|^data$|^text$|^claims$|_complete$|cookie|assertion|^answered$"
)
"""Names of fields that hold something of the kind. `text` is a whole answer, `data` MSAL's state of a code."""


def classes() -> Iterator[type]:
    """Yield every class that the rooms define."""
    for package in (tvapp.auth, tvapp.azure):
        for info in pkgutil.iter_modules(package.__path__, package.__name__ + "."):
            module = importlib.import_module(info.name)
            for _, found in inspect.getmembers(module, inspect.isclass):
                if found.__module__ == module.__name__:
                    yield found


DATACLASSES = sorted((each for each in classes() if dataclasses.is_dataclass(each)), key=lambda each: each.__qualname__)


def test_there_is_something_to_look_at() -> None:
    assert {AccessToken, Grant, CachedToken, CodeReceived, Prompt, Reply, RequestCode, PersonNeeded} <= set(DATACLASSES)


@pytest.mark.parametrize("each", DATACLASSES, ids=lambda each: each.__qualname__)
def test_fields_that_hold_secrets_are_left_out(each: type) -> None:
    shown = {field.name for field in dataclasses.fields(each) if field.repr and SECRET_NAME.search(field.name)}
    assert shown == set(), f"{each.__qualname__} shows {shown}"


@pytest.mark.parametrize("each", DATACLASSES, ids=lambda each: each.__qualname__)
def test_filled_with_secrets_no_repr_shows_one(each: type) -> None:
    assert SECRET not in repr(filled(each))


def filled(each: type) -> object:
    """Make one, with a secret wherever a name says that there is one, and as deep as its fields go."""
    hints = typing.get_type_hints(each, localns={"asyncio": asyncio})  # some import it for the types alone
    values: dict[str, object] = {}
    for field in dataclasses.fields(each):
        if field.init:
            values[field.name] = value_of(field.name, hints[field.name])
    return each(**values)


def value_of(name: str, hint: Any) -> object:
    options = [one for one in typing.get_args(hint) if one is not type(None)] if is_union(hint) else [hint]
    chosen = options[0]
    if dataclasses.is_dataclass(chosen) and isinstance(chosen, type):
        return filled(chosen)
    if chosen is str:
        return SECRET if SECRET_NAME.search(name) else "plain"
    if typing.get_origin(chosen) in (dict, Mapping) and SECRET_NAME.search(name):
        return {"device_code": SECRET}
    if chosen in (float, int):
        return chosen(1)
    return None


def is_union(hint: object) -> bool:
    return typing.get_origin(hint) in (typing.Union, types.UnionType)


def test_the_example_really_carries_secrets() -> None:
    assert cast(AccessToken, filled(AccessToken)).secret == SECRET
    assert cast(CodeReceived, filled(CodeReceived)).user_code == SECRET


@pytest.mark.parametrize("name", sorted(SECRET_FIELDS))
def test_no_request_shows_its_credentials(name: str) -> None:
    request = Request("GET", "https://maps.example/x", Headers({name: SECRET}), SECRET.encode())
    assert SECRET not in repr(request)


def test_no_authorizer_shows_its_keys() -> None:
    assert SECRET not in repr(SharedKeyAuthorizer((SECRET,), endpoint="https://maps.example", log=RecordingLog()))


def test_nothing_that_is_alive_shows_what_it_holds(boot: Boot, cloud: LocalCloud, tmp_path: Path) -> None:
    """Walks from a sign-in with a code and tokens to everything of ours that it can reach."""
    machine = signed_in(boot, cloud)
    secrets = {machine.token()}
    cloud.revoke()
    machine.leap(3301)
    machine.until_phase("prompting")
    secrets.add(machine.user_code)
    other = gateway(cloud, tmp_path / "other")
    other.request_code(1)
    seen: dict[int, object] = {}
    found = list(reachable(machine.sign_in, seen)) + list(reachable(other, seen))
    secrets |= {flow.data["device_code"] for each in found for flow in flows(each)}
    names = {type(each).__name__ for each in found}
    assert {"SignIn", "MsalGateway", "TokenProvider", "_Slot", "AccessToken", "Prompt", "_PendingFlow"} <= names
    assert len(secrets) >= 4
    for each in found:
        shown = repr(each)
        assert not [secret for secret in secrets if secret in shown], type(each).__qualname__


def flows(each: object) -> list[Any]:
    return [each] if type(each).__name__ == "_PendingFlow" and hasattr(each, "data") else []


def reachable(start: object, seen: dict[int, object]) -> Iterator[object]:
    """Yield the objects of our rooms that hang on `start`."""
    waiting = [start]
    while waiting:
        each = waiting.pop()
        if id(each) in seen or isinstance(each, str | bytes | type | types.ModuleType | msal.ClientApplication):
            continue
        seen[id(each)] = each
        if isinstance(each, Mapping):
            waiting += each.values()
        elif isinstance(each, list | tuple | set | frozenset):
            waiting += each
        elif type(each).__module__.startswith(("tvapp.auth", "tvapp.azure")):
            yield each
            slots = [name for kind in type(each).__mro__ for name in getattr(kind, "__slots__", ())]
            waiting += [getattr(each, name, None) for name in slots]
            waiting += vars(each).values() if hasattr(each, "__dict__") else ()
