"""Writing changes to the Data service of the local cloud, also while other clients write."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from tests.cloud import LocalCloud
from tests.fences.stores.map_data_desk import (
    ADD,
    OPERATIONS,
    Desk,
    Script,
    accepted,
    at_desk,
    circle,
    deletion,
    edit,
    features,
    file_of,
    stored,
)
from tvapp.core.errors import (
    ConnectionBroken,
    DataError,
    ServiceError,
    TimedOut,
    UnexpectedReply,
)
from tvapp.fences.model.change import Change, Conflicting, Stored
from tvapp.fences.outbox.failure_policy import next_step
from tvapp.fences.stores.map_data_sending import POLL_TIMEOUT_S
from tvapp.net.request import Request, Response, Sender


def test_a_new_fence_becomes_a_file_of_its_own(empty: LocalCloud) -> None:
    async def work(desk: Desk) -> None:
        outcome = await desk.send(ADD)

        (file,) = empty.map_data()["files"]
        assert outcome == Stored(file["udid"])
        assert json.loads(file["content"])["features"] == [json.loads(ADD.after)]
        assert file["description"].startswith("tvapp:change-1 ")
        assert [line.split("/mapData")[0].split(" ")[0] for line in desk.wire.asked] == ["POST", "GET", "GET"]

    at_desk(empty, work)


def test_an_edit_replaces_the_fence_and_a_deletion_removes_the_file(empty: LocalCloud) -> None:
    async def work(desk: Desk) -> None:
        sent = await desk.send(ADD)
        assert isinstance(sent, Stored)
        assert await desk.send(edit(sent.source)) == sent
        assert features(empty) == [[json.loads(circle(radius=900))]]

        gone = Change("change-3", sent.source, "depot-1", circle(radius=900), b"")
        assert await desk.send(gone) == sent
        assert stored(empty) == []
        assert accepted(empty) == (1, 1, 1)

    at_desk(empty, work)


def test_in_a_file_with_others_only_the_fence_itself_changes(empty: LocalCloud) -> None:
    udid = empty.add_map_data(file_of(circle("a"), circle(), circle("b")).decode())

    async def work(desk: Desk) -> None:
        await desk.send(edit(udid))
        assert stored(empty) == [file_of(circle("a"), circle(radius=900), circle("b")).decode()]

        await desk.send(Change("change-3", udid, "depot-1", circle(radius=900), b""))
        (left,) = features(empty)
        assert [feature["properties"]["geometryId"] for feature in left] == ["a", "b"]
        assert accepted(empty) == (0, 2, 0)

    at_desk(empty, work)


def test_progress_is_reported_and_the_point_to_resume_from_is_noted_before_each_step(empty: LocalCloud) -> None:
    empty.settings(operation_polls=3)

    async def work(desk: Desk) -> None:
        await desk.send(ADD)
        statuses = [step.status for step in desk.steps]
        assert list(dict.fromkeys(statuses)) == ["sending", "processing"]
        assert desk.steps[statuses.index("sending")].resume == "post"
        operation = desk.steps[statuses.index("processing")].resume.split(" ")
        assert operation[0] == "operation"
        assert operation[1] in desk.wire.asked[-1]
        assert len(desk.waits) == 3
        assert desk.waits == sorted(desk.waits)

    at_desk(empty, work)


def test_a_sent_change_is_shown_after_one_request_for_the_list(empty: LocalCloud) -> None:
    other = empty.add_map_data(file_of(circle("other")).decode())

    async def work(desk: Desk) -> None:
        await desk.store.load()
        sent = await desk.send(ADD)
        assert isinstance(sent, Stored)
        desk.wire.asked.clear()

        loaded = await desk.store.load()

        assert {(fence.id, fence.source) for fence in loaded.fences} == {("other", other), ("depot-1", sent.source)}
        assert not [line for line in desk.wire.asked if sent.source in line]
        # Somebody else may have changed it since: the load after that looks.
        desk.wire.asked.clear()
        assert (await desk.store.load()).unchanged
        assert [line for line in desk.wire.asked if sent.source in line]

    at_desk(empty, work)


def test_edited_and_deleted_fences_are_shown_so(empty: LocalCloud) -> None:
    udid = empty.add_map_data(file_of(circle()).decode())

    async def work(desk: Desk) -> None:
        await desk.store.load()
        await desk.send(edit(udid))
        desk.wire.asked.clear()
        (fence,) = (await desk.store.load()).fences
        assert fence.properties["radius"] == 900
        assert len(desk.wire.asked) == 1

        await desk.send(Change("change-3", udid, "depot-1", fence.raw, b""))
        assert (await desk.store.load()).fences == ()

    at_desk(empty, work)


def test_an_edit_that_was_taken_up_again_is_read_anew(empty: LocalCloud) -> None:
    async def work(desk: Desk) -> None:
        sent = await desk.send(ADD)
        assert isinstance(sent, Stored)
        desk.wire.fails_at = len(desk.wire.asked) + 3
        with pytest.raises(ConnectionBroken):
            await desk.send(edit(sent.source))
        assert await desk.send(edit(sent.source)) == sent

        (fence,) = (await desk.store.load()).fences
        assert fence.properties["radius"] == 900

    at_desk(empty, work)


def test_a_file_that_is_being_replaced_stays_as_it_was(empty: LocalCloud) -> None:
    udid = empty.add_map_data(file_of(circle()).decode())
    listing = json.dumps({"mapDataList": [{"udid": udid, "uploadStatus": "Pending"}]}).encode()

    async def work(desk: Desk) -> None:
        await desk.store.load()
        assert (await desk.store.load()).unchanged
        desk.wire.http = Script({"/mapData?": (200, {}, listing)})
        assert (await desk.store.load()).unchanged

    at_desk(empty, work)


# -- somebody else -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("change", [edit, deletion])
def test_a_fence_that_another_client_changed_is_not_overwritten(
    empty: LocalCloud, change: Callable[[str], Change]
) -> None:
    theirs = circle(radius=777)
    udid = empty.add_map_data(file_of(theirs).decode())

    async def work(desk: Desk) -> None:
        assert await desk.send(change(udid)) == Conflicting(theirs, udid)
        assert stored(empty) == [file_of(theirs).decode()]
        assert accepted(empty) == (0, 0, 0)

    at_desk(empty, work)


def test_an_edit_of_a_deleted_fence_conflicts_and_its_deletion_is_done(empty: LocalCloud) -> None:
    udid = empty.add_map_data(file_of(circle()).decode())
    empty.clear_map_data()

    async def work(desk: Desk) -> None:
        assert await desk.send(edit(udid)) == Conflicting(b"", udid)
        assert await desk.send(deletion(udid)) == Stored(udid)
        assert stored(empty) == []

    at_desk(empty, work)


def test_a_file_that_is_deleted_while_we_write_is_read_again(empty: LocalCloud) -> None:
    udid = empty.add_map_data(file_of(circle()).decode())

    class Meanwhile:
        def __init__(self, http: Sender) -> None:
            self.http = http

        async def send(self, request: Request) -> Response:
            if request.method == "PUT":
                empty.clear_map_data()
            return await self.http.send(request)

    async def work(desk: Desk) -> None:
        desk.wire.http = Meanwhile(desk.wire.http)
        assert await desk.send(edit(udid)) == Conflicting(b"", udid)

    at_desk(empty, work)


def test_a_fence_that_is_gone_can_be_put_back(empty: LocalCloud) -> None:
    udid = empty.add_map_data(file_of(circle()).decode())
    empty.clear_map_data()

    async def work(desk: Desk) -> None:
        again = await desk.send(Change("change-4", udid, "depot-1", b"", circle()))
        assert isinstance(again, Stored)
        assert again.source != udid
        assert features(empty) == [[json.loads(circle())]]

    at_desk(empty, work)


def test_a_file_that_is_no_longer_geojson_is_left_alone(empty: LocalCloud) -> None:
    udid = empty.add_map_data("{nonsense")

    async def work(desk: Desk) -> None:
        with pytest.raises(DataError):
            await desk.send(edit(udid))
        assert stored(empty) == ["{nonsense"]

    at_desk(empty, work)


def test_a_source_that_is_no_id_goes_into_no_address(empty: LocalCloud) -> None:
    async def work(desk: Desk) -> None:
        with pytest.raises(DataError):
            await desk.send(edit("../secrets"))
        assert desk.wire.asked == []

    at_desk(empty, work)


# -- operations --------------------------------------------------------------------------------------------------------


def test_a_failed_operation_tells_azures_reason_and_can_be_tried_again(empty: LocalCloud) -> None:
    empty.settings(operation_failure="Ring 3 of feature 7 crosses itself.")

    async def work(desk: Desk) -> None:
        with pytest.raises(ServiceError) as raised:
            await desk.send(ADD)
        assert type(raised.value) is ServiceError
        assert (raised.value.status, raised.value.code) == (400, "ProcessingFailed")
        assert raised.value.message == "The data could not be processed. Ring 3 of feature 7 crosses itself."
        assert next_step(raised.value) == "refused"

        empty.settings(operation_failure="")
        await desk.send(ADD)
        assert len(stored(empty)) == 1

    at_desk(empty, work)


def test_a_failed_update_leaves_the_file_as_it_was_and_can_be_tried_again(empty: LocalCloud) -> None:
    udid = empty.add_map_data(file_of(circle()).decode())
    empty.settings(operation_failure="No.")

    async def work(desk: Desk) -> None:
        with pytest.raises(ServiceError):
            await desk.send(edit(udid))
        assert stored(empty) == [file_of(circle()).decode()]

        empty.settings(operation_failure="")
        assert await desk.send(edit(udid)) == Stored(udid)
        assert features(empty) == [[json.loads(circle(radius=900))]]

    at_desk(empty, work)


def test_an_operation_that_does_not_end_is_followed_on_later(empty: LocalCloud) -> None:
    empty.settings(operations_end=False)

    async def work(desk: Desk) -> None:
        for _ in range(2):
            desk.waits.clear()
            with pytest.raises(TimedOut) as raised:
                await desk.send(ADD)
            assert POLL_TIMEOUT_S - 20 < sum(desk.waits) <= POLL_TIMEOUT_S
            assert next_step(raised.value) == "retry"
        empty.settings(operations_end=True)

        assert isinstance(await desk.send(ADD), Stored)
        assert accepted(empty) == (1, 0, 0)

    at_desk(empty, work)


def test_the_service_may_say_how_long_to_wait(empty: LocalCloud) -> None:
    empty.fault("map-data", method="GET", path=OPERATIONS, headers={"retry-after": "40"}, times=1)
    empty.fault("map-data", method="POST", headers={"retry-after": "20"}, times=1)

    async def work(desk: Desk) -> None:
        await desk.send(ADD)
        assert [round(wait) for wait in desk.waits] == [20, 40]

    at_desk(empty, work)


def test_where_the_operation_does_not_name_the_file_the_list_does(empty: LocalCloud) -> None:
    empty.fault("map-data", method="GET", path=OPERATIONS, headers={"resource-location": ""})

    async def work(desk: Desk) -> None:
        sent = await desk.send(ADD)
        assert sent == Stored(empty.map_data()["files"][0]["udid"])

    at_desk(empty, work)


@pytest.mark.parametrize("location", ["https://localhost/elsewhere", "", "https://[/mapData/operations/1"])
def test_an_address_that_names_no_operation_is_not_asked_about(empty: LocalCloud, location: str) -> None:
    empty.fault("map-data", method="POST", headers={"operation-location": location}, times=1)

    async def work(desk: Desk) -> None:
        with pytest.raises(UnexpectedReply) as raised:
            await desk.send(ADD)
        assert next_step(raised.value) == "retry"
        assert len(desk.wire.asked) == 1

        assert isinstance(await desk.send(ADD), Stored)
        assert accepted(empty) == (1, 0, 0)

    at_desk(empty, work)


@pytest.mark.parametrize(
    "location",
    [
        "https://us.atlas.example/mapData/operations/1?api-version=2.0",
        "https://localhost:1/mapData/operations/1",
        "//evil.example/mapData/operations/1",
        "http://localhost/mapData/operations/1",
    ],
)
def test_an_operation_at_another_host_is_asked_about_at_our_own(empty: LocalCloud, location: str) -> None:
    empty.fault("map-data", method="POST", headers={"operation-location": location}, times=1)

    async def work(desk: Desk) -> None:
        # The id is not one that our host knows: then the list tells what became of the upload.
        assert isinstance(await desk.send(ADD), Stored)
        assert accepted(empty) == (1, 0, 0)
        assert [line for line in desk.wire.asked if "/mapData/operations/1" in line]
        assert not [line for line in desk.wire.asked if empty.endpoint not in line]

    at_desk(empty, work)


def test_a_forgotten_operation_is_looked_for_in_the_list(empty: LocalCloud) -> None:
    async def work(desk: Desk) -> None:
        sent = await desk.send(ADD)
        desk.resume = "operation 00000000-0000-0000-0000-000000000000 0123456789abcdef"
        desk.store = desk.restarted()
        desk.resume = desk.resume.replace("0123456789abcdef", desk.steps[-1].resume.split(" ")[2])
        assert await desk.send(ADD) == sent
        assert accepted(empty) == (1, 0, 0)

    at_desk(empty, work)


@pytest.mark.parametrize("note", ["post", "operation"])
def test_a_change_that_grew_since_it_was_sent_arrives_as_it_is_now(empty: LocalCloud, note: str) -> None:
    grown = Change(ADD.id, "", "depot-1", b"", circle(radius=900))

    async def work(desk: Desk) -> None:
        sent = await desk.send(ADD)
        desk.resume = "post" if note == "post" else desk.resume
        assert await desk.send(grown) == sent
        assert features(empty) == [[json.loads(circle(radius=900))]]
        assert accepted(empty) == (1, 1, 0)

    at_desk(empty, work)


def test_a_merged_change_still_conflicts_with_that_of_another_client(empty: LocalCloud) -> None:
    grown = Change(ADD.id, "", "depot-1", b"", circle(radius=900))

    async def work(desk: Desk) -> None:
        sent = await desk.send(ADD)
        assert isinstance(sent, Stored)
        theirs = circle(radius=777)
        other = Desk(desk.cloud, desk.wire, desk.headers)
        await other.send(Change("theirs", sent.source, "depot-1", circle(), theirs))
        assert await desk.send(grown) == Conflicting(theirs, sent.source)

    at_desk(empty, work)


@pytest.mark.parametrize("resume", ["nonsense", "operation", "operation ../x 1", "operation a b c", "put", " "])
def test_with_an_unknown_note_the_store_is_searched_first(empty: LocalCloud, resume: str) -> None:
    async def work(desk: Desk) -> None:
        sent = await desk.send(ADD)
        desk.resume = resume
        assert await desk.send(ADD) == sent
        assert accepted(empty) == (1, 0, 0)

    at_desk(empty, work)
