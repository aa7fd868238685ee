"""The report of a crash: what is in it, what is not, how many are kept; and the brake."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.host.crash.secrets import SECRETS
from tvapp.core.jobs import RunningJob
from tvapp.host.crash.report import (
    KEPT,
    MAX_STACK_PLACES,
    MOST_ERRORS,
    CrashContext,
    new_reference,
    report,
    where,
    write,
)
from tvapp.host.crash.restart_backoff import COUNT, PAUSES_S, VARIABLE, RestartBackoff

AROUND = CrashContext(
    1_790_000_000.0, 12.5, 1, "dummy", "software", "1920x1080", ("line",), (RunningJob("job", 90.0, 1),), 100.0
)


def told(error: BaseException) -> dict[str, object]:
    return report(error, "K7F3QM", AROUND)


def broken(text: str) -> BaseException:
    """Return an exception with the text as its message and in a local variable, with a cause of its own."""
    local = text
    try:
        try:
            raise ValueError(local)
        except ValueError as error:
            raise RuntimeError(text, {"token": text}) from error
    except RuntimeError as error:
        return error


def test_it_tells_the_machine_the_moment_and_the_way_to_the_cause() -> None:
    content = told(broken("no luck"))
    assert content["driver"] == "dummy"
    assert content["jobs"] == [{"job": "job", "seconds": 10.0}]
    first, cause = json.loads(json.dumps(content["errors"]))
    assert (first["type"], cause["type"]) == ("builtins.RuntimeError", "builtins.ValueError")
    assert cause["message"] == "no luck"
    assert cause["places"][-1].startswith("tests.host.crash.test_report:")
    assert cause["places"][-1].endswith(":broken")
    assert where(broken("")) == cause["places"][-1]


@pytest.mark.parametrize("secret", SECRETS)
@pytest.mark.parametrize(
    "around", ["{}", "refused: {}", '{{"device_code": "{}"}}', "https://x/?sig={}&b", "Bearer {}", "<{}>", "a\n{}\nb"]
)
def test_no_secret_gets_through(secret: str, around: str) -> None:
    assert secret not in json.dumps(told(broken(around.format(secret))), ensure_ascii=False)


@given(
    st.text(alphabet="ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", min_size=8, max_size=9).filter(lambda t: not t.isdecimal())
)
def test_no_user_code_gets_through_by_itself(code: str) -> None:
    assert code not in json.dumps(told(broken(f"the code {code} was refused"))["errors"])


def test_what_an_administrator_needs_stays_readable() -> None:
    text = "AADSTS53003 for 11111111-2222-3333-4444-555555555555 at 14:02"
    assert text in json.dumps(told(broken(text)))


def test_an_exception_that_cannot_say_anything_is_told_all_the_same() -> None:
    class Mute(Exception):
        def __str__(self) -> str:
            raise RuntimeError

    (only,) = json.loads(json.dumps(told(Mute())["errors"]))
    assert only["type"].endswith("Mute")
    assert only["message"] == ""


def test_endless_recursion_and_endless_causes_are_cut() -> None:
    def sink(depth: int) -> None:
        if depth:
            sink(depth - 1)
        raise ValueError

    with pytest.raises(ValueError) as sunk:
        sink(300)
    (only,) = json.loads(json.dumps(told(sunk.value)["errors"]))
    assert len(only["places"]) == MAX_STACK_PLACES + 1
    error = Exception("0")
    for number in range(1, 50):
        error, error.__cause__ = Exception(str(number)), error
    error.__cause__ = ExceptionGroup("many", [ValueError(str(number)) for number in range(50)])
    assert len(json.loads(json.dumps(told(error)["errors"]))) == MOST_ERRORS


def test_the_files_are_private_and_the_oldest_are_thrown_away(tmp_path: Path) -> None:
    paths = []
    for number in range(KEPT + 3):
        content = report(ValueError(), new_reference(), AROUND)
        paths.append(write(tmp_path / "crashes", content))
        os.utime(paths[-1], (number, number))
    assert sorted((tmp_path / "crashes").iterdir()) == sorted(paths[3:])
    assert {path.stat().st_mode & 0o777 for path in paths[3:]} == {0o600}


# -- restart back-off --------------------------------------------------------------------------------------------------


def test_pauses_grow_to_the_longest_and_start_afresh_after_a_good_while(tmp_path: Path) -> None:
    pauses = [RestartBackoff(tmp_path, {}).crashed() for _ in range(6)]
    assert pauses == [*PAUSES_S, PAUSES_S[-1], PAUSES_S[-1]]
    RestartBackoff(tmp_path, {}).ran_well()
    assert RestartBackoff(tmp_path, {}).crashed() == PAUSES_S[0]


def test_where_the_disk_keeps_nothing_the_environment_does(tmp_path: Path) -> None:
    folder = tmp_path / "crashes"
    folder.write_text("in the way")
    environ: dict[str, str] = {}
    first, second = RestartBackoff(folder, environ), RestartBackoff(folder, environ)
    assert [first.crashed(), second.crashed()] == [PAUSES_S[0], PAUSES_S[1]]
    assert not second.is_kept
    second.ran_well()
    assert environ == {}


@settings(deadline=None)  # it writes to a disk
@given(st.binary(max_size=40), st.text(max_size=10))
def test_a_count_that_makes_no_sense_never_shortens_or_breaks_a_pause(
    tmp_path_factory: pytest.TempPathFactory, data: bytes, text: str
) -> None:
    folder = tmp_path_factory.mktemp("crashes")
    (folder / COUNT).write_bytes(data)
    assert RestartBackoff(folder, {VARIABLE: text}).crashed() in PAUSES_S
