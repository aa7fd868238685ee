"""Answers of a Data service that the local cloud never gives."""

from __future__ import annotations

import asyncio
import json

import pytest

from tests.fences.stores.map_data_desk import (
    JSON,
    Answer,
    Script,
    WithHeaders,
    deletion,
    edit,
    send,
)
from tvapp.azure.map_data import MAX_FILE_BYTES, MapDataClient
from tvapp.core.clock import ManualClock
from tvapp.core.errors import (
    ConnectionBroken,
    DataError,
    NotFound,
    ServiceDown,
    ServiceError,
    TvappError,
    UnexpectedReply,
    Unreachable,
)
from tvapp.fences.model.change import Change, Stored
from tvapp.fences.outbox.failure_policy import next_step
from tvapp.fences.stores.base import StoreRetired


@pytest.mark.parametrize(
    "answer",
    [
        (404, {}, b""),
        (410, {}, b""),
        (403, JSON, b"{}"),
        (400, JSON, b'{"error":{"code":"UnsupportedApiVersion"}}'),
        (404, {"content-type": "text/html"}, b"<html>gone"),
        Unreachable("h", "no such host"),
    ],
)
@pytest.mark.parametrize("host", ["atlas.microsoft.com", "us.atlas.microsoft.com", "atlas.azure.us"])
def test_public_azure_no_longer_takes_anything(host: str, answer: Answer) -> None:
    with pytest.raises(StoreRetired) as raised:
        send(f"https://{host}", {"POST ": answer})
    assert raised.value.host == host
    assert next_step(raised.value) == "refused"


@pytest.mark.parametrize("change", [edit("a"), deletion("a")])
@pytest.mark.parametrize("answer", [(404, {}, b""), (410, {}, b""), (403, {}, b""), Unreachable("h")])
def test_public_azure_no_longer_gives_anything(change: Change, answer: Answer) -> None:
    with pytest.raises(StoreRetired):
        send("https://eu.atlas.microsoft.com", {"GET ": answer}, change)


@pytest.mark.parametrize("answer", [(401, {}, b""), (503, {}, b""), (200, {}, b"<html>"), ConnectionBroken("h")])
def test_trouble_on_the_way_to_public_azure_is_not_taken_for_its_end(answer: Answer) -> None:
    with pytest.raises(TvappError) as raised:
        send("https://atlas.microsoft.com", {"POST ": answer})
    assert next_step(raised.value) == "retry"


def test_another_host_that_says_404_is_not_retired() -> None:
    with pytest.raises(NotFound):
        send("https://maps.example", {"POST ": (404, {}, b"")})


def test_a_relative_address_of_the_operation_and_a_location_in_the_body_are_understood() -> None:
    done = b'{"status":"Succeeded","resourceLocation":"https://maps.example/mapData/metadata/file-7?api-version=2.0"}'
    answers: dict[str, Answer] = {
        "POST ": (202, {"operation-location": "/mapData/operations/op-1?api-version=2.0"}, b""),
        "GET /mapData/operations/op-1?": (200, JSON, done),
    }
    assert send("https://maps.example", answers) == Stored("file-7")


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"status": 7}', b"<html>", b"[" * 100_000])
def test_a_state_that_is_none_is_asked_for_again_later(body: bytes) -> None:
    with pytest.raises(UnexpectedReply) as raised:
        send("https://maps.example", {"GET ": (200, JSON, body)}, resume="operation op-1 abc")
    assert next_step(raised.value) == "retry"


@pytest.mark.parametrize(
    ("error", "code", "message"),
    [
        (None, "Failed", ""),
        ({}, "Failed", ""),
        ({"code": None, "message": "No\nway.\u202e"}, "Failed", "No way."),
        ({"code": "X", "message": "Bad.", "details": [{"code": "Y"}, {"message": "Worse."}, {}]}, "X", "Bad. Y Worse."),
        ({"code": "X", "message": "long " * 200}, "X", None),
    ],
)
def test_every_failure_reason_is_one_line(error: object, code: str, message: str | None) -> None:
    body = json.dumps({"status": "Failed", "error": error}).encode()
    with pytest.raises(ServiceError) as raised:
        send("https://maps.example", {"GET ": (200, JSON, body)}, resume="operation op-1 abc")
    assert raised.value.code == code
    assert raised.value.message == message if message is not None else len(raised.value.message) <= 300


def test_a_failed_upload_in_the_list_is_no_upload() -> None:
    entries = [{"udid": "f", "uploadStatus": "Failed", "description": "tvapp:change-1 x"}, {"udid": "o"}]
    location = "https://maps.example/mapData/new-1?api-version=2.0"
    answers: dict[str, Answer] = {
        "GET /mapData?": (200, JSON, json.dumps({"mapDataList": entries}).encode()),
        "POST ": (202, {"operation-location": "https://maps.example/mapData/operations/op-1"}, b""),
        "GET /mapData/operations/": (200, {**JSON, "resource-location": location}, b'{"status":"Succeeded"}'),
    }
    assert send("https://maps.example", answers, resume="post") == Stored("new-1")


def test_the_upload_of_a_change_with_a_longer_id_is_not_mistaken_for_ours() -> None:
    entries = [{"udid": "other", "uploadStatus": "Completed", "description": "tvapp:change-11 x depot-1"}]
    answers: dict[str, Answer] = {
        "GET /mapData?": (200, JSON, json.dumps({"mapDataList": entries}).encode()),
        "POST ": (503, {}, b""),
    }
    with pytest.raises(ServiceDown):
        send("https://maps.example", answers, resume="post")


def test_too_large_a_file_is_not_sent() -> None:
    script = Script({})
    client = MapDataClient(script, "https://maps.example", WithHeaders({}), clock=ManualClock())
    with pytest.raises(DataError) as raised:
        asyncio.run(client.upload(bytes(MAX_FILE_BYTES + 1), "large"))
    assert "100 MB" in raised.value.reason
    assert script.asked == []
