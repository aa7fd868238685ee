"""`tvapp ctl` without an app: what is wrong on the command line, which data folder is meant, that nobody answers."""

from __future__ import annotations

from pathlib import Path

import pytest

from tvapp.commands import ctl
from tvapp.commands.cli import parse, run
from tvapp.commands.ctl import command_of, data_dir
from tvapp.core.exit_status import EXIT_NO_ANSWER, EXIT_USAGE
from tvapp.host.control.commands import Message, Show


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["screenshot"], "needs FILE"),
        (["show"], "needs VIEW"),
        (["show", ""], "needs VIEW"),
        (["message"], "needs TEXT"),
        (["message", "\x1b\u202e"], "nothing of the text can be shown"),
        (["message", "x" * 281], "281 characters, at most 280"),
        (["message", "x", "--for", "1"], "allowed: 5 to 86400"),
        (["message", "x", "--for", "nan"], "no number of seconds"),
        (["status", "now"], "takes no argument"),
        (["wake", "--for", "60"], "--for belongs to tvapp ctl message"),
    ],
)
def test_a_wrong_command_line_is_told_before_anybody_is_asked(
    arguments: list[str], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["ctl", *arguments, "--data-dir", str(tmp_path)]) == EXIT_USAGE
    assert said in capsys.readouterr().err


@pytest.mark.parametrize("action", ["reboot", ""])
def test_an_action_that_is_none_ends_as_a_wrong_command_line(action: str) -> None:
    with pytest.raises(SystemExit) as ended:
        parse(["ctl", action])
    assert ended.value.code == EXIT_USAGE


def test_without_an_app_the_command_says_where_it_looked_and_makes_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["ctl", "status", "--data-dir", str(tmp_path / "none")]) == EXIT_NO_ANSWER
    told = capsys.readouterr()
    assert told.out == ""
    assert "no tvapp runs with this data folder" in told.err
    assert str(tmp_path / "none") in told.err
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize("place", ["-122.1,47.6", "-122,47,12", "-0.5,-3"])
def test_a_place_in_the_west_is_no_flag(place: str) -> None:
    options = parse(["ctl", "show", place, "--data-dir", "/data"])
    assert command_of(options.action, options.argument, options.seconds) == Show(place)
    assert options.data_dir == Path("/data")


@pytest.mark.parametrize(
    "arguments", [["show", "home", "there"], ["wake", "--loud"], ["status", "--for", "1", "a", "b"]]
)
def test_words_too_many_are_told(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        parse(["ctl", *arguments])
    assert ended.value.code == EXIT_USAGE


def test_a_message_stays_for_as_long_as_it_is_told() -> None:
    options = parse(["ctl", "message", "--for", "90", "two words"])
    assert command_of(options.action, options.argument, options.seconds) == Message("two words", 90.0)


def test_without_a_folder_of_ones_own_that_of_the_service_is_meant(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own, service = tmp_path / "state/tvapp", tmp_path / "service"
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setattr(ctl, "SERVICE_DATA_DIR", service)
    assert data_dir() == own
    service.mkdir()
    assert data_dir() == service
    (own / "control").mkdir(parents=True)
    assert data_dir() == own
