"""The log event of a failed sign-in."""

from __future__ import annotations

import pytest

from tvapp.auth.messages import Report, failure_report
from tvapp.auth.problems import Next, Problem
from tvapp.core.log import Level


@pytest.mark.parametrize(
    ("following", "level"),
    [("waits-for-ok", "warning"), ("retries", "info"), ("new-code", "info"), ("keeps-waiting", "info")],
)
def test_it_has_the_numbers_to_look_up_and_is_a_warning_if_nothing_happens_by_itself(
    following: Next, level: Level
) -> None:
    problem = Problem("more-proof", following, "interaction_required", 50076, "c-1", "t-1", "now", 3.0)
    fields = {
        "error": "interaction_required",
        "kind": "more-proof",
        "aadsts": 50076,
        "correlation_id": "c-1",
        "next": following,
        "resource": "https://storage.azure.com",
    }
    assert failure_report(problem, {"resource": "https://storage.azure.com"}) == Report("signin.failed", fields, level)
