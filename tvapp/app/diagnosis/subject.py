"""What a diagnosis looks at: this machine, its settings, and the services behind them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from tvapp.app.diagnosis.verdicts import Check
from tvapp.config.load import Loaded
from tvapp.core.diagnosis import Finding, Findings
from tvapp.core.errors import TimedOut, TvappError
from tvapp.core.surroundings import Surroundings

if TYPE_CHECKING:
    from tvapp.auth.gateway import Gateway
    from tvapp.auth.tokens import TokenProvider
    from tvapp.azure.maps import MapsClient
    from tvapp.fences.model.fence import Geofence
    from tvapp.fences.stores.base import Store
    from tvapp.net.request import Sender
    from tvapp.net.skew import SkewMonitor

CHECK_WITHIN_S = 30.0
"""A check that takes longer has failed: somebody waits for it."""


@dataclass(frozen=True, slots=True)
class Online:
    """The services, as the app reaches them. `gateway` and `tokens` are None where no account is needed."""

    http: Sender
    skew: SkewMonitor
    maps: MapsClient
    gateway: Gateway | None = None
    tokens: TokenProvider | None = None
    open_store: Callable[[], Store] | None = None


@dataclass(slots=True)
class Notes:
    """What one check learns and a later one needs."""

    differences_s: list[float] = field(default_factory=list)
    """How far the clock of each host was ahead of ours."""
    fences: tuple[Geofence, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Subject:
    """The TV that is examined.

    `online` is None while there are no services, as with settings that cannot be used. `is_app` tells that the running
    app examines itself. `service_user` is the user of the installed service, "" where there is none.
    """

    loaded: Loaded
    environ: Mapping[str, str]
    surroundings: Surroundings
    online: Online | None
    is_app: bool = False
    picture: str = ""
    """What the running app draws with: driver, renderer and size."""
    service_user: str = ""
    may_write: bool = False
    findings: Findings = field(default_factory=Findings)
    notes: Notes = field(default_factory=Notes)

    @property
    def language(self) -> str:
        return self.loaded.config.kiosk.language

    def check(self, name: str, looked_at: str, what: str = "") -> Check:
        """Return a check of a part; `what` tells it from others of that part."""
        return Check(f"{name}:{what}" if what else name, name, looked_at, self.language)


Examine: TypeAlias = "Callable[[Subject], Sequence[Finding]]"
"""A check that blocks: it runs on a worker."""

ExamineOnline: TypeAlias = "Callable[[Subject, Online], Awaitable[Sequence[Finding]]]"
"""A check that asks the services: it runs on the io thread."""


async def failure_of(work: Callable[[], Coroutine[object, object, object]]) -> TvappError | None:
    """Await a request to a service; returns how it failed, None if it did not."""
    try:
        async with asyncio.timeout(CHECK_WITHIN_S):
            await work()
    except TvappError as error:
        return error
    except TimeoutError:
        return TimedOut("", f"no answer within {CHECK_WITHIN_S:.0f} s")
    return None
