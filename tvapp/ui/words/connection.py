"""The words for a step of the connection that fails: the same on the screens, for systemd and in `tvapp doctor`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tvapp.ui.settings import UiSettings
from tvapp.ui.words.lookup import knows, problem_words

if TYPE_CHECKING:
    from tvapp.core.connection_steps import Failure


def failure_title(failure: Failure, settings: UiSettings) -> str:
    """Return what fails."""
    return _words(failure, "title", settings)


def failure_advice(failure: Failure, settings: UiSettings) -> str:
    """Return what to do."""
    return _words(failure, "advice", settings)


def _words(failure: Failure, part: str, settings: UiSettings) -> str:
    key = f"step.{failure.reason}.{part}"
    if knows(key):
        return settings.words(key, host=failure.host)
    return problem_words(failure.reason, part, settings.language)  # a kind of `auth.problems`
