"""Sends changes to the Data service as an outbox does, over a transport that can fail anywhere."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from tests.cloud import LocalCloud
from tvapp.core.clock import ManualClock, SystemClock
from tvapp.core.errors import ConnectionBroken, TvappError
from tvapp.core.headers import Headers
from tvapp.core.log import RecordingLog
from tvapp.core.proxies import Outbound
from tvapp.fences.model.change import Change, Outcome, Step
from tvapp.fences.stores.map_data import MapDataStore
from tvapp.fences.stores.map_data_sending import PollPacer
from tvapp.net.request import Request, Response, Sender
from tvapp.net.transport import HttpClient

OPERATIONS = "/mapData/operations/*"


def circle(geometry_id: str = "depot-1", radius: float = 500) -> bytes:
    geometry = {"type": "Point", "coordinates": [-122.126986, 47.639754]}
    properties = {"geometryId": geometry_id, "subType": "Circle", "radius": radius}
    return json.dumps({"type": "Feature", "geometry": geometry, "properties": properties}).encode()


def file_of(*features: bytes) -> bytes:
    return b'{"type": "FeatureCollection",\n "made by": "hand", "features": [\n' + b",\n".join(features) + b"\n]}\n"


def lone(feature: bytes) -> bytes:
    return b'{"type": "FeatureCollection", "features": [' + feature + b"]}"


ADD = Change("change-1", "", "depot-1", b"", circle())


def edit(udid: str) -> Change:
    return Change("change-2", udid, "depot-1", circle(), circle(radius=900))


def deletion(udid: str) -> Change:
    return Change("change-3", udid, "depot-1", circle(), b"")


class WithHeaders:
    """Sends requests with fixed credentials."""

    def __init__(self, headers: dict[str, str]) -> None:
        self.headers = headers

    async def send(self, http: Sender, request: Request) -> Response:
        return await http.send(request.with_headers(self.headers))


class Killed(BaseException):
    """The program is killed here."""


@dataclass
class Wire:
    """The real transport, which fails at one request: before it is sent, or after its answer."""

    http: Sender
    fails_at: int = 0
    is_answer_lost: bool = False
    error: BaseException = field(default_factory=lambda: ConnectionBroken("h"))
    asked: list[str] = field(default_factory=list)

    async def send(self, request: Request) -> Response:
        self.asked.append(f"{request.method} {request.url}")
        fails = len(self.asked) == self.fails_at
        if fails and not self.is_answer_lost:
            raise self.error
        response = await self.http.send(request)
        if fails:
            raise self.error
        return response


@dataclass
class Desk:
    """Does what an outbox does: saves the notes of one change at a time and retries after failures."""

    cloud: LocalCloud
    wire: Wire
    headers: dict[str, str]
    resume: str = ""
    change_id: str = ""
    steps: list[Step] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)
    clock: ManualClock = field(default_factory=ManualClock)
    killed_at: int = 0
    """The number of the note at which the program is killed: after it is saved, or before (negative)."""

    def __post_init__(self) -> None:
        self.store = self.restarted()

    def restarted(self) -> MapDataStore:
        """Return a store that has read nothing yet."""

        async def sleep(seconds: float) -> None:
            self.waits.append(seconds)

        log = RecordingLog()
        authorizer = WithHeaders(self.headers)
        return MapDataStore(
            self.wire,
            self.cloud.endpoint,
            authorizer,
            log,
            clock=self.clock,
            new_pacer=partial(PollPacer, sleep=sleep, random=lambda: 0.5),
        )

    async def note(self, step: Step) -> None:
        self.steps.append(step)
        if len(self.steps) == -self.killed_at:
            raise Killed
        self.resume = step.resume or self.resume
        if len(self.steps) == self.killed_at:
            raise Killed

    async def send(self, change: Change) -> Outcome:
        if change.id != self.change_id:
            self.change_id, self.resume = change.id, ""
        return await self.store.send(change, note=self.note, resume=self.resume)

    async def deliver(self, change: Change, attempts: int = 4) -> Outcome:
        """Send until it is done: retry as an outbox does, and after a refusal as a viewer may."""
        for _ in range(attempts):
            try:
                return await self.send(change)
            except (TvappError, Killed) as error:
                if isinstance(error, Killed):
                    self.store = self.restarted()
        raise AssertionError("it never arrives")


def at_desk(cloud: LocalCloud, work: Callable[[Desk], Awaitable[None]], **wire: Any) -> None:
    async def run() -> None:
        http = HttpClient(outbound=Outbound.trusting(cloud.ca_bundle), clock=SystemClock(), log=RecordingLog())
        try:
            await work(Desk(cloud, Wire(http, **wire), cloud.bearer()))
        finally:
            await http.aclose()

    asyncio.run(run())


def stored(cloud: LocalCloud) -> list[str]:
    return [file["content"] for file in cloud.map_data()["files"] if file["upload_status"] != "Failed"]


def accepted(cloud: LocalCloud) -> tuple[int, int, int]:
    count = cloud.map_data()["accepted"]
    return count["POST"], count["PUT"], count["DELETE"]


def features(cloud: LocalCloud) -> list[list[Any]]:
    return [json.loads(content)["features"] for content in stored(cloud)]


Answer = tuple[int, dict[str, str], bytes] | TvappError


@dataclass
class Script:
    """Answers by method and beginning of the path; raises answers that are errors."""

    answers: dict[str, Answer]
    asked: list[str] = field(default_factory=list)

    async def send(self, request: Request) -> Response:
        path = f"/{request.url.split('/', 3)[3]}"
        self.asked.append(f"{request.method} {path}")
        found = next(
            answer
            for start, answer in self.answers.items()
            if path.startswith(start) or self.asked[-1].startswith(start)
        )
        if isinstance(found, TvappError):
            raise found
        status, headers, body = found
        return Response(status, Headers(headers), body, request.url)


JSON = {"content-type": "application/json"}


def send(endpoint: str, answers: dict[str, Answer], change: Change = ADD, resume: str = "") -> Outcome:
    async def note(step: Step) -> None:
        pass

    async def sleep(_seconds: float) -> None:
        pass

    pacer = partial(PollPacer, sleep=sleep)
    store = MapDataStore(Script(answers), endpoint, WithHeaders({}), RecordingLog(), new_pacer=pacer)
    return asyncio.run(store.send(change, note=note, resume=resume))
