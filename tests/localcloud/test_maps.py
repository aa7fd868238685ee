"""Azure Maps Render as the local cloud plays it: access, parameters, caching."""

from __future__ import annotations

import io
import json

import pytest
from PIL import Image

from tests.cloud import LocalCloud
from tvapp.localcloud.tilesets import TILESETS

GOOD = {
    "api-version": "2024-04-01",
    "tilesetId": "microsoft.base.road",
    "zoom": "3",
    "x": "4",
    "y": "2",
    "tileSize": "512",
}


def tile_path(**changes: str | None) -> str:
    values = {**GOOD, **{name.replace("_", "-"): value for name, value in changes.items()}}
    return "/map/tile?" + "&".join(f"{name}={value}" for name, value in values.items() if value is not None)


@pytest.fixture
def bearer(cloud: LocalCloud) -> dict[str, str]:
    return cloud.bearer("ben")


@pytest.mark.parametrize("size", [256, 512])
def test_a_tile_has_the_size_that_was_asked_for(cloud: LocalCloud, bearer: dict[str, str], size: int) -> None:
    status, headers, body = cloud.send("GET", tile_path(tileSize=str(size)), headers=bearer)

    assert (status, headers["content-type"]) == (200, "image/png")
    with Image.open(io.BytesIO(body)) as picture:
        assert picture.size == (size, size)


@pytest.mark.parametrize(
    ("remove", "error"), [("Authorization", ""), ("x-ms-client-id", "InvalidClientId"), ("both", "")]
)
def test_both_headers_are_needed(cloud: LocalCloud, bearer: dict[str, str], remove: str, error: str) -> None:
    headers = {} if remove == "both" else {name: value for name, value in bearer.items() if name != remove}

    status, answered, body = cloud.send("GET", tile_path(), headers=headers)

    assert status == 401
    assert answered["www-authenticate"].startswith('Bearer realm="https://atlas.microsoft.com/"')
    assert f'error="{error}"' in answered["www-authenticate"] or not error
    details = json.loads(body)["error"]
    assert (details["code"], details["target"], details["details"]) == ("Unauthorized", None, [])


@pytest.mark.parametrize("token", ["nonsense", "", "a.b.c"])
def test_a_malformed_token_is_refused(cloud: LocalCloud, bearer: dict[str, str], token: str) -> None:
    assert cloud.send("GET", tile_path(), headers={**bearer, "Authorization": f"Bearer {token}"})[0] == 401


def test_a_token_of_another_resource_is_refused(cloud: LocalCloud, bearer: dict[str, str]) -> None:
    token = cloud.sign_in("ben", "https://storage.azure.com/user_impersonation")["access_token"]

    status, headers, _ = cloud.send("GET", tile_path(), headers={**bearer, "Authorization": f"Bearer {token}"})

    assert (status, "audience" in headers["www-authenticate"]) == (401, True)


def test_an_expired_token_is_refused(cloud: LocalCloud) -> None:
    cloud.settings(token_lifetime_s=0)

    status, headers, _ = cloud.send("GET", tile_path(), headers=cloud.bearer("ben"))

    assert (status, "expired" in headers["www-authenticate"]) == (401, True)


def test_a_token_from_the_future_is_refused(cloud: LocalCloud) -> None:
    cloud.fault("token", clock_skew_s=3600)

    status, headers, _ = cloud.send("GET", tile_path(), headers=cloud.bearer("ben"))

    assert (status, "not yet valid" in headers["www-authenticate"]) == (401, True)


def test_access_tokens_can_be_revoked(cloud: LocalCloud, bearer: dict[str, str]) -> None:
    cloud.revoke(access=True)

    assert cloud.send("GET", tile_path(), headers=bearer)[0] == 401
    assert cloud.send("GET", tile_path(), headers=cloud.bearer("ben"))[0] == 200


def test_a_person_without_a_role_gets_403(cloud: LocalCloud) -> None:
    status, _, body = cloud.send("GET", tile_path(), headers=cloud.bearer("carla"))

    assert (status, json.loads(body)["error"]["code"]) == (403, "403 Forbidden")


def test_either_subscription_key_opens_as_header_or_query(cloud: LocalCloud) -> None:
    for key in cloud.subscription_keys:
        assert cloud.send("GET", tile_path(), headers={"subscription-key": key})[0] == 200
        assert cloud.send("GET", tile_path(subscription_key=key))[0] == 200
    assert cloud.send("GET", tile_path(), headers={"subscription-key": "wrong"})[0] == 401


def test_a_regenerated_key_is_refused_while_the_other_works(cloud: LocalCloud) -> None:
    primary, secondary = cloud.subscription_keys
    cloud.settings(primary_key_valid=False)

    assert cloud.send("GET", tile_path(), headers={"subscription-key": primary})[0] == 401
    assert cloud.send("GET", tile_path(), headers={"subscription-key": secondary})[0] == 200


def test_keys_are_refused_where_local_auth_is_off(cloud: LocalCloud) -> None:
    cloud.settings(local_auth=False)

    assert cloud.send("GET", tile_path(), headers={"subscription-key": cloud.subscription_keys[0]})[0] == 401


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("api-version", None),
        ("api-version", "1.0"),
        ("tilesetId", None),
        ("tilesetId", "microsoft.base.unknown"),
        ("zoom", None),
        ("zoom", "-1"),
        ("zoom", "23"),
        ("zoom", "3.5"),
        ("x", "8"),
        ("x", "-1"),
        ("x", "abc"),
        ("y", "8"),
        ("y", None),
        ("tileSize", "1024"),
        ("view", "XX"),
        ("language", "not a tag"),
        ("timeStamp", "2026-01-01T00:00:00Z"),
    ],
)
def test_wrong_parameters_are_refused_by_name(
    cloud: LocalCloud, bearer: dict[str, str], name: str, value: str | None
) -> None:
    changes = {name.replace("-", "_"): value.replace(" ", "%20") if value else value}

    status, _, body = cloud.send("GET", tile_path(**changes), headers=bearer)

    assert status == 400
    assert json.loads(body)["error"]["target"] == name


@pytest.mark.parametrize(
    ("tileset", "zoom"),
    [
        ("microsoft.imagery", 0),
        ("microsoft.imagery", 20),
        ("microsoft.weather.radar.main", 16),
        ("microsoft.terra.main", 7),
    ],
)
def test_each_tileset_has_its_own_zooms(cloud: LocalCloud, bearer: dict[str, str], tileset: str, zoom: int) -> None:
    path = tile_path(tilesetId=tileset, zoom=str(zoom), x="0", y="0")

    assert cloud.send("GET", path, headers=bearer)[0] == 400


def test_every_tileset_answers_at_its_lowest_zoom(cloud: LocalCloud, bearer: dict[str, str]) -> None:
    assert len(TILESETS) == 22
    for tileset in TILESETS.values():
        path = tile_path(tilesetId=tileset.id, zoom=str(tileset.min_zoom), x="0", y="0")
        status, headers, body = cloud.send("GET", path, headers=bearer)
        vector = headers["content-type"] == "application/vnd.mapbox-vector-tile"
        assert (status, vector, bool(body)) == (200, tileset.is_vector, True)


def test_a_tile_that_is_still_fresh_is_not_sent_again(cloud: LocalCloud, bearer: dict[str, str]) -> None:
    _, first, _ = cloud.send("GET", tile_path(), headers=bearer)

    status, headers, body = cloud.send("GET", tile_path(), headers={**bearer, "If-None-Match": first["etag"]})

    assert first["cache-control"] == "max-age=86400"
    assert (status, body, headers["etag"]) == (304, b"", first["etag"])


def test_a_tile_changes_with_the_epoch(cloud: LocalCloud, bearer: dict[str, str]) -> None:
    etag = cloud.send("GET", tile_path(), headers=bearer)[1]["etag"]
    cloud.settings(tile_epoch=1)

    assert cloud.send("GET", tile_path(), headers={**bearer, "If-None-Match": etag})[0] == 200


def test_cache_headers_can_be_switched_off(cloud: LocalCloud, bearer: dict[str, str]) -> None:
    cloud.settings(cache_headers=False)

    headers = cloud.send("GET", tile_path(), headers=bearer)[1]

    assert "etag" not in headers
    assert "cache-control" not in headers


def test_weather_takes_a_time_within_what_is_kept(cloud: LocalCloud, bearer: dict[str, str]) -> None:
    path = tile_path(tilesetId="microsoft.weather.radar.main", timeStamp="2001-01-01T00:00:00Z")

    assert cloud.send("GET", path, headers=bearer)[0] == 400


def test_attribution_is_anchors_with_entities_and_depends_on_the_place(
    cloud: LocalCloud, bearer: dict[str, str]
) -> None:
    path = "/map/attribution?api-version=2024-04-01&tilesetId=microsoft.base.road&zoom={}&bounds={}"

    helsinki = json.loads(cloud.send("GET", path.format(14, "24.9,60.1,25.0,60.2"), headers=bearer)[2])["copyrights"]
    sahara = json.loads(cloud.send("GET", path.format(14, "10,20,11,21"), headers=bearer)[2])["copyrights"]

    assert any("&copy; OpenStreetMap contributors</a>" in text for text in helsinki)
    assert all(text.startswith('<a data-azure-maps-attribution-tileset="microsoft.base.road"') for text in helsinki)
    assert not any("OpenStreetMap" in text for text in sahara)
    assert sahara


def test_attribution_needs_sensible_bounds(cloud: LocalCloud, bearer: dict[str, str]) -> None:
    path = "/map/attribution?api-version=2024-04-01&tilesetId=microsoft.base.road&zoom=3&bounds=1,2,3"

    assert cloud.send("GET", path, headers=bearer)[0] == 400


def test_a_tileset_describes_itself(cloud: LocalCloud, bearer: dict[str, str]) -> None:
    path = "/map/tileset?api-version=2024-04-01&tilesetId=microsoft.imagery"

    document = json.loads(cloud.send("GET", path, headers=bearer)[2])

    assert (document["minzoom"], document["maxzoom"], document["scheme"]) == (1, 19, "xyz")
    assert document["tiles"][0].startswith(cloud.endpoint)


@pytest.mark.parametrize(
    "path",
    [
        "caption/json?x=1",
        "world/json?text=no",
        "tile/xml?zoom=3&x=1&y=2",
        "bounding/json?mincoordinates=60.1,24.9&maxcoordinates=60.2,25.0",
    ],
)
def test_copyrights_can_be_had_in_four_ways(cloud: LocalCloud, bearer: dict[str, str], path: str) -> None:
    status, headers, body = cloud.send("GET", f"/map/copyright/{path}&api-version=2024-04-01", headers=bearer)

    assert (status, headers["content-type"].partition(";")[0]) == (
        200,
        f"application/{path.split('/')[1].split('?')[0]}",
    )
    assert "OpenStreetMap" in body.decode()


def test_copyright_boxes_put_latitude_first(cloud: LocalCloud, bearer: dict[str, str]) -> None:
    path = "/map/copyright/bounding/json?mincoordinates=124.9,60.1&maxcoordinates=60.2,25&api-version=2024-04-01"

    assert cloud.send("GET", path, headers=bearer)[0] == 400


STATIC = "/map/static?api-version=2024-04-01"


@pytest.mark.parametrize(
    ("query", "size"),
    [
        ("center=24.94,60.17&zoom=12&width=300&height=200", (300, 200)),
        ("center=179.99,0&zoom=2&width=300&height=200", (300, 200)),
        ("bbox=24.9,60.15,24.95,60.18&zoom=12", None),
        ("center=24.94,60.17&path=ra500%7CfcFF0000%7C%7C24.94%2060.17&pins=default%7C%7C24.94%2060.17", (512, 512)),
    ],
)
def test_a_static_map_has_the_size_that_was_asked_for(
    cloud: LocalCloud, bearer: dict[str, str], query: str, size: tuple[int, int] | None
) -> None:
    status, headers, body = cloud.send("GET", f"{STATIC}&{query}", headers=bearer)

    assert (status, headers["content-type"]) == (200, "image/png")
    with Image.open(io.BytesIO(body)) as picture:
        assert picture.size == (size or picture.size)


def test_a_static_map_can_be_a_jpeg(cloud: LocalCloud, bearer: dict[str, str]) -> None:
    path = f"{STATIC}&center=24.94,60.17&zoom=3&width=80&height=80"

    assert cloud.send("GET", path, headers={**bearer, "Accept": "image/jpeg"})[2].startswith(b"\xff\xd8")


@pytest.mark.parametrize(
    "query",
    [
        "zoom=3",
        "center=24,60&bbox=1,2,3,4",
        "center=24,160",
        "center=24,60&width=79",
        "center=24,60&zoom=21",
        "center=24,60&tilesetId=microsoft.terra.main",
        "center=24,60&pins=default%7C24%2060",
        "center=24,60&path=lcRED%7C%7C1%202%7C3%204",
        "bbox=24.9,60.15,25.9,60.98&zoom=15",
    ],
)
def test_a_static_map_refuses_what_makes_no_sense(cloud: LocalCloud, bearer: dict[str, str], query: str) -> None:
    assert cloud.send("GET", f"{STATIC}&{query}", headers=bearer)[0] == 400
