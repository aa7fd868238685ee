"""What a viewer reads of a change that was not accepted."""

from __future__ import annotations

import pytest

from tvapp.fences.outbox.outbox import Refusal
from tvapp.ui.settings import UiSettings
from tvapp.ui.words.change_status import refusal_words


@pytest.mark.parametrize(
    ("refusal", "said"),
    [
        (Refusal("Forbidden", 403, "403 Forbidden"), "403 Forbidden"),
        (Refusal("Forbidden", 403, "AuthorizationPermissionMismatch"), "403 AuthorizationPermissionMismatch"),
        (Refusal("ServiceError", 418), "418"),
        (Refusal("DataError", 0, "InvalidData"), "InvalidData"),
    ],
)
def test_what_to_look_a_refusal_up_by_is_said_once(refusal: Refusal, said: str) -> None:
    assert refusal_words(refusal, UiSettings())[-1] == f"For your administrator: {said}."
