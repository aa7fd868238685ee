"""Whatever fails on the way into the Data service, each change is stored once."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from tests.cloud import LocalCloud
from tests.fences.stores.map_data_desk import (
    ADD,
    OPERATIONS,
    Desk,
    Killed,
    accepted,
    at_desk,
    circle,
    deletion,
    edit,
    features,
    file_of,
    lone,
    stored,
)
from tvapp.core.errors import (
    Conflict,
    ConnectionBroken,
    Forbidden,
    NotFound,
    ServiceDown,
    ServiceError,
    Throttled,
    TimedOut,
    TvappError,
    Unauthorized,
    UnexpectedReply,
    Unreachable,
)
from tvapp.fences.model.change import Change, Stored
from tvapp.fences.outbox.failure_policy import next_step

FAULTS: dict[str, tuple[dict[str, object], type[TvappError]]] = {
    "reset before": ({"reset": "before"}, ConnectionBroken),
    "reset after": ({"reset": "after"}, ConnectionBroken),
    "half": ({"truncate": 0.5, "status": 200, "body": "{}" * 50, "content_type": "application/json"}, ConnectionBroken),
    "portal": ({"html": True}, UnexpectedReply),
    "gateway page": ({"html": True, "status": 502}, ServiceDown),
    "401": ({"status": 401}, Unauthorized),
    "403": ({"status": 403}, Forbidden),
    "404": ({"status": 404}, NotFound),
    "409": ({"status": 409}, Conflict),
    "413": ({"status": 413}, ServiceError),
    "429": ({"status": 429, "retry_after": "7"}, Throttled),
    "429 until": ({"status": 429, "retry_after": "date:30"}, Throttled),
    "500": ({"status": 500}, ServiceDown),
    "503": ({"status": 503, "retry_after": "9"}, ServiceDown),
}


async def first_failure(desk: Desk, change: Change) -> TvappError | None:
    try:
        await desk.send(change)
    except TvappError as error:
        return error
    return None


def often(fault: str, request_kind: str) -> int:
    """Return how often a fault strikes: a GET on a pooled connection that breaks is repeated at once."""
    return 2 if FAULTS[fault][1] is ConnectionBroken and request_kind in ("operation", "list") else 1


@pytest.mark.parametrize("request_kind", ["POST", "operation", "list"])
@pytest.mark.parametrize("fault", FAULTS)
def test_an_upload_is_stored_once_whichever_answers_are_lost(empty: LocalCloud, fault: str, request_kind: str) -> None:
    values, kind = FAULTS[fault]
    which = {
        "POST": {"method": "POST"},
        "operation": {"method": "GET", "path": OPERATIONS},
        "list": {"method": "GET", "path": "/mapData"},
    }[request_kind]
    if request_kind == "list":
        # The list is only asked for where an answer was lost.
        empty.fault("map-data", method="POST", reset="after", times=1)
    empty.fault("map-data", times=often(fault, request_kind), **which, **values)

    async def work(desk: Desk) -> None:
        if request_kind == "list":
            assert isinstance(await first_failure(desk, ADD), ConnectionBroken)
        error = await first_failure(desk, ADD)
        if (request_kind, fault) == ("operation", "404"):
            assert error is None  # the list knows
        else:
            assert isinstance(error, kind)
            expected = {"429": 7, "429 until": 30, "503": 9}.get(fault)
            # A date is whole seconds ahead of the server's own, which is cut to whole seconds as well.
            assert expected is None or getattr(error, "retry_after_s", None) == pytest.approx(expected, abs=1)

        outcome = await desk.deliver(ADD)

        (file,) = empty.map_data()["files"]
        assert outcome == Stored(file["udid"])
        assert accepted(empty) == (1, 0, 0)
        assert features(empty) == [[json.loads(ADD.after)]]

    at_desk(empty, work)


@pytest.mark.parametrize("request_kind", ["GET", "PUT", "operation"])
@pytest.mark.parametrize("fault", FAULTS)
def test_an_update_is_stored_whichever_answers_are_lost(empty: LocalCloud, fault: str, request_kind: str) -> None:
    udid = empty.add_map_data(file_of(circle("a"), circle()).decode())
    path = OPERATIONS if request_kind == "operation" else f"/mapData/{udid}"
    values, kind = FAULTS[fault]
    method = request_kind.replace("operation", "GET")
    empty.fault("map-data", times=often(fault, request_kind), method=method, path=path, **values)

    async def work(desk: Desk) -> None:
        error = await first_failure(desk, edit(udid))
        if (request_kind, fault) == ("operation", "404"):
            assert isinstance(error, UnexpectedReply)
        elif (request_kind, fault) == ("PUT", "404"):
            assert error is None  # it looked, and tried again
        elif (request_kind, fault) == ("GET", "half"):
            assert isinstance(error, ConnectionBroken)
        else:
            assert isinstance(error, kind)

        assert await desk.deliver(edit(udid)) == Stored(udid)
        assert stored(empty) == [file_of(circle("a"), circle(radius=900)).decode()]
        # A second update with the same content only where the first one's answer was lost while it was at work.
        assert accepted(empty)[1] <= (2 if fault == "reset after" and request_kind == "PUT" else 1)

    at_desk(empty, work)


@pytest.mark.parametrize("request_kind", ["GET", "DELETE"])
@pytest.mark.parametrize("fault", FAULTS)
def test_a_deletion_is_done_once_whichever_answers_are_lost(empty: LocalCloud, fault: str, request_kind: str) -> None:
    udid = empty.add_map_data(lone(circle()).decode())
    values, kind = FAULTS[fault]
    empty.fault("map-data", times=1, method=request_kind, path=f"/mapData/{udid}", **values)

    async def work(desk: Desk) -> None:
        error = await first_failure(desk, deletion(udid))
        if (request_kind, fault) == ("DELETE", "404"):
            assert error is None
        else:
            assert isinstance(error, kind)

        assert await desk.deliver(deletion(udid)) == Stored(udid)
        assert stored(empty) == []
        assert accepted(empty) == (0, 0, 1)

    at_desk(empty, work)


def test_a_full_storage_is_refused_for_good_with_a_code_of_its_own(empty: LocalCloud) -> None:
    empty.settings(storage_limit_bytes=10)

    async def work(desk: Desk) -> None:
        with pytest.raises(Conflict) as raised:
            await desk.send(ADD)
        assert (raised.value.status, raised.value.code) == (409, "StorageFull")
        assert raised.value.message == "The storage of this account is full."
        assert next_step(raised.value) == "refused"
        assert stored(empty) == []

    at_desk(empty, work)


def test_a_reader_gets_an_error_when_writing(empty: LocalCloud) -> None:
    async def work(desk: Desk) -> None:
        desk.headers.update(empty.bearer("ben"))
        with pytest.raises(Forbidden):
            await desk.send(ADD)
        assert stored(empty) == []

    at_desk(empty, work)


# -- cut anywhere ------------------------------------------------------------------------------------------------------


SCENARIOS: dict[str, tuple[Callable[[str], Change], int, int]] = {
    "add": (lambda _: ADD, 3, 2),
    "edit": (edit, 4, 3),
    "delete": (deletion, 2, 2),
}
"""Each with its number of requests and of notes."""


def prepare(cloud: LocalCloud, scenario: str) -> str:
    return "" if scenario == "add" else cloud.add_map_data(lone(circle()).decode())


def check(cloud: LocalCloud, scenario: str) -> None:
    if scenario == "delete":
        assert stored(cloud) == []
    else:
        wanted = circle() if scenario == "add" else circle(radius=900)
        assert features(cloud) == [[json.loads(wanted)]]
    posts, puts, deletions = accepted(cloud)
    assert posts == (scenario == "add")
    assert deletions == (scenario == "delete")
    assert puts <= 2


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_it_takes_as_many_requests_and_notes_as_the_cuts_below_assume(empty: LocalCloud, scenario: str) -> None:
    make, requests, notes = SCENARIOS[scenario]
    change = make(prepare(empty, scenario))

    async def work(desk: Desk) -> None:
        await desk.send(change)
        assert (len(desk.wire.asked), len(desk.steps)) == (requests, notes)

    at_desk(empty, work)


@pytest.mark.parametrize(
    "error", [Killed(), Unreachable("h", "refused"), TimedOut("h")], ids=["kill", "refused", "slow"]
)
@pytest.mark.parametrize("is_answer_lost", [False, True], ids=["before", "after"])
@pytest.mark.parametrize(
    ("scenario", "number"), [(name, n + 1) for name, (_, most, _) in SCENARIOS.items() for n in range(most)]
)
def test_a_cut_at_any_request_neither_loses_nor_doubles(
    empty: LocalCloud, scenario: str, number: int, is_answer_lost: bool, error: BaseException
) -> None:
    change = SCENARIOS[scenario][0](prepare(empty, scenario))

    async def work(desk: Desk) -> None:
        await desk.deliver(change)
        check(empty, scenario)
        assert len(desk.wire.asked) > number

    at_desk(empty, work, fails_at=number, is_answer_lost=is_answer_lost, error=error)


@pytest.mark.parametrize("is_kept", [False, True], ids=["before it is kept", "after it is kept"])
@pytest.mark.parametrize(
    ("scenario", "number"), [(name, n + 1) for name, (_, _, most) in SCENARIOS.items() for n in range(most)]
)
def test_a_kill_at_any_note_neither_loses_nor_doubles(
    empty: LocalCloud, scenario: str, number: int, is_kept: bool
) -> None:
    change = SCENARIOS[scenario][0](prepare(empty, scenario))

    async def work(desk: Desk) -> None:
        desk.killed_at = number if is_kept else -number
        await desk.deliver(change)
        check(empty, scenario)

    at_desk(empty, work)


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_a_change_that_is_sent_again_after_it_arrived_is_not_written_again(empty: LocalCloud, scenario: str) -> None:
    change = SCENARIOS[scenario][0](prepare(empty, scenario))

    async def work(desk: Desk) -> None:
        first = await desk.send(change)
        before = accepted(empty)
        desk.store = desk.restarted()
        assert await desk.send(change) == first
        assert accepted(empty) == before

    at_desk(empty, work)
