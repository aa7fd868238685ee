"""The overlay of waiting changes: it equals the content of the store once they are stored."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fences.outbox.killed import feature
from tvapp.fences.geojson import reading
from tvapp.fences.geojson.amend import Amended, amend
from tvapp.fences.model.book import FenceBook
from tvapp.fences.model.change import Change
from tvapp.fences.model.fence import Geofence
from tvapp.fences.service.overlay import fence_of, geometry_of, name_of, overlaid

Files = dict[str, bytes]

SHEET = "sheet.geojson"
UNREADABLE = b'{"type": "Feature", "geometry": null, "properties": {"geometryId": "u"}}'


def file_of(*features: bytes) -> bytes:
    return b'{"type": "FeatureCollection", "features": [\n' + b",\n".join(features) + b'\n], "of": "a tool"}'


def nameless(name: str, note: str) -> bytes:
    """Return a Feature without a geometryId, for which its name stands in."""
    geometry = {"type": "Point", "coordinates": [24.95, 60.17]}
    properties = {"name": name, "note": note, "subType": "Circle", "radius": 100}
    return json.dumps({"type": "Feature", "geometry": geometry, "properties": properties}).encode()


def read(files: Files) -> tuple[Geofence, ...]:
    return FenceBook(fence for name in sorted(files) for fence in reading.read(files[name], name).fences).fences


def put(files: Files, change: Change) -> None:
    """Apply a change to the files as a store does."""
    name = change.source or f"{change.geometry_id}.geojson"
    amended = amend(files.get(name), change)
    assert isinstance(amended, Amended), amended
    if amended.content is None:
        del files[name]
    else:
        files[name] = amended.content


def seen(fences: tuple[Geofence, ...]) -> Counter[tuple[str, bytes]]:
    """Return which fences are shown, and how often."""
    return Counter((fence.geometry_id, fence.raw) for fence in FenceBook(fences))


def edited(fence: Geofence, after: bytes, change_id: str = "change") -> Change:
    return Change(change_id, fence.source, fence.geometry_id, fence.raw, after, fence.number)


def start() -> Files:
    return {
        SHEET: file_of(feature("a", "1"), feature("twin", "1"), UNREADABLE, feature("twin", "2"), feature("b", "1")),
        "names.json": file_of(nameless("Yard", "1"), nameless("Dock", "1")),
        "own.geojson": file_of(feature("own", "1")),
    }


@pytest.mark.parametrize("after", [b"", feature("new", "2")], ids=["deleted", "edited"])
@pytest.mark.parametrize("is_read", [False, True], ids=["before the store was read", "after the store was read"])
def test_what_follows_an_upload_under_the_stores_name_is_shown_while_the_upload_still_waits(
    after: bytes, is_read: bool
) -> None:
    """A kill came between saving the later change with its file and deleting the upload."""
    upload = Change("1", "", "new", b"", feature("new", "1"))
    follower = Change("2", "new.geojson", "new", feature("new", "1"), after)
    stored = read({"new.geojson": file_of(feature("new", "1"))}) if is_read else ()
    assert seen(overlaid(stored, [upload, follower])) == Counter({("new", after): 1} if after else {})


STEPS = st.lists(
    st.tuples(st.sampled_from(["edit", "edit", "edit", "delete", "add", "rename", "spoil"]), st.integers(0, 99)),
    max_size=10,
)


@given(STEPS, st.integers(0, 10))
def test_the_overlay_equals_the_store_once_all_changes_are_stored(steps: list[tuple[str, int]], arrived: int) -> None:
    files = start()
    stored = read(files)
    changes: list[Change] = []
    shown = stored
    for number, (what, pick) in enumerate(steps):
        name = f"{what} {number}"
        if what == "add" or not shown:
            fence = f"new-{number}"
            changes.append(Change(name, "", fence, b"", feature(fence, name)))
        else:
            chosen = FenceBook(shown).fences[pick % len(shown)]
            after = b"" if what == "delete" else feature(chosen.geometry_id, name)
            if "geometryId" not in chosen.properties and what != "delete":
                after = nameless(f"Yard {number}" if what == "rename" else str(chosen.properties["name"]), name)
            if what == "spoil":
                after = json.dumps({**json.loads(after), "geometry": None}).encode()
            changes.append(edited(chosen, after, name))
        shown = overlaid(stored, changes)
    # Each change builds on what was shown; so may the store take them, and some are there when it is read again.
    for change in changes[:arrived]:
        put(files, change)
    halfway = read(files)
    for change in changes[arrived:]:
        put(files, change)
    assert seen(shown) == seen(read(files))
    # What is left of them on top of a store that has taken the others.
    left = [_as_stored(change, changes[:arrived]) for change in changes[arrived:]]
    assert seen(overlaid(halfway, left)) == seen(shown)


def _as_stored(change: Change, arrived: list[Change]) -> Change:
    """Return a change as the outbox has it: with the file name, once its fence was added."""
    is_there = any((each.source, each.geometry_id) == ("", change.geometry_id) for each in arrived)
    return replace(change, source=f"{change.geometry_id}.geojson") if is_there and not change.source else change


@given(STEPS)
def test_ids_stay_what_they_were_while_a_fence_is_edited(steps: list[tuple[str, int]]) -> None:
    stored = read(start())
    changes: list[Change] = []
    shown = stored
    for number, (_, pick) in enumerate(steps):
        fence = shown[pick % len(shown)]
        changes.append(edited(fence, feature(fence.geometry_id, f"edit {number}"), str(number)))
        shown = overlaid(stored, changes)
        assert [each.id for each in shown] == [each.id for each in stored]
        assert next(each for each in shown if each.id == fence.id).raw == changes[-1].after


@given(st.permutations(range(5)))
def test_changes_of_different_fences_may_come_in_any_order(order: list[int]) -> None:
    stored = read(start())
    by_id = {fence.id: fence for fence in stored}
    changes = [
        edited(by_id["a"], feature("a", "2")),
        edited(by_id["b"], b""),
        edited(by_id["twin"], feature("twin", "3")),
        edited(by_id["own"], b""),
        Change("new", "", "new", b"", feature("new", "1")),
    ]
    assert seen(overlaid(stored, [changes[at] for at in order])) == seen(overlaid(stored, changes))


@pytest.mark.parametrize(("which", "left"), [("twin", ["twin~2"]), ("twin~2", ["twin"])])
def test_of_two_fences_that_are_the_same_the_one_that_was_chosen_goes(which: str, left: list[str]) -> None:
    stored = read({SHEET: file_of(feature("twin", "1"), feature("a", "1"), feature("twin", "1"))})
    (chosen,) = [fence for fence in stored if fence.id == which]
    shown = overlaid(stored, [edited(chosen, b"")])
    assert [fence.id for fence in shown if fence.geometry_id == "twin"] == left


def test_of_two_fences_that_are_the_same_the_one_that_was_chosen_is_edited_again_and_again() -> None:
    stored = read({SHEET: file_of(feature("twin", "1"), feature("twin", "1"))})
    first = edited(stored[1], feature("twin", "2"))
    (_, second) = overlaid(stored, [first])
    shown = overlaid(stored, [first, edited(second, feature("twin", "3"))])
    assert [(fence.id, fence.raw) for fence in shown] == [
        ("twin", feature("twin", "1")),
        ("twin~2", feature("twin", "3")),
    ]


def test_a_fence_known_by_its_name_alone_is_still_one_fence_after_it_was_renamed() -> None:
    stored = read({"names.json": file_of(nameless("Yard", "1"))})
    renamed = edited(stored[0], nameless("Depot", "1"))
    (shown,) = overlaid(stored, [renamed])
    assert shown.geometry_id == "Depot"
    (again,) = overlaid(stored, [renamed, edited(shown, nameless("Depot", "2"))])
    assert again.properties["note"] == "2"


def test_an_upload_that_the_store_has_already_is_shown_once_and_its_edits_go_on_top_of_it() -> None:
    new = Change("new", "", "new", b"", feature("new", "1"))
    stored = read({"chosen-by-the-store": file_of(feature("new", "1"))})
    assert seen(overlaid(stored, [new])) == seen(stored)
    later = Change("later", "", "new", feature("new", "1"), feature("new", "2"))
    assert [fence.raw for fence in overlaid(stored, [new, later])] == [feature("new", "2")]
    gone = Change("gone", "", "new", feature("new", "2"), b"")
    assert overlaid(stored, [new, later, gone]) == ()


def test_an_edit_of_a_fence_that_was_deleted_meanwhile_stays_on_the_screen() -> None:
    (fence,) = read({"own.geojson": file_of(feature("own", "1"))})
    assert [each.raw for each in overlaid((), [edited(fence, feature("own", "2"))])] == [feature("own", "2")]
    assert overlaid((), [edited(fence, b"")]) == ()


def test_a_fence_edited_into_one_that_cannot_be_shown_is_not_shown_in_its_old_form() -> None:
    (fence,) = read({"own.geojson": file_of(feature("own", "1"))})
    assert overlaid((fence,), [edited(fence, UNREADABLE)]) == ()
    assert overlaid((), [Change("new", "", "u", b"", UNREADABLE)]) == ()


def test_without_changes_the_fences_are_as_they_are() -> None:
    stored = read(start())
    assert overlaid(stored, []) == stored


def test_of_two_fences_of_one_id_the_one_that_says_the_same_in_other_words_is_changed() -> None:
    one, two = feature("twin", "1"), feature("twin", "2")
    stored = read({SHEET: file_of(one, two)})
    rewritten = json.dumps(json.loads(two), indent=1).encode()
    after = feature("twin", "3")
    change = Change("1", SHEET, "twin", rewritten, after, number=0)
    assert [fence.raw for fence in overlaid(stored, [change])] == [one, after]


def test_of_two_fences_of_one_id_the_one_that_is_changed_already_in_other_words_is_it() -> None:
    one, after = feature("twin", "1"), feature("twin", "3")
    rewritten = json.dumps(json.loads(after), indent=1).encode()
    stored = read({SHEET: file_of(one, rewritten)})
    change = Change("1", SHEET, "twin", feature("twin", "2"), after, number=0)
    assert [fence.raw for fence in overlaid(stored, [change])] == [one, after]


def test_of_two_fences_alike_the_one_in_its_place_is_changed() -> None:
    one, after = feature("twin", "1"), feature("twin", "3")
    stored = read({SHEET: file_of(one, one, one)})
    change = Change("1", SHEET, "twin", one, after, number=1)
    assert [fence.raw for fence in overlaid(stored, [change])] == [one, after, one]


def test_a_new_fence_is_found_by_the_id_of_its_change_and_by_that_in_its_feature() -> None:
    first = Change("1", "", "x", b"", nameless("Yard", "1"))
    for geometry_id in ("x", "Yard"):
        edit = Change("2", "", geometry_id, nameless("Yard", "1"), nameless("Yard", "2"))
        assert [fence.raw for fence in overlaid((), [first, edit])] == [nameless("Yard", "2")]


def test_an_upload_whose_answer_was_lost_is_followed_by_its_later_versions() -> None:
    stored = read({"udid.json": file_of(feature("a", "1"), feature("a", "other"))})
    upload = Change("1", "", "a", b"", feature("a", "1"))
    edits = [Change(str(step), "", "a", feature("a", str(step - 1)), feature("a", str(step))) for step in (2, 3)]
    assert [fence.raw for fence in overlaid(stored, [upload, *edits])] == [feature("a", "3"), feature("a", "other")]


def test_a_fence_has_the_geometry_of_its_file() -> None:
    (fence,) = read({"own.geojson": file_of(feature("own", "1"))})
    assert geometry_of(fence) == json.loads(feature("own", "1"))["geometry"]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (nameless("Yard", "1"), "Yard"),
        (b'{"properties": {"name": " Two  words ", "geometryId": "7"}}', "Two words"),
        (b'{"properties": {"geometryId": "7"}}', "7"),
        (b'{"properties": {"name": "", "geometryId": "7"}}', "7"),
        (b'{"properties": {"name": 5}}', "5"),
        (b'{"properties": {}}', ""),
        (b"{}", ""),
        (b"no JSON", ""),
        (b'{"properties": {"name": "\xff"}}', ""),
    ],
)
def test_the_name_of_a_feature_is_read_without_its_shape(text: bytes, name: str) -> None:
    assert name_of(text) == name


def test_a_feature_is_the_fence_of_its_file_or_none() -> None:
    fence = fence_of(feature("own", "1"), "own.geojson")
    assert fence is not None
    assert (fence.id, fence.source, fence.raw) == ("own", "own.geojson", feature("own", "1"))
    assert fence_of(UNREADABLE, "own.geojson") is None
    assert fence_of(b"no JSON", "own.geojson") is None


def test_a_new_fence_keeps_the_place_and_the_file_of_its_change_and_an_edited_one_its_own() -> None:
    stored = read({SHEET: file_of(feature("a", "1"), feature("b", "1"))})
    new = Change("1", "", "new", b"", feature("new", "1"), number=7)
    edit = Change("2", SHEET, "b", feature("b", "1"), feature("b", "2"), number=5)
    shown = {fence.geometry_id: fence for fence in overlaid(stored, [new, edit])}
    assert (shown["new"].number, shown["new"].source, shown["new"].id) == (7, "", "new")
    assert (shown["b"].number, shown["b"].source) == (stored[1].number, SHEET)
    assert shown["a"] is stored[0]
    again = {fence.geometry_id: fence for fence in overlaid(stored, [new, edit])}
    assert all(again[name] is fence for name, fence in shown.items()), "the same objects, whose parts are used again"


def test_an_upload_whose_answer_was_lost_has_the_file_that_the_store_chose() -> None:
    stored = read({"chosen": file_of(feature("new", "1"))})
    later = Change("later", "", "new", feature("new", "1"), feature("new", "2"))
    (shown,) = overlaid(stored, [Change("new", "", "new", b"", feature("new", "1")), later])
    assert shown.source == "chosen"
    other = Change("other", "", "new", b"", feature("new", "9"))
    assert len(overlaid(stored, [other])) == 2, "a fence of that id which says something else is another one"
