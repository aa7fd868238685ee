"""Geofences in Blob Storage with the real program: one sign-in for map and storage, a blob for each, nothing lost."""

from __future__ import annotations

import json
from pathlib import Path

from tests.azurite import Azurite, Fences
from tests.cloud import LocalCloud
from tests.e2e.editing import (
    AT_SEA,
    Feature,
    by_id,
    confirm_kind,
    delete_from_edit,
    draw_circle,
    named,
    open_edit_from_list,
    open_rename,
    settle,
)
from tests.e2e.rig import running, with_account


def stored(fences: Fences) -> dict[str, Feature]:
    return by_id(fences.get(name) for name in fences.names())


def test_a_geofence_is_a_blob_of_its_own_from_being_drawn_to_being_deleted_whoever_else_writes_it(
    cloud: LocalCloud, azurite: Azurite, tmp_path: Path
) -> None:
    fences = azurite.container()
    bundle = tmp_path / "both.pem"
    bundle.write_text(Path(cloud.ca_bundle).read_text() + azurite.authority.ca_file.read_text())
    settings = with_account(
        cloud,
        TVAPP_IDENTITY_CA_BUNDLE=str(bundle),
        TVAPP_GEOFENCES_STORE="blob",
        TVAPP_GEOFENCES_CONTAINER_URL=fences.url,
        TVAPP_VIEW_HOME=AT_SEA,
    )
    with running(settings, tmp_path) as tv:
        tv.sign_in(cloud)
        tv.wait_for("geofences.loaded")
        tv.settled()
        name = str(draw_circle(tv)["id"])
        tv.wait_for("geofence.uploaded")
        blob = f"{name}.geojson"
        assert fences.names() == [blob]
        assert named(stored(fences)).keys() == {"Depot 1"}

        open_rename(tv)
        confirm_kind(tv, 1)
        tv.wait_for("geofence.uploaded")
        assert fences.names() == [blob]
        assert named(stored(fences)).keys() == {"Site 1"}

        open_rename(tv)
        theirs = json.loads(fences.get(blob))
        theirs["features"][0]["properties"]["name"] = "Theirs"
        fences.put(blob, json.dumps(theirs).encode())
        confirm_kind(tv, 1)
        tv.wait_for("geofence.conflict")
        assert named(stored(fences)).keys() == {"Theirs"}
        settle(tv, "both")
        copy = str(tv.wait_for("geofence.uploaded")["id"])
        assert sorted(fences.names()) == sorted([blob, f"{copy}.geojson"])
        assert named(stored(fences)).keys() == {"Theirs", "Customer 1 (2)"}

        for moves in ((), ("up", "up")):
            gone = open_edit_from_list(tv, *moves)
            delete_from_edit(tv)
            assert tv.wait_for("geofence.uploaded")["kind"] == "delete"
            assert gone not in stored(fences)
        assert fences.names() == []
        assert tv.end() == 0
    assert cloud.count("devicecode") == 1
