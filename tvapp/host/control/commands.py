"""What a desk can have the running app do, and what it is told: values only, loaded before the first frame."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import ClassVar, TypeAlias

from tvapp.core.jobs import JobResult

SHOWN_S = 60.0
"""For how long a message stays on the screen where nothing else is said."""


@dataclass(frozen=True, slots=True)
class Status:
    """Tell what the app does."""

    name: ClassVar[str] = "status"


@dataclass(frozen=True, slots=True)
class Screenshot:
    """Return what is on the screen, as a PNG."""

    name: ClassVar[str] = "screenshot"


@dataclass(frozen=True, slots=True)
class Show:
    """Move the map: "home", "tour", LON,LAT[,ZOOM], or the id or name of a geofence."""

    view: str
    name: ClassVar[str] = "show"


@dataclass(frozen=True, slots=True)
class Wake:
    """Wake the screen and the TV, as a key would."""

    name: ClassVar[str] = "wake"


@dataclass(frozen=True, slots=True)
class Message:
    """Show a text to whoever is in front of the screen, for `for_s` seconds at most."""

    text: str
    for_s: float = SHOWN_S
    name: ClassVar[str] = "message"


@dataclass(frozen=True, slots=True)
class SignOut:
    """Sign the account out, as on the screen."""

    name: ClassVar[str] = "sign-out"


@dataclass(frozen=True, slots=True)
class Restart:
    """End the app so that it is started again."""

    name: ClassVar[str] = "restart"


Command: TypeAlias = Status | Screenshot | Show | Wake | Message | SignOut | Restart


@dataclass(frozen=True, slots=True)
class Answer:
    """What the desk is told: fields for JSON, and the bytes that follow."""

    fields: Mapping[str, object] = field(default_factory=dict)
    body: bytes = b""
    error: str = ""
    """The name of a refusal; "" where the command was carried out."""


@dataclass(frozen=True, slots=True)
class ControlRequest(JobResult):
    """A command for the main thread. `answer` takes the answer, once, from any thread.

    `is_wanted` is False once the client was told that nothing was done: then nothing may be done.
    """

    service = "control"
    command: Command
    answer: Callable[[Answer], None]
    is_wanted: Callable[[], bool] = lambda: True


def refusal(error: str, reason: str, **fields: object) -> Answer:
    """Return the answer to a command that cannot be carried out."""
    return Answer({"reason": reason, **fields}, error=error)
