"""The guest's journal, read from outside."""

from __future__ import annotations

import json
from pathlib import Path

from scripts.tvbox_rig.journal import Entry, Journal, parse
from tvapp.host.systemd.journal import encode


def line(message: object, unit: str = "tvapp.service", **extra: str) -> str:
    record = {"__REALTIME_TIMESTAMP": "1796064395746583", "MESSAGE": message, "_SYSTEMD_UNIT": unit, **extra}
    return json.dumps(record)


def test_an_event_of_the_app_has_its_fields_and_time() -> None:
    fields = {"TVAPP_EVENT": "map.settled", "TVAPP_TILES": "12", "TVAPP_MISSING": "0", "TVAPP_ORIGIN": "disk"}
    entry = parse(line("map.settled tiles=12 missing=0 origin=disk", **fields))
    assert entry is not None
    assert (entry.event, entry.at) == ("map.settled", 1796064395.746583)
    assert entry.fields == {"event": "map.settled", "tiles": 12, "missing": 0, "origin": "disk"}


def test_what_the_journal_sends_for_an_event_is_read_as_it_was_logged() -> None:
    sent = dict(
        each.split("=", 1)
        for each in encode("tv.switched", "info", "m", {"power": "on", "zoom": "13.5"}).decode().splitlines()
    )
    message = sent.pop("MESSAGE")
    entry = parse(line(message, **sent))
    assert entry is not None
    assert (entry.event, entry.fields["power"], entry.fields["zoom"]) == ("tv.switched", "on", 13.5)


def test_a_line_of_systemd_about_the_unit_belongs_to_it_and_is_no_event() -> None:
    entry = parse(line("Started tvapp.service.", unit="init.scope", UNIT="tvapp.service"))
    assert entry == Entry(1796064395.746583, "tvapp.service", "Started tvapp.service.")


def test_what_another_unit_writes_is_no_event_even_if_it_looks_like_one() -> None:
    entry = parse(line("map.settled", unit="other.service", TVAPP_EVENT="map.settled"))
    assert entry is not None
    assert entry.event == ""


def test_a_line_of_the_app_that_is_no_event_is_only_a_message() -> None:
    entry = parse(line("a traceback"))
    assert entry is not None
    assert (entry.event, entry.message, entry.fields) == ("", "a traceback", {})


def test_bytes_that_are_no_text_are_read() -> None:
    entry = parse(line([72, 105, 255]))
    assert entry is not None
    assert entry.message == "Hi�"


def test_a_line_that_was_cut_off_is_left_out() -> None:
    assert parse(line("whole")[:-5]) is None
    assert parse("3") is None
    assert parse("{}") is None


def test_entries_are_found_after_a_mark_only(tmp_path: Path) -> None:
    file = tmp_path / "journal.jsonl"
    journal = Journal(file)
    assert journal.read() == 0
    file.write_text(line("first") + "\n" + line("second")[:20])
    mark = journal.read()
    assert mark == 1
    with file.open("a") as more:
        more.write(line("second")[20:] + "\n")
    assert journal.find(mark, lambda entry: entry.message == "first") is None
    found = journal.find(mark, lambda entry: entry.message == "second")
    assert found is not None
    assert journal.wait(mark, lambda entry: entry.message == "third", 0.0) is None


def test_what_follows_a_line_cut_off_by_the_plug_is_read(tmp_path: Path) -> None:
    file = tmp_path / "journal.jsonl"
    file.write_text(line("first") + "\n" + line("cut")[:30] + "\n" + line("after") + "\n")
    journal = Journal(file)
    journal.read()
    assert [entry.message for entry in journal.entries] == ["first", "after"]
