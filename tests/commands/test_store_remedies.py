"""What `tvapp doctor` advises when a store cannot be read."""

from __future__ import annotations

import pytest

from tvapp.auth.problems import Problem, Refused
from tvapp.commands.doctor import _store_remedy
from tvapp.core.errors import DataError, Forbidden, NotFound, TimedOut, TvappError, Unauthorized, UnexpectedReply


@pytest.mark.parametrize(
    ("store", "failure", "words"),
    [
        ("blob", Refused(Problem("consent-needed", "new-code", "invalid_grant", 65001)), "Grant admin consent"),
        ("blob", Unauthorized("h", 401), "tenant"),
        ("blob", Forbidden("h", 403), "Storage Blob Data Reader"),
        ("blob", NotFound("h", 404), "container_url"),
        ("blob", DataError("h", "no container"), "container_url"),
        ("url", UnexpectedReply("h", 302), "redirect"),
        ("url", TimedOut("h"), "tried again"),
        ("folder", Forbidden("h", 403), "administrator"),
    ],
)
def test_each_failure_has_a_remedy(store: str, failure: TvappError, words: str) -> None:
    assert words in _store_remedy(store, failure)
