"""How the failures of `az` are told apart, with a program that fails in its words."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

import pytest

from scripts.azure_setup.az import WAITS_S, Az, AzFailed, NoRights, NotSpread, NotUsable, told

COMMAND = ("group", "show")

pytestmark = pytest.mark.process


class Program:
    """A program that prints and ends as it is told, and counts its calls."""

    def __init__(self, folder: Path) -> None:
        self.path, self.count = folder / "az", folder / "calls"
        self.waits: list[float] = []
        self.az = Az(program=str(self.path), sleep=self.waits.append, environ={"PATH": "/usr/bin:/bin"})

    def says(self, *, out: str = "", err: str = "", status: int = 0) -> None:
        self.path.write_text(
            f'#!/bin/sh\necho "$@" >>{self.count}\nprintf %s {shlex.quote(out)}\n'
            f"printf %s {shlex.quote(err)} >&2\nexit {status}\n"
        )
        self.path.chmod(0o755)

    @property
    def calls(self) -> list[str]:
        return self.count.read_text().splitlines()


@pytest.fixture
def program(tmp_path: Path) -> Program:
    return Program(tmp_path)


def test_an_answer_is_json_and_is_kept_until_something_changes(program: Program) -> None:
    program.says(out='{"id": "x"}')

    assert [program.az.look(COMMAND) for _ in range(3)] == [{"id": "x"}] * 3
    assert program.calls == ["group show --output json"]
    program.az.change(("group", "create"))
    program.az.look(COMMAND)
    assert len(program.calls) == 3


def test_what_is_asked_ahead_is_not_asked_again(program: Program) -> None:
    program.says(out="[]")

    program.az.look_ahead([("a",), ("b",), ("a",)])

    assert (program.az.look(("a",)), program.az.look(("b",))) == ([], [])
    assert sorted(program.calls) == ["a --output json", "b --output json"]


def test_a_failure_of_what_was_asked_ahead_comes_with_the_look(program: Program) -> None:
    program.says(err="ERROR: (AuthorizationFailed) no\n", status=1)

    program.az.look_ahead([("a",), ("b",)])

    with pytest.raises(NoRights):
        program.az.look(("a",))


def test_no_answer_is_an_empty_one(program: Program) -> None:
    program.says()

    assert program.az.change(COMMAND) == {}


def test_what_does_not_exist_is_none(program: Program) -> None:
    program.says(err="ERROR: (ResourceGroupNotFound) Resource group 'x' could not be found.\n", status=3)

    assert program.az.look(COMMAND) is None


def test_a_change_to_something_that_does_not_exist_fails(program: Program) -> None:
    program.says(err="ERROR: (ResourceNotFound) The Resource 'x' was not found.\n", status=3)

    with pytest.raises(AzFailed, match="ResourceNotFound"):
        program.az.change(COMMAND)


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        (
            "(AuthorizationFailed) The client 'x' ... to perform action 'Microsoft.Maps/accounts/write' over ...",
            NoRights,
        ),
        ("Insufficient privileges to complete the operation.", NoRights),
        ("Directory permission is needed for the current user to register the application.", NoRights),
        (
            'Forbidden({"error":{"code":"AccessDenied","message":"required scopes are missing in the token."}})',
            NoRights,
        ),
        ("(PrincipalNotFound) Principal x does not exist in the directory y.", NotSpread),
        ("Please run 'az login' to setup account.", NotUsable),
        ("AADSTS700082: The refresh token has expired due to inactivity.", NotUsable),
        ("(StorageAccountAlreadyTaken) The storage account named x is already taken.", AzFailed),
        ("HTTPSConnectionPool(host='management.azure.com', port=443): Max retries exceeded", AzFailed),
        ("(RequestDisallowedByPolicy) Resource 'x' was disallowed by policy.", AzFailed),
    ],
)
def test_failures_are_told_apart(program: Program, words: str, kind: type[AzFailed]) -> None:
    program.says(err=f"WARNING: preview\nERROR: {words}\nCode: X\n", status=1)

    with pytest.raises(AzFailed) as caught:
        program.az.change(COMMAND)

    assert type(caught.value) is kind
    assert caught.value.reason == words


def test_the_action_that_is_not_allowed_is_known(program: Program) -> None:
    program.says(err="ERROR: (AuthorizationFailed) ... perform action 'Microsoft.Maps/x/write' over scope\n", status=1)

    with pytest.raises(NoRights) as caught:
        program.az.look(COMMAND)

    assert caught.value.action == "Microsoft.Maps/x/write"


def test_what_the_directory_does_not_know_yet_is_tried_again(program: Program) -> None:
    program.says(err="ERROR: (PrincipalNotFound) Principal x does not exist in the directory y.\n", status=1)

    with pytest.raises(NotSpread):
        program.az.change(COMMAND)

    assert program.waits == list(WAITS_S)
    assert len(program.calls) == len(WAITS_S) + 1


def test_without_az_the_remedy_is_told(tmp_path: Path) -> None:
    with pytest.raises(NotUsable, match="not installed"):
        Az(program=str(tmp_path / "none")).look(COMMAND)


def test_words_that_are_no_json_are_no_answer(program: Program) -> None:
    program.says(out="<html>")

    with pytest.raises(AzFailed, match="JSON"):
        program.az.look(COMMAND)


@pytest.mark.parametrize(
    ("stderr", "expected"),
    [
        ("ERROR: one\nERROR: two\n", "one"),
        ("ERROR: The command failed with an unexpected error. Here is the traceback:\nERROR: 'x'\nTraceback", "'x'"),
        ("something else\n", "something else"),
        ("ERROR: \x1b[31mred\x07\n", "[31mred"),
        ("ERROR: " + "x" * 5_000, "x" * 600),
        ("", ""),
    ],
)
def test_the_reason_is_one_short_line_without_control_characters(stderr: str, expected: str) -> None:
    assert told(stderr) == expected


def test_az_is_never_asked_for_input(tmp_path: Path) -> None:
    program = Program(tmp_path)
    program.path.write_text(f"#!{sys.executable}\nimport json, sys\nprint(json.dumps(sys.stdin.read()))\n")
    program.path.chmod(0o755)

    assert program.az.look(COMMAND) == ""
