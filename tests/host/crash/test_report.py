"""The report of a crash: what is in it, what is not, and how many are kept."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.host.crash.secrets import SECRETS
from tvapp.core.jobs import RunningJob
from tvapp.host.crash.report import (
    KEPT,
    MAX_STACK_PLACES,
    MOST_ERRORS,
    CrashContext,
    chain,
    new_reference,
    report,
    tidy,
    where,
    write,
)

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


def test_the_report_names_everything_that_helps_to_find_the_cause() -> None:
    content = told(broken("no luck"))
    assert content["reference"] == "K7F3QM"
    assert content["time"] == "2026-09-21T14:13:20.000Z"
    assert (content["renderer"], content["size"]) == ("software", "1920x1080")
    assert (content["uptime_s"], content["crashes_in_a_row"], content["events"]) == (12.5, 1, ["line"])
    assert isinstance(content["memory_mib"], int)
    assert isinstance(content["peak_memory_mib"], int)
    assert 0 < content["memory_mib"] <= content["peak_memory_mib"] < 10_000
    assert isinstance(content["open_files"], int)
    assert content["open_files"] >= 3


def test_causes_come_in_the_order_of_a_traceback_and_hidden_ones_not_at_all() -> None:
    def chained(*, hides: bool) -> list[str]:
        try:
            try:
                raise KeyError
            except KeyError:
                if hides:
                    raise ValueError from None
                raise ValueError  # noqa: B904 - its context is what is looked for
        except ValueError as error:
            return [type(each).__name__ for each in chain(error)]

    assert chained(hides=False) == ["ValueError", "KeyError"]
    assert chained(hides=True) == ["ValueError"]
    group = ExceptionGroup("several", [TypeError(), OSError()])
    assert [type(each).__name__ for each in chain(group)] == ["ExceptionGroup", "TypeError", "OSError"]


def test_causes_that_lead_back_to_each_other_are_told_once() -> None:
    one, other = ValueError("one"), ValueError("other")
    one.__cause__, other.__cause__ = other, one
    assert list(chain(one)) == [one, other]


def test_references_are_short_and_without_letters_that_sound_or_look_alike() -> None:
    references = {new_reference() for _ in range(50)}
    assert len(references) == 50
    assert all(len(each) == 6 and not set(each) & set("IO01") for each in references)


def test_the_name_of_the_file_has_the_moment_and_the_reference(tmp_path: Path) -> None:
    path = write(tmp_path / "crashes", told(ValueError()))
    assert path.name == "20260921T141320Z-K7F3QM.json"
    assert json.loads(path.read_text())["reference"] == "K7F3QM"


def test_pictures_and_faults_count_among_the_files_that_are_kept(tmp_path: Path) -> None:
    names = [*(f"{number}.json" for number in range(KEPT)), "fatal-ABC.txt", "ABC.png"]
    for number, name in enumerate(names):
        (tmp_path / name).touch()
        os.utime(tmp_path / name, (number, number))
    (tmp_path / "in-a-row").touch()
    tidy(tmp_path)
    assert {path.name for path in tmp_path.iterdir() if path.is_file()} == {*names[2:], "in-a-row"}


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
