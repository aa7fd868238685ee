"""mapData v2 as the local cloud plays it."""

from __future__ import annotations

import json
import uuid

import pytest

from tests.cloud import LocalCloud

V = "api-version=2.0"
GUIDE = json.dumps(
    {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "geometry": {"type": "Point", "coordinates": [-122.126986, 47.639754]},
                "properties": {"geometryId": "001", "radius": 500},
            }
        ],
    }
).encode()
BROKEN = b'{"type": "FeatureCollection", "features": [{"type": "Feature", "geometry": {"type": "Point"}}]}'
JSON = {"Content-Type": "application/json"}


def listing(cloud: LocalCloud, headers: dict[str, str]) -> list[dict[str, str]]:
    answer: list[dict[str, str]] = json.loads(cloud.send("GET", f"/mapData?{V}", headers=headers)[2])["mapDataList"]
    return answer


def upload(cloud: LocalCloud, headers: dict[str, str], content: bytes = GUIDE, description: str = "mine") -> str:
    path = f"/mapData?{V}&dataFormat=geojson&description={description}"
    status, answered, _ = cloud.send("POST", path, content, {**headers, **JSON})
    assert status == 202
    return answered["operation-location"]


def finish(cloud: LocalCloud, headers: dict[str, str], operation: str) -> tuple[dict[str, object], str]:
    for _ in range(10):
        _, answered, body = cloud.send("GET", operation, headers=headers)
        answer: dict[str, object] = json.loads(body)
        if answer["status"] not in ("NotStarted", "Running"):
            return answer, answered.get("resource-location", "")
    raise AssertionError("the operation does not end")


def test_the_samples_are_there_from_the_start(cloud: LocalCloud) -> None:
    files = listing(cloud, cloud.bearer("ben"))

    assert [file["description"] for file in files] == [
        "Harbours and quays",
        "Depots and yards",
        "School zones",
        "Construction sites and events",
        "90 guide sample",
    ]
    assert {file["uploadStatus"] for file in files} == {"Completed"}
    assert all(file["location"].startswith(f"{cloud.endpoint}/mapData/{file['udid']}?") for file in files)


def test_an_upload_runs_for_a_while_and_then_is_there(cloud: LocalCloud) -> None:
    cloud.settings(operation_polls=2)
    headers = cloud.bearer("aino")
    operation = upload(cloud, headers)

    seen = [json.loads(cloud.send("GET", operation, headers=headers)[2])["status"] for _ in range(3)]
    answer, location = finish(cloud, headers, operation)

    assert seen == ["NotStarted", "Running", "Succeeded"]
    assert "error" not in answer
    assert cloud.send("GET", location, headers=headers)[2] == GUIDE
    assert listing(cloud, headers)[-1]["description"] == "mine"


def test_an_upload_that_is_no_geojson_fails(cloud: LocalCloud) -> None:
    headers = cloud.bearer("aino")

    answer, location = finish(cloud, headers, upload(cloud, headers, BROKEN))

    error = answer["error"]
    assert answer["status"] == "Failed"
    assert isinstance(error, dict)
    assert "features[0].geometry.coordinates" in error["message"]
    assert location == ""
    assert listing(cloud, headers)[-1]["uploadStatus"] == "Failed"


def test_an_upload_of_geojson_that_is_no_geofence_fails(cloud: LocalCloud) -> None:
    headers = cloud.bearer("aino")

    answer, _ = finish(cloud, headers, upload(cloud, headers, GUIDE.replace(b"500", b"50000")))

    assert answer["status"] == "Failed"
    assert answer["error"] == {
        "code": "InvalidData",
        "message": "features[0].properties.radius must be from 1 to 10000.",
        "target": None,
        "details": [],
    }


def test_an_operation_can_be_made_to_fail_with_a_reason(cloud: LocalCloud) -> None:
    cloud.settings(operation_failure="The moon is in the way.")
    headers = cloud.bearer("aino")

    answer, location = finish(cloud, headers, upload(cloud, headers))

    error = answer["error"]
    assert isinstance(error, dict)
    assert error["details"] == [{"code": "InvalidData", "message": "The moon is in the way."}]
    assert location == ""


def test_an_operation_can_be_made_to_go_on_for_ever(cloud: LocalCloud) -> None:
    cloud.settings(operations_end=False)
    headers = cloud.bearer("aino")
    operation = upload(cloud, headers)

    seen = {json.loads(cloud.send("GET", operation, headers=headers)[2])["status"] for _ in range(6)}
    cloud.settings(operations_end=True)

    assert seen == {"NotStarted", "Running"}
    assert finish(cloud, headers, operation)[0]["status"] == "Succeeded"


def test_an_upload_ends_without_being_asked_about(cloud: LocalCloud) -> None:
    headers = cloud.bearer("aino")
    upload(cloud, headers)

    seen = [listing(cloud, headers)[-1]["uploadStatus"] for _ in range(3)]

    assert seen == ["Pending", "Completed", "Completed"]


def test_what_was_taken_is_counted(cloud: LocalCloud) -> None:
    headers = cloud.bearer("aino")
    _, location = finish(cloud, headers, upload(cloud, headers, description="first"))
    cloud.send("PUT", f"{location}&description=second", GUIDE, {**headers, **JSON})
    cloud.send("PUT", location, b"", {**headers, **JSON})
    cloud.send("DELETE", location, headers=headers)
    cloud.send("DELETE", location, headers=headers)

    seen = cloud.map_data()

    assert seen["accepted"] == {"POST": 1, "PUT": 1, "DELETE": 1}
    assert [change["method"] for change in seen["changes"]] == ["POST", "PUT", "DELETE"]
    assert [change["description"] for change in seen["changes"][:2]] == ["first", "second"]
    assert len({change["udid"] for change in seen["changes"]}) == 1
    assert len(seen["files"]) == 5
    cloud.clear_map_data()
    assert cloud.map_data() == {"files": [], "changes": [], "accepted": {"POST": 0, "PUT": 0, "DELETE": 0}}


def test_a_fault_can_strike_one_kind_of_request(cloud: LocalCloud) -> None:
    headers = cloud.bearer("aino")
    cloud.fault("map-data", method="GET", path="/mapData/operations/*", status=503)
    operation = upload(cloud, headers)

    assert cloud.send("GET", operation, headers=headers)[0] == 503
    assert len(listing(cloud, headers)) == 6


def test_replacing_keeps_the_old_content_until_it_succeeded(cloud: LocalCloud) -> None:
    headers = cloud.bearer("aino")
    _, location = finish(cloud, headers, upload(cloud, headers))
    other = GUIDE.replace(b"500", b"900")

    _, bad, _ = cloud.send("PUT", location, BROKEN, {**headers, **JSON})
    finish(cloud, headers, bad["operation-location"])
    assert cloud.send("GET", location, headers=headers)[2] == GUIDE

    status, good, _ = cloud.send("PUT", f"{location}&description=new", other, {**headers, **JSON})
    assert status == 202
    assert cloud.send("GET", location, headers=headers)[2] == GUIDE
    finish(cloud, headers, good["operation-location"])
    assert cloud.send("GET", location, headers=headers)[2] == other
    assert listing(cloud, headers)[-1]["description"] == "new"


def test_deleting_removes_and_unknown_ids_are_400(cloud: LocalCloud) -> None:
    headers = cloud.bearer("aino")
    udid = listing(cloud, headers)[0]["udid"]

    assert cloud.send("DELETE", f"/mapData/{udid}?{V}", headers=headers)[0] == 204
    for method in ("GET", "DELETE"):
        assert cloud.send(method, f"/mapData/{udid}?{V}", headers=headers)[0] == 400
    assert cloud.send("PUT", f"/mapData/{udid}?{V}", GUIDE, {**headers, **JSON})[0] == 400
    assert cloud.send("GET", f"/mapData/operations/{uuid.uuid4()}?{V}", headers=headers)[0] == 400


def test_a_reader_may_read_only(cloud: LocalCloud) -> None:
    headers = cloud.bearer("ben")
    udid = listing(cloud, headers)[0]["udid"]

    assert cloud.send("GET", f"/mapData/{udid}?{V}", headers=headers)[0] == 200
    assert cloud.send("POST", f"/mapData?{V}&dataFormat=geojson", GUIDE, {**headers, **JSON})[0] == 403
    assert cloud.send("PUT", f"/mapData/{udid}?{V}", GUIDE, {**headers, **JSON})[0] == 403
    assert cloud.send("DELETE", f"/mapData/{udid}?{V}", headers=headers)[0] == 403


def test_without_a_role_nothing_can_be_read(cloud: LocalCloud) -> None:
    assert cloud.send("GET", f"/mapData?{V}", headers=cloud.bearer("carla"))[0] == 403


def test_a_full_storage_is_a_conflict(cloud: LocalCloud) -> None:
    cloud.settings(storage_limit_bytes=100)

    path = f"/mapData?{V}&dataFormat=geojson"

    assert cloud.send("POST", path, GUIDE, {**cloud.bearer("aino"), **JSON})[0] == 409


@pytest.mark.parametrize(
    ("path", "content", "media_type", "expected"),
    [
        ("/mapData?api-version=1.0&dataFormat=geojson", GUIDE, "application/json", 400),
        (f"/mapData?{V}", GUIDE, "application/json", 400),
        (f"/mapData?{V}&dataFormat=kml", GUIDE, "application/json", 400),
        (f"/mapData?{V}&dataFormat=geojson", b"", "application/json", 400),
        (f"/mapData?{V}&dataFormat=geojson", GUIDE, "text/plain", 415),
        (f"/mapData?{V}&dataFormat=geojson", GUIDE, "application/vnd.geo+json", 202),
        (f"/mapData?{V}&dataFormat=geojson", GUIDE, "application/octet-stream", 202),
    ],
)
def test_uploads_are_checked(cloud: LocalCloud, path: str, content: bytes, media_type: str, expected: int) -> None:
    headers = {**cloud.bearer("aino"), "Content-Type": media_type}

    assert cloud.send("POST", path, content, headers)[0] == expected


def test_a_test_can_store_a_file_that_the_service_would_refuse(cloud: LocalCloud) -> None:
    cloud.clear_map_data()
    udid = cloud.add_map_data("not json", "bad one")

    headers = cloud.bearer("ben")

    assert cloud.send("GET", f"/mapData/{udid}?{V}", headers=headers)[2] == b"not json"
    assert [file["description"] for file in listing(cloud, headers)] == ["bad one"]

    cloud.change_map_data(udid, "other text")

    assert cloud.send("GET", f"/mapData/{udid}?{V}", headers=headers)[2] == b"other text"
    assert [file["description"] for file in listing(cloud, headers)] == ["bad one"]
