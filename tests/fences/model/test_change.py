"""One confirmed edit of one geofence."""

from __future__ import annotations

import pytest

from tvapp.fences.model.change import Change


def test_the_kind_of_a_change_follows_from_its_before_and_after() -> None:
    assert Change("c", "s", "a", b"", b"new").kind == "add"
    assert Change("c", "s", "a", b"old", b"new").kind == "edit"
    assert Change("c", "s", "a", b"old", b"").kind == "delete"
    with pytest.raises(ValueError, match=r"changes nothing$"):
        Change("c", "s", "a", b"", b"")
