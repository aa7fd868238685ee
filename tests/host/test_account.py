"""Users and owners, by the names that this machine knows."""

from __future__ import annotations

import os
import pwd
from pathlib import Path

from tvapp.host import account


def test_the_user_of_this_process_has_its_name() -> None:
    assert account.current().name == pwd.getpwuid(os.geteuid()).pw_name


def test_a_user_is_in_the_groups_that_the_service_adds_and_unknown_groups_add_nothing() -> None:
    plain, more = account.named("root"), account.named("root", ["daemon", "no-such-group"])
    assert plain is not None
    assert more is not None
    assert set(more.groups) == {*plain.groups, 1}


def test_nobody_of_that_name_is_none() -> None:
    assert account.named("no-such-user") is None


def test_a_folder_has_its_owner_and_a_missing_one_none(tmp_path: Path) -> None:
    owner = account.owner_of(tmp_path)
    assert owner is not None
    assert owner.uid == os.geteuid()
    assert account.owner_of(tmp_path / "none") is None


def test_a_user_without_a_name_has_its_number() -> None:
    assert account.name_of(54_321) == "54321"
