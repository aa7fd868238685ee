"""The words of a refused change."""

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
def test_the_code_of_a_refusal_is_shown_once(refusal: Refusal, said: str) -> None:
    assert refusal_words(refusal, UiSettings())[-1] == f"For your administrator: {said}."
