"""Log events: their form, what is taken out, and that nothing can go wrong with them."""

from __future__ import annotations

import io
import json
import os
import threading
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tvapp.core.clock import ManualClock
from tvapp.core.log import Log
from tvapp.host.event_log import LONGEST_LINE, EventLog, Format, clean_text, redact, shorten_account, timestamp

CLOCK = ManualClock(epoch=1_790_000_000.25)
JWT = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhaW5vIn0.c2lnbmF0dXJl-_abc"


def lines(stream: io.StringIO) -> list[str]:
    return stream.getvalue().splitlines()


def test_a_text_line_has_time_level_event_and_fields() -> None:
    stream = io.StringIO()
    log: Log = EventLog(clock=CLOCK, stream=stream)
    log.event("map.settled", tiles=24, missing=0, zoom=13.5, ok=True, note="two words", nothing=None)
    assert lines(stream) == [
        '2026-09-21T14:13:20.250Z info    map.settled tiles=24 missing=0 zoom=13.5 ok=true note="two words"'
    ]


def test_a_json_line_is_an_object_with_ts_level_event_and_fields() -> None:
    stream = io.StringIO()
    EventLog(clock=CLOCK, stream=stream, form="json").event(
        "app.stopped", level="warning", reason="SIGTERM", size=(1, 2)
    )
    assert json.loads(stream.getvalue()) == {
        "ts": "2026-09-21T14:13:20.250Z",
        "level": "warning",
        "event": "app.stopped",
        "reason": "SIGTERM",
        "size": [1, 2],
    }


def test_a_field_cannot_take_the_place_of_the_lines_own() -> None:
    stream = io.StringIO()
    EventLog(clock=CLOCK, stream=stream, form="json").event("a.b", ts="x", event="y")
    assert json.loads(stream.getvalue())["event"] == "a.b"


def test_lines_go_to_the_file_too(tmp_path: Path) -> None:
    path = tmp_path / "tvapp.log"
    stream = io.StringIO()
    log = EventLog(file=path, clock=CLOCK, stream=stream)
    log.event("one")
    log.event("two")
    assert path.read_text().splitlines() == lines(stream)
    assert path.stat().st_mode & 0o007 == 0


def test_a_log_file_that_was_moved_away_is_begun_again(tmp_path: Path) -> None:
    path = tmp_path / "tvapp.log"
    log = EventLog(file=path, clock=CLOCK, stream=io.StringIO())
    log.event("one")
    path.rename(tmp_path / "tvapp.log.1")
    log.event("two")
    assert "one" in (tmp_path / "tvapp.log.1").read_text()
    assert "two" in path.read_text()
    path.unlink()
    log.event("three")
    assert len(path.read_text().splitlines()) == 1


def test_a_file_that_cannot_be_written_is_reported_once_and_used_again_later(tmp_path: Path) -> None:
    folder = tmp_path / "logs"
    stream = io.StringIO()
    log = EventLog(file=folder / "tvapp.log", clock=CLOCK, stream=stream)
    for name in ("one", "two", "three"):
        log.event(name)
    assert [line.split()[2] for line in lines(stream)] == ["one", "log.file_failed", "two", "three"]
    folder.mkdir()
    log.event("four")
    assert "four" in (folder / "tvapp.log").read_text()


def test_a_full_disk_does_not_stop_anything() -> None:
    if not Path("/dev/full").exists():
        pytest.skip("no /dev/full here")
    stream = io.StringIO()
    log = EventLog(file=Path("/dev/full"), clock=CLOCK, stream=stream)
    log.event("one")
    log.event("two")
    assert [line.split()[2] for line in lines(stream)] == ["one", "log.file_failed", "two"]


def test_a_closed_standard_error_does_not_stop_anything(tmp_path: Path) -> None:
    stream = io.StringIO()
    stream.close()
    log = EventLog(file=tmp_path / "log", clock=CLOCK, stream=stream)
    log.event("one")
    assert "one" in (tmp_path / "log").read_text()


def test_a_pipe_nobody_reads_does_not_stop_anything() -> None:
    read, write = os.pipe()
    os.close(read)
    stream = os.fdopen(write, "w")
    EventLog(clock=CLOCK, stream=stream).event("one")
    with pytest.raises(BrokenPipeError):
        stream.close()


class Explosive:
    def __str__(self) -> str:
        raise RuntimeError("boom")


def test_a_value_that_cannot_be_written_costs_its_line_only() -> None:
    stream = io.StringIO()
    log = EventLog(clock=CLOCK, stream=stream)
    log.event("one", value=Explosive())
    log.event("two")
    assert lines(stream)[0].endswith("one log_error=RuntimeError")
    assert lines(stream)[1].endswith("two")


def test_threads_do_not_mix_their_lines(tmp_path: Path) -> None:
    path = tmp_path / "log"
    stream = io.StringIO()
    log = EventLog(file=path, form="json", clock=CLOCK, stream=stream)

    def write(sender: int) -> None:
        for number in range(100):
            log.event("x", sender=sender, number=number)

    threads = [threading.Thread(target=write, args=(sender,)) for sender in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for text in (path.read_text(), stream.getvalue()):
        seen = {(line["sender"], line["number"]) for line in map(json.loads, text.splitlines())}
        assert len(seen) == 400
    assert log.counts["x"] == 400


@pytest.mark.parametrize(
    "name",
    [
        "access_token", "refresh_token", "id_token", "device_code", "user_code", "client_secret", "subscription_key",
        "subscription_keys", "authorization", "Authorization", "password", "token", "cookie", "api_key",
    ],
)  # fmt: skip
def test_fields_with_the_names_of_secrets_are_masked(name: str) -> None:
    assert redact(name, "anything") == "***"
    assert redact("outer", {name: "anything"}) == {name: "***"}


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        (f"rejected: {JWT}", "rejected: ***"),
        ("Authorization: Bearer abcdefgh.ijkl", "Authorization: Bearer ***"),
        ("POST body device_code=GAQABAAEAAAD&grant_type=x", "POST body device_code=***&grant_type=x"),
        ('{"refresh_token": "0.AAAA", "a": 1}', '{"refresh_token": "***", "a": 1}'),
        ("https://host/device?user_code=ABCD-EFGH", "https://host/device?user_code=***"),
        ("https://host/device?code=ABCD-EFGH&x=1", "https://host/device?code=***&x=1"),
        ("https://a.blob.core.windows.net/c?sv=1&sig=abc%3D", "https://a.blob.core.windows.net/c?sv=1&sig=***"),
        ("https://atlas/map/tile?subscription-key=KEY1234&z=1", "https://atlas/map/tile?subscription-key=***&z=1"),
        ("key 5aB9" + "xYz012-_" * 10 + " refused", "key *** refused"),
        ("for aino.virtanen@contoso.com here", "for ai***@contoso.com here"),
    ],
)
def test_secrets_are_taken_out_of_texts(text: str, cleaned: str) -> None:
    assert clean_text(text) == cleaned


@pytest.mark.parametrize(
    "text",
    [
        "11111111-2222-3333-4444-555555555555",
        "error code: AADSTS50076",
        "status code: 404",
        "/var/lib/tvapp/A-Long-Folder-Name-With-Numbers-0123456789-And-Letters/file.geojson",
        "https://microsoft.com/devicelogin",
        "microsoft.base.hybrid.road",
        '"0x8DC4A5B6C7D8E9F"',
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    ],
)
def test_what_an_operator_needs_stays(text: str) -> None:
    assert clean_text(text) == text


@pytest.mark.parametrize(
    ("username", "shortened"),
    [
        ("aino@contoso.com", "ai***@contoso.com"),
        ("ab@contoso.com", "a***@contoso.com"),
        ("a@b", "a***@b"),
        ("aino", "ai***"),
        ("", ""),
    ],
)
def test_accounts_are_shortened(username: str, shortened: str) -> None:
    assert shorten_account(username) == shortened


def test_a_shortened_account_stays_as_it_is() -> None:
    stream = io.StringIO()
    EventLog(clock=CLOCK, stream=stream).event("signin.succeeded", account=shorten_account("aino@contoso.com"))
    assert "account=ai***@contoso.com" in stream.getvalue()


@settings(max_examples=60, deadline=None)
@given(
    st.dictionaries(
        st.text(min_size=1, max_size=10),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary() | st.just("y" * 9000),
            lambda inner: st.lists(inner, max_size=30) | st.dictionaries(st.text(max_size=5), inner, max_size=30),
            max_leaves=10,
        ),
        max_size=8,
    ),
    st.sampled_from(["text", "json"]),
)
def test_each_event_is_one_bounded_line(fields: dict[str, object], form: str) -> None:
    stream = io.StringIO()
    log = EventLog(clock=CLOCK, stream=stream, form=form)  # type: ignore[arg-type]
    fields.pop("level", None)
    log.event("x.y", **fields)  # type: ignore[arg-type]
    (line,) = stream.getvalue().split("\n")[:-1]
    assert len(line) <= LONGEST_LINE
    if form == "json":
        assert json.loads(line)["event"] == "x.y"
    else:
        assert " x.y" in line


def test_times_are_in_utc_with_milliseconds() -> None:
    assert timestamp(1_790_000_000.9996) == "2026-09-21T14:13:21.000Z"


def test_an_escaped_line_break_before_a_secret_does_not_hide_it() -> None:
    token = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhaW5vIn0.c2lnbmF0dXJl"
    assert token not in clean_text(repr(f"a\n{token}\tb"))
    assert token not in clean_text(repr(repr(f"a\n{token}")))


@pytest.mark.parametrize("form", ["text", "json"])
def test_nothing_from_outside_reaches_a_line_as_a_control_character(form: Format) -> None:
    stream = io.StringIO()
    hostile = "a\x1b[2J\x9b31m\x7f\u2028\u202e\u2066\r\nb\ud800"
    log = EventLog(clock=CLOCK, stream=stream, form=form)
    log.event("geofence.skipped", file=hostile, id=[hostile], about={hostile: hostile})
    line = stream.getvalue()
    assert line.count("\n") == 1
    assert line.rstrip("\n").isprintable()
    assert "<U+009B>31m<U+007F><U+2028><U+202E>" in line
    line.encode()
