"""Changes applied to the content of a file, and conflicts."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tvapp.core.errors import DataError
from tvapp.fences.geojson.amend import AlreadyApplied, Amended, Amendment, amend, same
from tvapp.fences.geojson.reading import read
from tvapp.fences.model.change import Change, Conflicting


def feature(geometry_id: str | None = "a", name: str = "", lon: float = 1, **more: Any) -> bytes:
    properties: dict[str, Any] = {"geometryId": geometry_id} if geometry_id is not None else {}
    properties |= {"name": name} if name else {}
    point = {"type": "Point", "coordinates": [lon, 2]}
    return json.dumps(
        {"type": "Feature", "geometry": point, "properties": {**properties, "radius": 5}, **more}
    ).encode()


def file(*features: bytes, more: bytes = b"") -> bytes:
    return b'{"type":"FeatureCollection",' + more + b'"features":[\n ' + b",\n ".join(features) + b"\n]}\n"


def change(before: bytes, after: bytes, number: int = 0, geometry_id: str = "a") -> Change:
    return Change("c", "x.geojson", geometry_id, before, after, number)


def content(outcome: Amendment) -> bytes:
    assert isinstance(outcome, Amended)
    assert outcome.content is not None
    return outcome.content


def rewritten(raw: bytes) -> bytes:
    """As another tool would write it: other order, other white space, 1.0 for 1."""
    root = json.loads(raw, parse_int=lambda text: float(text))
    return json.dumps(dict(reversed(root.items())), indent=3).encode()


OLD, NEW, OTHER, THEIRS = feature(lon=1), feature(lon=3), feature("b"), feature(lon=7)
EDIT, DELETE, ADD = change(OLD, NEW, 1), change(OLD, b"", 1), change(b"", NEW)


def test_an_edit_replaces_its_feature_and_nothing_else() -> None:
    there = file(OTHER, OLD, more=b'"crs":{"a": 1.50},')
    assert content(amend(there, EDIT)) == there.replace(OLD, NEW)


def test_a_deletion_removes_its_feature_and_nothing_else() -> None:
    assert content(amend(file(OTHER, OLD), DELETE)) == file(OTHER)
    assert content(amend(file(OLD, OTHER), DELETE)) == file(OTHER)


def test_the_box_of_a_collection_goes_when_a_geometry_in_it_changes() -> None:
    boxed = [b'"bbox":[0,0,2,2], ', b'"x":[ 1 ],"bbox" : [0,0,2,2],']
    for more, left in zip(boxed, [b"", b'"x":[ 1 ],'], strict=True):
        assert content(amend(file(OTHER, OLD, more=more), EDIT)) == file(OTHER, NEW, more=left)
        assert content(amend(file(OTHER, more=more), ADD)) == file(OTHER, NEW, more=left)
        assert content(amend(file(OTHER, OLD, more=more), DELETE)) == file(OTHER, more=more)
        renamed = feature(name="n")
        assert content(amend(file(OTHER, OLD, more=more), change(OLD, renamed))) == file(OTHER, renamed, more=more)
    trailing = file(OLD)[:-2] + b', "bbox": [1,2]}\n'
    assert content(amend(trailing, change(OLD, NEW))) == file(NEW)
    assert amend(trailing, change(OLD, b"")) == Amended(None)


def test_an_addition_is_appended() -> None:
    assert content(amend(file(OTHER), ADD)) == file(OTHER, NEW)
    assert read(content(amend(file(), ADD)), "x").fences[0].raw == NEW


def test_an_addition_makes_a_file_of_its_own() -> None:
    assert read(content(amend(None, ADD)), "x").fences[0].raw == NEW


def test_an_addition_to_a_file_whose_root_is_a_feature_makes_a_collection_of_both() -> None:
    assert [fence.raw for fence in read(content(amend(OTHER, ADD)), "x").fences] == [OTHER, NEW]


def test_the_file_goes_with_its_last_feature() -> None:
    assert amend(file(OLD), DELETE) == Amended(None)
    assert amend(OLD, DELETE) == Amended(None)


def test_an_emptied_collection_stays_while_its_root_says_more() -> None:
    left = content(amend(file(OLD, more=b'"name":"n",'), DELETE))
    assert json.loads(left) == {"type": "FeatureCollection", "name": "n", "features": []}


@pytest.mark.parametrize("there", [file(OTHER, OLD), file(OTHER, OLD, more=b'"name":"n",'), file(OLD), OLD])
@pytest.mark.parametrize("what", [EDIT, DELETE, ADD])
def test_asking_again_about_an_amended_file_changes_nothing(there: bytes, what: Change) -> None:
    if what is ADD:
        there = there.replace(OLD, feature("z"))
    outcome = amend(there, what)
    assert isinstance(outcome, Amended)
    assert amend(outcome.content, what) == AlreadyApplied()


def test_an_edit_made_elsewhere_is_a_conflict() -> None:
    assert amend(file(OTHER, THEIRS), EDIT) == Conflicting(THEIRS)
    assert amend(file(OTHER, THEIRS), DELETE) == Conflicting(THEIRS)
    assert amend(file(OTHER, THEIRS), ADD) == Conflicting(THEIRS)


def test_an_edit_of_a_deleted_fence_is_a_conflict_and_its_deletion_is_done() -> None:
    assert amend(file(OTHER), EDIT) == Conflicting(b"")
    assert amend(None, EDIT) == Conflicting(b"")
    assert amend(file(OTHER), DELETE) == AlreadyApplied()
    assert amend(None, DELETE) == AlreadyApplied()


def test_an_equal_value_in_another_form_is_no_conflict() -> None:
    there = file(OTHER, rewritten(OLD))
    assert content(amend(there, EDIT)) == there.replace(rewritten(OLD), NEW)
    assert amend(file(OTHER, rewritten(NEW)), EDIT) == AlreadyApplied()
    assert amend(file(rewritten(NEW)), ADD) == AlreadyApplied()
    assert content(amend(there, DELETE)) == file(OTHER)


def test_a_change_that_changes_nothing_is_done_and_one_of_wording_is_made() -> None:
    assert amend(file(OLD), change(OLD, OLD)) == AlreadyApplied()
    assert content(amend(file(OLD), change(OLD, rewritten(OLD)))) == file(rewritten(OLD))


def test_of_two_fences_with_one_id_the_right_one_is_changed() -> None:
    twin = feature(lon=9)
    assert content(amend(file(twin, OLD), change(OLD, NEW, 0))) == file(twin, NEW)
    assert content(amend(file(OLD, twin), change(OLD, b"", 1))) == file(twin)
    assert content(amend(file(OLD, OLD), change(OLD, NEW, 1))) == file(OLD, NEW)
    assert amend(file(OLD, NEW), change(OLD, NEW, 1)) == AlreadyApplied()
    assert content(amend(file(twin, rewritten(OLD)), change(OLD, NEW, 0))) == file(twin, NEW)
    assert amend(file(twin, rewritten(NEW)), change(OLD, NEW, 0)) == AlreadyApplied()
    assert amend(file(twin, THEIRS), change(OLD, NEW, 1)) == Conflicting(THEIRS)
    assert amend(file(OTHER, twin, NEW), ADD) == AlreadyApplied()


def test_the_place_in_the_file_is_only_a_hint() -> None:
    assert content(amend(file(OLD, OTHER), change(OLD, NEW, 9))) == file(NEW, OTHER)


def test_a_fence_without_an_id_is_found_by_the_value_that_stands_in_for_it() -> None:
    old, new = feature(None, "Depot"), feature(None, "Yard")
    renamed = change(old, new, 1, "Depot")
    assert content(amend(file(OTHER, old), renamed)) == file(OTHER, new)
    assert amend(file(OTHER, rewritten(new)), renamed) == AlreadyApplied()
    assert content(amend(file(OTHER, rewritten(old)), renamed)) == file(OTHER, new)
    assert amend(file(OTHER, feature(None, "Depot", lon=8)), renamed) == Conflicting(feature(None, "Depot", lon=8))
    nameless = change(feature(None), feature(None, lon=4), 1, "feature 2")
    assert content(amend(file(OTHER, rewritten(feature(None))), nameless)) == file(OTHER, feature(None, lon=4))


def test_a_fence_without_an_id_is_found_by_its_bytes_wherever_it_stands() -> None:
    old, new = feature(None), feature(None, lon=4)
    moved = change(old, new, 1, "feature 2")
    assert content(amend(file(old, OTHER), moved)) == file(new, OTHER)
    assert amend(file(new, OTHER), moved) == AlreadyApplied()
    assert amend(file(OTHER, feature(None, lon=8)), moved) == Conflicting(feature(None, lon=8))
    assert amend(file(feature(None, lon=8), OTHER), moved) == Conflicting(b"")


def test_a_fence_whose_id_is_that_of_its_feature_is_found_by_it() -> None:
    old, new = feature(None, id="gate"), feature(None, lon=4, id="gate")
    assert content(amend(file(OTHER, rewritten(old)), change(old, new, 1, "gate"))) == file(OTHER, new)
    assert amend(file(old), change(b"", new, geometry_id="gate")) == Conflicting(old)


def test_a_fence_without_an_id_is_added_to_any_file() -> None:
    nameless = feature(None)
    assert content(amend(file(OTHER, OLD), change(b"", nameless))) == file(OTHER, OLD, nameless)


@pytest.mark.parametrize("odd", [b"5", b'{"type":"Feature","properties":null}', b'{"type":"Feature","properties":[1]}'])
def test_values_that_are_no_geofences_do_not_disturb_a_change(odd: bytes) -> None:
    assert content(amend(file(odd, OTHER), ADD)) == file(odd, OTHER, NEW)
    assert content(amend(file(odd, rewritten(OLD)), EDIT)) == file(odd, NEW)
    assert content(amend(file(odd, rewritten(OLD)), DELETE)) == file(odd)


def test_a_geometry_of_null_is_the_same_as_none() -> None:
    null, none = (b'{"type":"Feature",%b"properties":{"geometryId":"a"}}' % each for each in (b'"geometry":null,', b""))
    for before, after in ((null, none), (none, null)):
        boxed = file(before, more=b'"bbox":[0,0,2,2],')
        assert content(amend(boxed, change(before, after))) == boxed.replace(before, after)


def test_ids_differ_by_case_and_kind() -> None:
    assert isinstance(amend(file(feature("A")), ADD), Amended)


@pytest.mark.parametrize(
    ("there", "what"),
    [
        (b"<html>", EDIT),
        (b"", DELETE),
        (b'{"type":"FeatureCollection","features":[{"a":}]}', ADD),
        (file(OLD), change(OLD, b"[]")),
        (file(OLD), change(OLD, b'{"a":')),
        (None, change(b"", b"\xff")),
    ],
)
def test_invalid_geojson_is_never_written(there: bytes | None, what: Change) -> None:
    with pytest.raises(DataError):
        amend(there, what)


def test_an_error_names_the_file_or_the_fence_where_the_file_has_no_name_yet() -> None:
    for source, said in (("x.geojson", "x.geojson"), ("", "a")):
        with pytest.raises(DataError) as raised:
            amend(b"<html>", Change("c", source, "a", OLD, NEW))
        assert raised.value.source == said
        with pytest.raises(DataError) as raised:
            amend(file(OLD), Change("c", source, "a", OLD, b"[]"))
        assert raised.value.source == f"{said}: the change"


def test_sameness_is_that_of_values() -> None:
    assert same(b'{"a":1,"b":-0.0}', b'{ "b":0, "a":1.0}')
    assert same(b'{"a":1,"a":2}', b'{"a":2}')
    assert not same(b'{"a":true}', b'{"a":1}')
    assert not same(b'{"a":[1,2]}', b'{"a":[2,1]}')
    for last in (b"{}", b"[]", b"2", b"false"):
        assert not same(b"[true,%b]" % last, b"[1,%b]" % last)
        assert not same(b'{"a":0,"b":%b}' % last, b'{"a":false,"b":%b}' % last)
    assert not same(b'{"a":1e999}', b'{"a":2e999}')
    assert same(b"nonsense", b"nonsense")
