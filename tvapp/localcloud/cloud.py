"""The state that all services of the local cloud share: settings, time, tenant, grants, tokens, faults."""

from __future__ import annotations

import email.utils
import secrets
from dataclasses import dataclass, field, replace

from tvapp.core.clock import Clock, SystemClock
from tvapp.core.errors import DataError
from tvapp.localcloud.cae import Challenges
from tvapp.localcloud.faults import Switchboard
from tvapp.localcloud.grants import Grants
from tvapp.localcloud.people import TENANT_ID
from tvapp.localcloud.settings import Settings
from tvapp.localcloud.tenant.model import Keys, Tenant
from tvapp.localcloud.tenant.sample import MAPS_ID, empty_tenant, sample_tenant
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
    first_keys: Keys = field(default_factory=lambda: Keys(secrets.token_urlsafe(32), secrets.token_urlsafe(32)))
    """The keys of the sample Maps account at the start."""
    operator_secret: str = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False)
    """The secret with which the administrators of the tenant sign in."""
    tenant: Tenant = field(default_factory=Tenant)
    grants: Grants = field(default_factory=Grants)
    mint: Mint = field(default_factory=Mint)
    switchboard: Switchboard = field(default_factory=Switchboard)
    challenges: Challenges = field(default_factory=Challenges)
    throttle: GuessThrottle = field(default_factory=GuessThrottle)
    ledger: UsageLedger = field(default_factory=UsageLedger)

    def __post_init__(self) -> None:
        self.renew_tenant()

    def renew_tenant(self, *, empty: bool = False) -> None:
        """Restore the tenant of the start, or one in which nothing was provisioned."""
        self.tenant = empty_tenant() if empty else sample_tenant(replace(self.first_keys))

    @property
    def graph_url(self) -> str:
        """The address of Microsoft Graph: another host name, because `az` tells services apart by it."""
        return self.base_url.replace("localhost", "127.0.0.1")

    @property
    def subscription_keys(self) -> tuple[str, str]:
        """The keys of the sample Maps account; empty where there is none."""
        keys = self.tenant.keys.get(MAPS_ID.lower(), Keys("", ""))
        return keys.primary, keys.secondary

    @property
    def authority(self) -> str:
        """The authority of the one tenant."""
        return f"{self.base_url}/{TENANT_ID}"

    def regenerate_key(self, name: str) -> str:
        """Make a new "primary" or "secondary" key of the sample Maps account and return it; the former one is refused.

        Raises:
            DataError: there is no key of that name.
        """
        keys = self.tenant.keys.get(MAPS_ID.lower())
        if keys is None or name not in ("primary", "secondary"):
            raise DataError("keys", "key must be primary or secondary")
        return keys.renew(name, self.http_date())

    def now(self) -> float:
        """Monotonic seconds, for deadlines."""
        return self.clock.monotonic() + self.settings.time_passed_s

    def wall(self, extra_skew_s: float = 0.0) -> float:
        """The wall clock of this cloud in seconds since 1970."""
        return self.clock.wall() + self.settings.time_passed_s + self.settings.clock_skew_s + extra_skew_s

    def http_date(self, extra_skew_s: float = 0.0) -> str:
        """The wall clock as the value of a Date header."""
        return email.utils.formatdate(self.wall(extra_skew_s), usegmt=True)
