"""The protocols of the local cloud over a real TLS socket."""

from __future__ import annotations

from tests.cloud import LocalCloud

TILE = "/map/tile?api-version=2024-04-01&tilesetId=microsoft.base.road&zoom=3&x=4&y=2&tileSize=512"


def test_a_person_signs_in_and_sees_a_tile(cloud: LocalCloud) -> None:
    status, headers, body = cloud.send("GET", TILE, headers=cloud.bearer("aino"))

    assert status == 200
    assert headers["content-type"] == "image/png"
    assert body.startswith(b"\x89PNG")


def test_a_person_without_a_role_sees_none(cloud: LocalCloud) -> None:
    assert cloud.send("GET", TILE, headers=cloud.bearer("carla"))[0] == 403
