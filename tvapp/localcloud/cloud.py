"""The state that all services of the local cloud share: settings, time, grants, tokens, faults."""

from __future__ import annotations

import email.utils
import secrets
from dataclasses import dataclass, field

from tvapp.core.clock import Clock, SystemClock
from tvapp.core.errors import DataError
from tvapp.localcloud.cae import Challenges
from tvapp.localcloud.faults import Switchboard
from tvapp.localcloud.grants import Grants
from tvapp.localcloud.people import TENANT_ID
from tvapp.localcloud.settings import Settings
from tvapp.localcloud.throttle import GuessThrottle
from tvapp.localcloud.tokens import Mint
from tvapp.localcloud.usage_ledger import UsageLedger


@dataclass(slots=True)
class Cloud:
    """The state of one local cloud. `base_url` is set once the port is known."""

    settings: Settings = field(default_factory=Settings)
    clock: Clock = field(default_factory=SystemClock)
    base_url: str = ""
    page_url: str = ""
    subscription_keys: tuple[str, str] = field(default=("", ""), repr=False)
    grants: Grants = field(default_factory=Grants)
    mint: Mint = field(default_factory=Mint)
    switchboard: Switchboard = field(default_factory=Switchboard)
    challenges: Challenges = field(default_factory=Challenges)
    throttle: GuessThrottle = field(default_factory=GuessThrottle)
    ledger: UsageLedger = field(default_factory=UsageLedger)

    @property
    def authority(self) -> str:
        """The authority of the one tenant."""
        return f"{self.base_url}/{TENANT_ID}"

    def regenerate_key(self, name: str) -> str:
        """Make a new "primary" or "secondary" key and return it; the former one is refused from now on.

        Raises:
            DataError: there is no key of that name.
        """
        if name not in ("primary", "secondary"):
            raise DataError("keys", "key must be primary or secondary")
        new = secrets.token_urlsafe(32)
        primary, secondary = self.subscription_keys
        self.subscription_keys = (new, secondary) if name == "primary" else (primary, new)
        return new

    def now(self) -> float:
        """Monotonic seconds, for deadlines."""
        return self.clock.monotonic() + self.settings.time_passed_s

    def wall(self, extra_skew_s: float = 0.0) -> float:
        """The wall clock of this cloud in seconds since 1970."""
        return self.clock.wall() + self.settings.time_passed_s + self.settings.clock_skew_s + extra_skew_s

    def http_date(self, extra_skew_s: float = 0.0) -> str:
        """The wall clock as the value of a Date header."""
        return email.utils.formatdate(self.wall(extra_skew_s), usegmt=True)
