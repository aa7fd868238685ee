"""What a store of web addresses asks for and how it takes each answer: with a sender that gives prepared ones."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import pytest

from tests.fences.outbox.killed import feature
from tests.fences.stores.test_map_data_lists import CountingWorkers
from tvapp.core.clock import ManualClock
from tvapp.core.errors import NetworkError, ServiceError, Throttled, TvappError, UnexpectedReply, Unreachable
from tvapp.core.headers import Headers
from tvapp.core.log import RecordingLog
from tvapp.fences.geojson.reading import MAX_BYTES
from tvapp.fences.model.fence import Skipped
from tvapp.fences.stores.base import UNCHANGED, Loaded
from tvapp.fences.stores.url import MAX_PAUSE_S, UrlStore, label
from tvapp.net.request import Request, Response

URL = "https://maps.example/fences.geojson?sig=secret"
LABEL = "maps.example/fences.geojson"
PAGE = b"<!doctype html><title>Sign in</title>"


def collection(*names: str) -> bytes:
    return b'{"type":"FeatureCollection","features":[' + b",".join(feature(name, "1") for name in names) + b"]}"


def reply(status: int, body: bytes = b"", **fields: str) -> Response:
    return Response(status, Headers({name.replace("_", "-"): text for name, text in fields.items()}), body, URL)


@dataclass
class PreparedSender:
    """Gives prepared answers in their order, and keeps what was asked."""

    answers: list[Response | TvappError] = field(default_factory=list)
    asked: list[Request] = field(default_factory=list)
    at_once: int = 0
    most_at_once: int = 0

    async def send(self, request: Request) -> Response:
        self.asked.append(request)
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        for _ in range(5):
            await asyncio.sleep(0)
        self.at_once -= 1
        answer = self.answers.pop(0)
        if isinstance(answer, TvappError):
            raise answer
        return answer


class Rig:
    def __init__(self, *answers: Response | TvappError, urls: tuple[str, ...] = (URL,)) -> None:
        self.sender = PreparedSender(list(answers))
        self.clock = ManualClock()
        self.store = UrlStore(self.sender, urls, RecordingLog(), clock=self.clock)

    def load(self) -> Loaded:
        return asyncio.run(self.store.load())

    def fails(self) -> TvappError:
        with pytest.raises(TvappError) as raised:
            self.load()
        return raised.value


def test_a_file_is_asked_for_once_with_its_limits_and_afterwards_only_if_it_has_changed() -> None:
    rig = Rig(reply(200, collection("a"), etag='"7"', last_modified="Monday"), reply(304), urls=(URL, URL))
    assert [fence.geometry_id for fence in rig.load().fences] == ["a"]
    assert rig.load() == UNCHANGED
    first, second = rig.sender.asked
    accept = {"accept": "application/geo+json, application/json;q=0.9, */*;q=0.1"}
    assert first == Request("GET", URL, Headers(accept), limit_bytes=MAX_BYTES, timeout_s=120.0)
    assert second.headers == Headers(accept | {"if-none-match": '"7"', "if-modified-since": "Monday"})


def test_without_validators_the_whole_file_comes_again() -> None:
    rig = Rig(reply(200, collection("a")), reply(200, collection("a")), reply(200, collection("b")))
    assert not rig.load().unchanged
    assert rig.load().unchanged
    assert [fence.geometry_id for fence in rig.load().fences] == ["b"]
    assert [set(dict(asked.headers)) for asked in rig.sender.asked] == [{"accept"}] * 3


@pytest.mark.parametrize(
    ("answer", "status", "code", "message"),
    [
        (
            reply(302, location="https://elsewhere.example/x?y"),
            302,
            "redirect",
            "it leads on to elsewhere.example; redirects are not followed",
        ),
        (
            reply(301, location="/further"),
            301,
            "redirect",
            "it leads on to another place of its own; redirects are not followed",
        ),
        (reply(300), 300, "redirect", "it leads on to another place of its own; redirects are not followed"),
        (reply(399), 399, "redirect", "it leads on to another place of its own; redirects are not followed"),
        (reply(304), 304, "", "not an answer to this"),
        (reply(206, collection("a")), 206, "", "not an answer to this"),
        (reply(204), 204, "", "not an answer to this"),
        (reply(200, PAGE), 200, "html", "a web page, not GeoJSON"),
        (reply(401, PAGE), 401, "html", "a web page, not GeoJSON"),
        (reply(403, PAGE), 403, "html", "a web page, not GeoJSON"),
        (reply(407, PAGE), 407, "html", "a web page, not GeoJSON"),
    ],
)
def test_an_answer_that_is_no_file_is_named(answer: Response, status: int, code: str, message: str) -> None:
    error = Rig(answer).fails()
    assert isinstance(error, UnexpectedReply)
    assert (error.host, error.status, error.code, error.message) == ("maps.example", status, code, message)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 407, 410, 500, 503])
def test_a_refusal_is_the_error_of_its_status(status: int) -> None:
    body = PAGE if status in (404, 500) else b"{}"
    error = Rig(reply(status, body)).fails()
    assert isinstance(error, ServiceError)
    assert not isinstance(error, UnexpectedReply)
    assert (error.host, error.status) == ("maps.example", status)


@pytest.mark.parametrize(("asked_s", "pause_s"), [("100", 100.0), ("999999", MAX_PAUSE_S), ("", 0.0)])
def test_a_server_is_not_asked_before_the_time_that_it_names_but_within_an_hour(asked_s: str, pause_s: float) -> None:
    answer = reply(429, retry_after=asked_s) if asked_s else reply(429)
    rig = Rig(answer, reply(200, collection("a")))
    assert isinstance(rig.fails(), Throttled)
    if pause_s:
        rig.clock.advance(pause_s - 0.5)
        assert isinstance(rig.fails(), Throttled)
        assert len(rig.sender.asked) == 1
        rig.clock.advance(0.5)
    assert len(rig.load().fences) == 1


def test_an_error_of_the_network_is_tried_again_at_once() -> None:
    rig = Rig(Unreachable("maps.example"), reply(200, collection("a")))
    assert isinstance(rig.fails(), NetworkError)
    assert len(rig.load().fences) == 1


def test_a_file_that_cannot_be_read_now_is_shown_as_it_was_with_the_reason_and_the_time() -> None:
    other = "https://other.example/b.json"
    urls = (URL, other)
    rig = Rig(
        reply(200, collection("a")), reply(200, collection("b")), reply(500), reply(200, collection("c")), urls=urls
    )
    rig.load()
    right_at = rig.clock.wall()
    rig.clock.advance(60.0)
    loaded = rig.load()
    assert [fence.geometry_id for fence in loaded.fences] == ["a", "c"]
    assert loaded.skipped == (Skipped(LABEL, "shown as it was before: the server answers 500"),)
    assert loaded.as_of == right_at


def test_a_file_that_was_never_read_is_named_and_the_first_error_counts_where_none_was() -> None:
    other = "https://other.example/b.json"
    rig = Rig(reply(404), reply(200, collection("b")), urls=(URL, other))
    loaded = rig.load()
    assert loaded.skipped == (Skipped(LABEL, "the server answers 404"),)
    assert (len(loaded.fences), loaded.as_of) == (1, None)
    error = Rig(reply(404), Unreachable("other.example"), urls=(URL, other)).fails()
    assert isinstance(error, ServiceError)


def test_at_most_four_addresses_are_asked_at_the_same_time() -> None:
    urls = tuple(f"https://maps.example/{number}.json" for number in range(9))
    rig = Rig(*(reply(200, collection(f"f{number}")) for number in range(9)), urls=urls)
    assert len(rig.load().fences) == 9
    assert rig.sender.most_at_once == 4


@pytest.mark.parametrize("url", ["http://maps.example/a.json", "https://me@maps.example/a.json", "ftp://x/a"])
def test_other_addresses_are_not_asked(url: str) -> None:
    rig = Rig(urls=(url,))
    assert str(rig.fails()) == f"{label(url)}: not an https address without a user name"
    assert rig.sender.asked == []


def test_a_label_has_two_hundred_characters_at_most_and_something_without_a_host_has_one_too() -> None:
    assert label(URL) == LABEL
    assert label("nonsense") == "url"
    long = label("https://maps.example/" + "x" * 300)
    assert long == ("maps.example/" + "x" * 300)[:199] + "…"


def test_files_are_parsed_on_workers() -> None:
    workers = CountingWorkers()
    store = UrlStore(PreparedSender([reply(200, collection("a"))]), (URL,), RecordingLog(), workers=workers)
    assert len(asyncio.run(store.load()).fences) == 1
    assert workers.runs == 1
