"""Edits of geofences that meet a conflict, no network, no role, a lock, or a killed app."""

from __future__ import annotations

import contextlib
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import PIL.Image
import pytest

from tests.cloud import LocalCloud
from tests.e2e.cable import Cable
from tests.e2e.editing import (
    AT_SEA,
    LONG_S,
    change_account,
    circle,
    collection,
    confirm_kind,
    delete_from_edit,
    draw_circle,
    finish_circle,
    go_home,
    in_cloud,
    in_folder,
    kept,
    named,
    open_changes,
    open_draw,
    open_edit_from_list,
    open_rename,
    rename,
    select,
    settle,
)
from tests.e2e.rig import Tv, count, difference, running, until, with_account, with_key
from tvapp.commands.journey import StepFailed
from tvapp.core.data_folder import DataFolder
from tvapp.fences.model import style

MIDDLE = (240, 100, 400, 250)
"""The part of the map in which two TVs can be compared: no clock, card or sentence covers it."""
CARD = (30, 40, 220, 220)
"""The card of the selected geofence."""
DEPOT = style.PALETTE[style.palette_index("depot")][:3]
SAME = 60
"""Pixels; after a flight, edges may lie a fraction of a pixel beside."""
AWAY = (24.99, 59.93)
"""A place from which a geofence is out of sight."""


@pytest.fixture
def fences(tmp_path: Path) -> Path:
    """Return a folder with two geofences in one file, one of them under the crosshair."""
    folder = tmp_path / "fences"
    folder.mkdir()
    (folder / "area.geojson").write_text(collection(circle("Pier"), circle("Lock", AWAY)))
    return folder


@pytest.fixture
def cable(cloud: LocalCloud) -> Iterator[Cable]:
    """Return the cable of a TV to the local cloud."""
    cable = Cable(urlsplit(cloud.endpoint).port or 443)
    yield cable
    cable.pull()


def by_key(cloud: LocalCloud, **extra: str) -> dict[str, str]:
    """Return settings for a TV without an account, whose geofences are in the Data service all the same."""
    settings = with_key(cloud, TVAPP_VIEW_HOME=AT_SEA, TVAPP_GEOFENCES_STORE="map-data")
    del settings["TVAPP_GEOFENCES_PATH"]
    return settings | extra


def at_sea(cloud: LocalCloud, **extra: str) -> dict[str, str]:
    """Return settings for a TV with an account, at a place without geofences."""
    return with_account(cloud, TVAPP_VIEW_HOME=AT_SEA) | extra


def behind(cable: Cable, cloud: LocalCloud) -> dict[str, str]:
    """Return settings that send all traffic through a cable."""
    endpoint = f"https://localhost:{cable.port}"
    return {
        "TVAPP_MAPS_ENDPOINT": endpoint,
        "TVAPP_IDENTITY_AUTHORITY": cloud.authority.replace(cloud.endpoint, endpoint),
    }


@contextmanager
def two_tvs(
    one: dict[str, str], other: dict[str, str], folder: Path, begin: Callable[[Tv], None]
) -> Iterator[tuple[Tv, Tv]]:
    """Run two TVs; `begin` prepares each of them."""
    for name in ("a", "b"):
        (folder / name).mkdir()
    with running(one, folder / "a") as a:
        begin(a)
        with running(other, folder / "b") as b:
            begin(b)
            yield a, b


def ready(tv: Tv) -> None:
    tv.wait_for("geofences.loaded", lambda fields: fields["count"] != 0)
    tv.settled()


def both_rename(a: Tv, b: Tv, kind: int, other: int) -> None:
    """B chooses a name while A renames the same geofence, so that B's change conflicts."""
    open_rename(b)
    rename(a, kind)
    a.wait_for("geofence.uploaded")
    confirm_kind(b, other)
    b.wait_for("geofence.conflict")


def come_to_show_the_same(a: Tv, b: Tv) -> None:
    """Wait until two TVs show the same map in the middle and the same card."""
    go_home(b)
    until(lambda: is_same(a.picture(), b.picture()))


def is_same(one: PIL.Image.Image, other: PIL.Image.Image) -> bool:
    return difference(one, other, CARD) == 0 and difference(one, other, MIDDLE) < SAME


def test_two_tvs_change_one_geofence_and_each_way_out_of_the_conflict_keeps_what_it_says(
    cloud: LocalCloud, tmp_path: Path, fences: Path
) -> None:
    settings = with_key(cloud, fences, TVAPP_VIEW_HOME=AT_SEA)

    def begin(tv: Tv) -> None:
        ready(tv)
        assert select(tv) == "pier"

    with two_tvs(settings, settings, tmp_path, begin) as (a, b):
        both_rename(a, b, 0, 1)
        settle(b, "theirs")
        come_to_show_the_same(a, b)
        assert named(in_folder(fences)).keys() == {"Depot 1", "Lock"}

        both_rename(a, b, 2, 3)
        settle(b, "mine")
        b.wait_for("geofence.uploaded")
        come_to_show_the_same(a, b)
        assert named(in_folder(fences)).keys() == {"Parking 1", "Lock"}

        both_rename(a, b, 1, 2)
        settle(b, "both")
        b.wait_for("geofence.uploaded")
        come_to_show_the_same(a, b)
        present = named(in_folder(fences))
        assert present.keys() == {"School 1", "Construction site 1 (2)", "Lock"}
        assert present["School 1"]["properties"]["geometryId"] == "pier"
        until(lambda: not kept(a) and not kept(b))
        assert a.end() == 0
        assert b.end() == 0
    assert in_folder(fences)["lock"] == circle("Lock", AWAY)


def test_what_was_changed_offline_collides_only_with_the_same_geofence_and_a_kill_decides_nothing(
    cloud: LocalCloud, tmp_path: Path, cable: Cable
) -> None:
    cloud.clear_map_data()
    cloud.add_map_data(collection(circle("Pier"), circle("Lock", AWAY)))
    settings = by_key(cloud, TVAPP_GEOFENCES_REFRESH_S="5")
    with two_tvs(settings, settings | behind(cable, cloud), tmp_path, ready) as (a, b):
        cable.pull()
        for name, moves in (("lock", ()), ("pier", ("up",))):
            assert open_edit_from_list(b, *moves) == name
            b.press("down", "ok")
            b.opened("kinds")
            confirm_kind(b, 1)
            b.wait_for("geofence.change_kept")
        assert select(a) == "pier"
        rename(a, 0)
        a.wait_for("geofence.uploaded")
        cable.plug()
        assert b.wait_for("geofence.uploaded")["id"] == "lock"
        assert b.wait_for("geofence.conflict")["id"] == "pier"
        open_changes(b)
        b.press("ok")
        b.opened("conflict")
        b.kill()
        # This test does not depend on whether the view was saved before the kill.
        shutil.rmtree(DataFolder(b.data_dir).views, ignore_errors=True)
        with running(settings | behind(cable, cloud), tmp_path / "b") as again:
            assert again.wait_for("outbox.opened")["waiting"] == 1
            ready(again)
            settle(again, "mine")
            assert again.wait_for("geofence.uploaded")["id"] == "pier"
            go_home(again)
            again.settled()
            assert select(again) == "pier"
            come_to_show_the_same(a, again)
            assert again.end() == 0
        assert a.end() == 0
    assert named(in_cloud(cloud)).keys() == {"Site 1", "Site 2"}
    assert len(cloud.map_data()["files"]) == 1


def has_depot(image: PIL.Image.Image) -> bool:
    """Tell whether the outline of a depot is drawn around the middle of the map."""
    return count(image, DEPOT, MIDDLE) > 20


def has_none(image: PIL.Image.Image) -> bool:
    return not has_depot(image)


def test_offline_edits_wait_over_a_kill_and_go_out_in_order_and_once(
    cloud: LocalCloud, tmp_path: Path, cable: Cable
) -> None:
    cloud.clear_map_data()
    cloud.add_map_data(collection(circle("Lock", AWAY)))
    settings = at_sea(cloud, **behind(cable, cloud))
    with running(settings, tmp_path) as tv:
        tv.sign_in(cloud)
        ready(tv)
        cable.pull()
        first = draw_circle(tv)
        tv.wait_for("geofence.upload_failed", lambda fields: fields["next"] == "retries")
        tv.remote.hold("left", 0.7)
        second = draw_circle(tv, 1)
        assert open_edit_from_list(tv, "up") == "lock"
        delete_from_edit(tv)
        assert has_none(tv.picture_with(has_none)), "what was deleted is shown"
        tv.kill()
        waiting = kept(tv)
        # The next start is to be at home, even if the view was saved while the map was elsewhere.
        shutil.rmtree(DataFolder(tv.data_dir).views, ignore_errors=True)
    assert [change["geometry_id"] for change in waiting] == [first["id"], second["id"], "lock"]
    assert cloud.map_data()["accepted"] == {"POST": 0, "PUT": 0, "DELETE": 0}
    with running(settings, tmp_path) as tv:
        assert tv.wait_for("outbox.opened")["waiting"] == 3
        assert has_depot(tv.picture_with(has_depot))
        assert select(tv) == first["id"]
        cable.plug()
        sent = [tv.wait_for("geofence.uploaded") for _ in range(3)]
        assert [(fields["id"], fields["kind"]) for fields in sent] == [
            (first["id"], "add"),
            (second["id"], "add"),
            ("lock", "delete"),
        ]
        until(lambda: not kept(tv))
        assert tv.end() == 0
    assert cloud.map_data()["accepted"] == {"POST": 2, "PUT": 0, "DELETE": 1}
    assert named(in_cloud(cloud)).keys() == {"Depot 1", "Site 1"}


def test_a_person_without_the_role_is_told_why_and_may_throw_the_change_away(cloud: LocalCloud, tmp_path: Path) -> None:
    cloud.clear_map_data()
    with running(at_sea(cloud), tmp_path) as tv:
        tv.sign_in(cloud, "ben")
        tv.settled()
        draw_circle(tv)
        failed = tv.wait_for("geofence.upload_failed")
        assert (failed["status"], failed["next"]) == (403, "waits for the viewer")
        open_changes(tv)
        tv.press("ok")
        tv.opened("refused")
        tv.press("left", "ok")
        tv.opened("changes")
        until(lambda: not kept(tv))
        tv.press("back")
        tv.opened("map")
        assert tv.end() == 0
    assert cloud.map_data()["accepted"] == {"POST": 0, "PUT": 0, "DELETE": 0}


def test_what_the_service_refuses_is_kept_with_its_reason_until_it_is_tried_again(
    cloud: LocalCloud, tmp_path: Path
) -> None:
    cloud.clear_map_data()
    cloud.fault("map-data", method="POST", status=413)
    with running(by_key(cloud), tmp_path) as tv:
        tv.settled()
        draw_circle(tv)
        assert tv.wait_for("geofence.upload_failed")["status"] == 413
        until(lambda: [change["state"] for change in kept(tv)] == ["refused"])
        cloud.clear("map-data")
        cloud.settings(operation_failure="The ring is wound the wrong way.")
        try_again(tv)
        assert "The ring is wound the wrong way." in str(tv.wait_for("geofence.upload_failed")["reason"])
        until(lambda: [change["state"] for change in kept(tv)] == ["refused"])
        tv.kill()
        (refused,) = kept(tv)
        assert "The ring is wound the wrong way." in refused["refusal"]["message"]
    cloud.settings(operation_failure="")
    with running(by_key(cloud), tmp_path) as tv:
        assert tv.wait_for("outbox.opened")["waiting"] == 1
        tv.settled()
        try_again(tv)
        tv.wait_for("geofence.uploaded")
        until(lambda: not kept(tv))
        assert tv.end() == 0
    assert named(in_cloud(cloud)).keys() == {"Depot 1"}


def try_again(tv: Tv) -> None:
    """From the map: retry the oldest change, which was refused."""
    open_changes(tv)
    tv.press("ok")
    tv.opened("refused")
    tv.press("right", "ok")
    tv.opened("changes")
    tv.press("back")
    tv.opened("map")


def test_an_upload_that_was_under_way_when_the_power_failed_is_followed_on_and_there_once(
    cloud: LocalCloud, tmp_path: Path
) -> None:
    cloud.clear_map_data()
    cloud.settings(operations_end=False)
    with running(by_key(cloud), tmp_path) as tv:
        tv.settled()
        drawn = draw_circle(tv)
        until(lambda: any("/operations/" in request["path"] for request in cloud.requests("map-data")))
        tv.kill()
        assert [change["resume"].split(" ")[0] for change in kept(tv)] == ["operation"]
    cloud.settings(operations_end=True)
    with running(by_key(cloud), tmp_path) as tv:
        assert tv.wait_for("outbox.opened")["waiting"] == 1
        assert tv.wait_for("geofence.uploaded")["id"] == drawn["id"]
        until(lambda: not kept(tv))
        assert tv.end() == 0
    assert cloud.map_data()["accepted"] == {"POST": 1, "PUT": 0, "DELETE": 0}
    assert in_cloud(cloud).keys() == {drawn["id"]}


def test_changes_that_were_not_sent_wait_for_their_own_account(cloud: LocalCloud, tmp_path: Path) -> None:
    cloud.clear_map_data()
    cloud.fault("map-data", method="POST", status=503)
    with running(at_sea(cloud), tmp_path) as tv:
        tv.sign_in(cloud, "aino")
        tv.settled()
        drawn = draw_circle(tv)
        tv.wait_for("geofence.upload_failed")
        tv.press("back")
        assert has_depot(tv.picture_with(has_depot))
        change_account(tv, cloud, "ben")
        tv.wait_for("geofences.loaded")
        tv.settled()
        assert has_none(tv.picture_with(has_none))
        tv.press("ok")
        tv.opened("action-bar")
        tv.press("back")
        tv.opened("map")
        assert [change["geometry_id"] for change in kept(tv)] == [drawn["id"]]
        cloud.clear("map-data")
        assert cloud.map_data()["accepted"]["POST"] == 0
        change_account(tv, cloud, "aino")
        assert tv.wait_for("geofence.uploaded")["id"] == drawn["id"]
        assert tv.end() == 0
    assert in_cloud(cloud).keys() == {drawn["id"]}


PATTERN = ("up", "up", "left", "down", "right")
WRONG = ("down", "down", "down", "down")


def test_a_lock_lets_nobody_draw_without_its_pattern_and_counts_wrong_tries_over_restarts(
    cloud: LocalCloud, tmp_path: Path, fences: Path
) -> None:
    command = [sys.executable, "-m", "tvapp", "lock"]
    made = subprocess.run(command, input=" ".join(PATTERN), capture_output=True, text=True, check=True)
    line = tomllib.loads(made.stdout)["lock"]
    settings = with_key(cloud, fences, TVAPP_VIEW_HOME=AT_SEA, TVAPP_KIOSK_LOCK=line)
    with running(settings, tmp_path) as tv:
        ready(tv)
        open_draw(tv)
        tv.press("ok")
        tv.opened("unlock")
        for number in (1, 2, 3):
            tv.press(*WRONG, "ok")
            tried = tv.wait_for("lock.tried")
            assert (tried["right"], tried["tries"]) == (False, number)
        tv.press(*PATTERN, "ok")
        tv.picture()  # by then the keys have been taken
        assert tv.app.seen.count("lock.tried") == 3, "not before the wait is over"
        tv.kill()
    first = tv.log_file.read_text()
    with running(settings, tmp_path) as tv:
        ready(tv)
        open_draw(tv)
        tv.press("ok")
        tv.opened("unlock")
        tv.press(*PATTERN)
        assert first_try(tv) == {"right": True, "tries": 4}
        tv.opened("sketch")
        finish_circle(tv)
        tv.wait_for("geofence.uploaded")
        draw_circle(tv, 1)
        tv.wait_for("geofence.uploaded")
        assert tv.app.seen.count("lock.tried") == 1, "it stays open"
        assert tv.end() == 0
    assert not (tv.data_dir / "lock-tries").exists()
    assert named(in_folder(fences)).keys() == {"Pier", "Lock", "Depot 1", "Site 1"}
    for text in (first, tv.log_file.read_text()):
        assert line not in text
        assert not re.search(r"\b(up|down|left|right)\b", text.replace('"right":', ""))


def first_try(tv: Tv) -> dict[str, object]:
    """Press OK until the app tries the pattern, which may have to wait; returns the log event."""
    while "lock.tried" not in tv.app.seen:
        tv.press("ok")
        with contextlib.suppress(StepFailed):
            tried = tv.app.wait_for("lock.tried", within_s=1.0)
            return {name: tried[name] for name in ("right", "tries")}
    raise AssertionError("unreachable")


@pytest.mark.parametrize("place", ["folder", "url"])
def test_where_nothing_may_be_changed_there_is_no_way_to_it(
    cloud: LocalCloud, tmp_path: Path, fences: Path, place: str
) -> None:
    settings = with_key(cloud, fences, TVAPP_VIEW_HOME=AT_SEA)
    if place == "folder":
        settings["TVAPP_KIOSK_READ_ONLY"] = "true"
    else:
        udid = cloud.add_map_data(collection(circle("Pier"), circle("Lock", AWAY)))
        query = f"api-version=2.0&subscription-key={cloud.subscription_keys[0]}"
        settings["TVAPP_GEOFENCES_STORE"] = "url"
        settings["TVAPP_GEOFENCES_URLS"] = f"{cloud.endpoint}/mapData/{udid}?{query}"
        del settings["TVAPP_GEOFENCES_PATH"]
    with running(settings, tmp_path) as tv:
        ready(tv)
        assert select(tv) == "pier"
        tv.press("ok")
        tv.opened("details")
        tv.press("right", "ok")
        tv.opened("map")
        tv.press("back")
        tv.remote.hold("ok", LONG_S)
        tv.opened("action-bar")
        tv.press("right", "ok")
        tv.opened("layers")
        tv.press("back", "menu")
        tv.opened("action-bar")
        tv.press(*["right"] * 8, "ok")
        tv.opened("drawer")
        tv.press("back")
        tv.opened("map")
        assert tv.end() == 0
    panels = {entry.get("panel") for entry in tv.logged()}
    assert not panels & {"draw", "edit", "changes", "unlock"}
    assert not list(tv.data_dir.glob("outbox*"))
