"""Versions of fences that were changed on this screen."""

from __future__ import annotations

from tvapp.fences.service.local_versions import LocalVersions


def test_the_newest_version_is_found_from_any_version_on_the_screen() -> None:
    versions = LocalVersions()
    versions.add("a", "1", b"one", b"two")
    versions.add("a", "1", b"two", b"three")
    assert {versions.newest("a", "1", shown) for shown in (b"one", b"two", b"three")} == {("a", b"three")}
    assert versions.last("a", "1") == b"three"


def test_fences_that_share_an_id_are_not_mistaken_for_each_other() -> None:
    versions = LocalVersions()
    versions.add("a", "001", b"mine", b"mine moved")
    assert versions.newest("a", "001", b"another in the same file") is None
    assert versions.newest("b", "001", b"mine") is None


def test_a_fence_that_the_store_keeps_under_another_name_is_found_by_both() -> None:
    versions = LocalVersions()
    versions.add("", "tv-1", b"", b"one")
    versions.move("", "tv-1", "udid-9")
    versions.add("udid-9", "tv-1", b"one", b"two")
    assert versions.newest("", "tv-1", b"one") == versions.newest("udid-9", "tv-1", b"one") == ("udid-9", b"two")


def test_a_deleted_fence_is_known_to_be_gone() -> None:
    versions = LocalVersions()
    versions.add("a", "1", b"one", b"")
    assert versions.last("a", "1") == b""
    assert list(versions.features()) == []


def test_versions_that_the_map_shows_and_abandoned_ones_are_forgotten() -> None:
    versions = LocalVersions()
    versions.add("a", "1", b"one", b"two")
    versions.add("a", "2", b"one", b"two")
    versions.add("a", "3", b"one", b"two")
    versions.drop("a", "3")
    versions.keep_only({("a", "2"), ("a", "3")})
    assert [versions.last("a", name) for name in "123"] == [None, b"two", None]


def test_another_clients_version_leads_to_the_one_made_of_it() -> None:
    versions = LocalVersions()
    versions.add("a", "1", b"one", b"two")
    versions.add("a", "1", b"theirs", b"three")
    assert versions.newest("a", "1", b"theirs") == ("a", b"three")


def test_the_newest_version_of_each_fence_is_listed_where_there_is_one() -> None:
    versions = LocalVersions()
    versions.add("a", "1", b"", b"two")
    versions.add("a", "2", b"one", b"two")
    versions.add("a", "2", b"two", b"three")
    versions.add("a", "3", b"one", b"")
    assert list(versions.features()) == [b"two", b"three"]


def test_a_fence_that_moves_before_it_was_changed_is_found_in_its_new_file() -> None:
    versions = LocalVersions()
    versions.move("", "1", "b")
    versions.move("c", "2", "c")
    versions.add("", "1", b"one", b"two")
    versions.add("c", "2", b"one", b"two")
    assert versions.newest("b", "1", b"one") == ("b", b"two")
    assert versions.newest("", "1", b"two") == ("b", b"two")
    assert versions.last("", "1") == b"two"
    assert versions.newest("c", "2", b"one") == ("c", b"two")
    assert versions.last("b", "7") is None
    versions.drop("b", "7")
    versions.drop("", "1")
    assert versions.last("b", "1") is None
