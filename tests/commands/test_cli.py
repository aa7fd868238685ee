"""Commands, flags and exit codes, on real processes where it matters."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tvapp.commands.cli import parse, run
from tvapp.commands.version import exact_version
from tvapp.core.exit_status import EXIT_CONFIG, EXIT_DISPLAY, EXIT_OK, EXIT_USAGE

GOOD = """
[identity]
tenant = "contoso.onmicrosoft.com"
client_id = "11111111-2222-3333-4444-555555555555"
[maps]
client_id = "30d7cc00-0000-0000-0000-000000009f55"
[geofences]
store = "map-data"
"""


def tvapp(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the program to its end."""
    command = [sys.executable, "-m", "tvapp", *arguments]
    return subprocess.run(command, env={**os.environ, **environment}, capture_output=True, text=True, timeout=60)


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "config.toml"
    path.write_text(GOOD)
    return path


@pytest.fixture
def signed_in(tmp_path: Path) -> Path:
    """Return a data dir as a signed-in app leaves it."""
    data_dir = tmp_path / "data"
    for name in ("auth/tokens.json", "tiles/tiles.sqlite", "tiles/tiles.sqlite-wal", "screenshots/000001.png"):
        path = data_dir / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"{}")
    return data_dir


def test_common_flags_may_stand_before_or_after_the_command() -> None:
    flags = [
        "--config",
        "c.toml",
        "--windowed",
        "1280x720",
        "--log-file",
        "l",
        "--log-format",
        "json",
        "--data-dir",
        "d",
    ]
    for command in ("run", "demo", "doctor", "lock", "sign-out", "version"):
        before, after = parse([*flags, command]), parse([command, *flags])
        assert before == after
        assert (before.config, before.windowed, before.log_format) == (Path("c.toml"), (1280, 720), "json")
        assert (before.log_file, before.data_dir) == (Path("l"), Path("d"))


def test_a_flag_after_the_command_wins_over_one_before_it() -> None:
    assert parse(["--windowed", "1280x720", "run", "--windowed", "640x480"]).windowed == (640, 480)
    assert parse(["--log-format", "json", "run"]).log_format == "json"


def test_no_command_is_run() -> None:
    options = parse([])
    assert (options.command, options.config, options.windowed, options.log_format) == (None, None, None, "text")


@pytest.mark.parametrize(
    "arguments",
    [
        ["fly"],
        ["--fly"],
        ["run", "--windowed", "big"],
        ["run", "--windowed", "10x10"],
        ["run", "--windowed", "99999x99999"],
        ["run", "--log-format", "xml"],
        ["run", "--config"],
        ["run", "--json"],
        ["doctor", "extra"],
    ],
    ids=" ".join,
)
def test_a_wrong_command_line_ends_with_status_2_and_says_why(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        run(arguments)
    assert ended.value.code == EXIT_USAGE
    said = capsys.readouterr().err
    assert said.startswith("usage: tvapp")
    assert "error: " in said


def test_the_help_tells_commands_flags_and_exit_codes(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        run(["--help"])
    assert ended.value.code == EXIT_OK
    said = capsys.readouterr().out
    for word in ("run", "demo", "doctor", "lock", "sign-out", "version", "--windowed", "--data-dir", "exit status"):
        assert word in said


@pytest.mark.process
def test_the_version_is_printed_by_the_real_program() -> None:
    done = tvapp("version")
    assert (done.returncode, done.stdout, done.stderr) == (EXIT_OK, f"tvapp {exact_version()}\n", "")


@pytest.mark.process
def test_a_lock_needs_no_configuration_and_no_display(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tvapp", "lock", "--config", str(tmp_path / "none.toml")]
    own = {**os.environ, "SDL_VIDEODRIVER": "nonsense"}
    done = subprocess.run(command, env=own, input="up up left right", capture_output=True, text=True, timeout=60)
    assert done.returncode == EXIT_OK
    assert done.stdout.startswith('lock = "scrypt$')


@pytest.mark.process
def test_signing_out_needs_no_network_and_removes_what_belongs_to_the_account(config: Path, signed_in: Path) -> None:
    flags = ("--config", str(config), "--data-dir", str(signed_in), "--log-format", "json")
    done = tvapp("sign-out", *flags, HTTPS_PROXY="http://127.0.0.1:1")
    assert done.returncode == EXIT_OK
    assert done.stdout.startswith("Signed out")
    assert [json.loads(line)["event"] for line in done.stderr.splitlines()] == ["signin.signed_out"]
    assert [path.name for path in signed_in.rglob("*") if path.is_file()] == ["lock"]
    again = tvapp("sign-out", *flags)
    assert (again.returncode, again.stdout) == (EXIT_OK, "Nobody was signed in.\n")


@pytest.mark.process
def test_signing_out_works_with_a_broken_configuration(tmp_path: Path, signed_in: Path) -> None:
    broken = tmp_path / "broken.toml"
    broken.write_text("[maps\n")
    done = tvapp("sign-out", "--config", str(broken), "--data-dir", str(signed_in))
    assert done.returncode == EXIT_OK
    assert not (signed_in / "auth" / "tokens.json").exists()


@pytest.mark.process
def test_log_lines_go_to_standard_error_and_to_the_file(config: Path, signed_in: Path, tmp_path: Path) -> None:
    log = tmp_path / "log.jsonl"
    flags = ("--config", str(config), "--data-dir", str(signed_in), "--log-file", str(log), "--log-format", "json")
    done = tvapp(*flags, "sign-out")
    lines = log.read_text().splitlines()
    assert lines == done.stderr.splitlines()
    for line in lines:
        entry = json.loads(line)
        assert list(entry)[:3] == ["ts", "level", "event"]


@pytest.mark.process
def test_without_a_display_it_says_so_and_ends_with_status_4(config: Path, tmp_path: Path) -> None:
    done = tvapp("--config", str(config), "--data-dir", str(tmp_path / "data"), SDL_VIDEODRIVER="nonsense")
    assert done.returncode == EXIT_DISPLAY
    assert "no display could be opened" in done.stderr
    assert "tvapp doctor" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.process
def test_each_wrong_setting_is_explained_on_the_console(tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    config.write_text(GOOD.replace('store = "map-data"', 'store = "floppy"') + '[kiosk]\nunit = "metric"\n')
    done = tvapp("run", "--config", str(config), "--data-dir", str(tmp_path / "data"), SDL_VIDEODRIVER="nonsense")
    assert done.returncode == EXIT_CONFIG
    for word in (str(config), "geofences.store", '"floppy"', '"folder"', "kiosk.unit", "did you mean units"):
        assert word in done.stderr
    assert done.stderr.count("found:") == done.stderr.count("allowed:") == 2


@pytest.mark.process
def test_a_config_file_that_is_not_there_is_an_error_not_a_default(tmp_path: Path) -> None:
    done = tvapp("--config", str(tmp_path / "none.toml"), SDL_VIDEODRIVER="nonsense")
    assert done.returncode == EXIT_CONFIG
    assert "none.toml" in done.stderr


@pytest.mark.process
def test_environment_variables_win_over_the_file(config: Path, tmp_path: Path) -> None:
    config.write_text(GOOD.replace('store = "map-data"', 'store = "floppy"'))
    flags = ("--config", str(config), "--data-dir", str(tmp_path / "data"))
    own = {"SDL_VIDEODRIVER": "nonsense", "TVAPP_GEOFENCES_STORE": "folder", "TVAPP_GEOFENCES_PATH": str(tmp_path)}
    assert tvapp(*flags, **own).returncode == EXIT_DISPLAY
    wrong = tvapp(*flags, **{**own, "TVAPP_GEOFENCES_STORE": "tape"})
    assert wrong.returncode == EXIT_CONFIG
    assert "TVAPP_GEOFENCES_STORE" in wrong.stderr
    assert "tape" in wrong.stderr
