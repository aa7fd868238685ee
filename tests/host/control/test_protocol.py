"""The protocol of the control socket: what is a request, what is none, and what may stand on the screen."""

from __future__ import annotations

import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tvapp.host.control.commands import (
    Answer,
    Command,
    Message,
    Restart,
    Screenshot,
    Show,
    SignOut,
    Status,
    Wake,
    refusal,
)
from tvapp.host.control.protocol import (
    LONGEST_MESSAGE,
    LONGEST_REQUEST,
    BadRequest,
    clean_message,
    parse_request,
    read_answer,
    write_answer,
    write_request,
)

COMMANDS: list[Command] = [
    Status(),
    Screenshot(),
    Show("-122.1,47.6"),
    Wake(),
    Message("Zug fällt aus", 90.0),
    SignOut(),
    Restart(),
]


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_a_request_that_was_written_is_read_as_the_same_command(command: Command) -> None:
    line = write_request(command)
    assert line.endswith(b"\n")
    assert line.count(b"\n") == 1
    assert parse_request(line) == command


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"\n",
        b"status",
        b"\xff\xfe",
        b"[1]",
        b"null",
        b'{"v": 1}',
        b'{"do": "status"}',
        b'{"v": 2, "do": "status"}',
        b'{"v": 1, "do": "reboot"}',
        b'{"v": 1, "do": ["status"]}',
        b'{"v": 1, "do": "show"}',
        b'{"v": 1, "do": "show", "view": ""}',
        b'{"v": 1, "do": "show", "view": 7}',
        b'{"v": 1, "do": "show", "view": "' + b"x" * 201 + b'"}',
        b'{"v": 1, "do": "message", "text": "  "}',
        b'{"v": 1, "do": "message", "text": "\\u202e\\u200d"}',
        b'{"v": 1, "do": "message", "text": "\\ud800"}',
        b'{"v": 1, "do": "message", "text": "' + b"x" * (LONGEST_MESSAGE + 1) + b'"}',
        b'{"v": 1, "do": "message", "text": "x", "for_s": "60"}',
        b'{"v": 1, "do": "message", "text": "x", "for_s": true}',
        b'{"v": 1, "do": "message", "text": "x", "for_s": NaN}',
        b'{"v": 1, "do": "message", "text": "x", "for_s": 1e9}',
        b'{"v": 1, "do": "message", "text": "x", "for_s": 0}',
        b"[" * 8000,
        b'{"v": ' + b"9" * 8000 + b"}",
    ],
)
def test_what_is_no_request_is_refused_with_a_reason(line: bytes) -> None:
    with pytest.raises(BadRequest, match=r"\w"):
        parse_request(line)


@given(st.binary(max_size=300))
def test_no_bytes_break_the_reading_of_requests_and_answers(line: bytes) -> None:
    for read in (parse_request, read_answer):
        try:
            read(line)
        except BadRequest:
            continue


def test_a_text_that_the_app_would_not_take_is_not_sent() -> None:
    with pytest.raises(BadRequest, match="too long"):
        write_request(Message("x" * (LONGEST_MESSAGE + 1)))
    with pytest.raises(BadRequest):
        write_request(Show("x" * LONGEST_REQUEST))


def test_the_longest_message_fits_a_request_in_any_script() -> None:
    assert parse_request(write_request(Message("語" * LONGEST_MESSAGE))) == Message("語" * LONGEST_MESSAGE)


@given(st.text(max_size=400))
def test_a_message_has_one_line_and_neither_control_nor_direction_characters(text: str) -> None:
    cleaned = clean_message(text)
    assert cleaned == clean_message(cleaned)
    left = {unicodedata.category(each) for each in cleaned if each not in "\u200c\u200d"}
    assert not left & {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
    assert "  " not in cleaned


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("a\u202eb\u2066c\u200fd", "abcd"),
        ("\x1b]0;owned\x07text", "]0;ownedtext"),
        ("line\r\nline\u2028line", "line line line"),
        ("e\u0301", "é"),
        ("a" + "\u0300" * 50 + "b", "à" + "\u0300" * 3 + "b"),
        ("می\u200cخواهم", "می\u200cخواهم"),
    ],
)
def test_what_could_mislead_or_cover_other_lines_is_taken_out(text: str, cleaned: str) -> None:
    assert clean_message(text) == cleaned


def test_an_answer_says_how_many_bytes_follow_and_cannot_steer_a_terminal() -> None:
    line = write_answer(Answer({"name": "\x1b[31mrot \u202e"}, body=b"PNG"))
    assert line.isascii()
    assert b"\x1b" not in line
    fields, size = read_answer(line)
    assert (fields["ok"], fields["name"], size) == (True, "\x1b[31mrot \u202e", 3)


def test_a_refusal_has_a_name_for_programs_and_a_reason_for_people() -> None:
    fields, size = read_answer(write_answer(refusal("no-map", "there is no map", screen="sign-in")))
    assert size == 0
    assert fields == {"v": 1, "ok": False, "error": "no-map", "reason": "there is no map", "screen": "sign-in"}


@pytest.mark.parametrize(
    "answer", [b"", b"{}", b'{"ok": 1}', b'{"ok": true, "bytes": -1}', b'{"ok": true, "bytes": 1e9}']
)
def test_what_is_no_answer_is_told(answer: bytes) -> None:
    with pytest.raises(BadRequest):
        read_answer(answer)


def test_the_fields_of_an_answer_cannot_hide_that_it_is_a_refusal() -> None:
    assert json.loads(write_answer(Answer({"ok": True, "bytes": 9, "v": 0}, error="busy"))) == {
        "ok": False,
        "bytes": 9,
        "v": 1,
        "error": "busy",
    }
