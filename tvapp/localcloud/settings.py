"""The settings of the local cloud, given at start or later through the control API."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace

from tvapp.core.errors import DataError


@dataclass(frozen=True, slots=True)
class Settings:
    """Lasting behaviour; `faults.Switchboard` has single failures."""

    code_lifetime_s: int = 900
    """`expires_in` of a device code."""
    interval_s: int = 2
    """`interval` of a device code (Entra: 5; shorter here, so that the demo is quick)."""
    enforce_interval: bool = True
    """Answer `slow_down` to polls sooner than `interval_s`."""
    user_code_length: int = 9
    verification_uri: str = ""
    """Sent instead of the page's real address."""
    token_lifetime_s: int = 3600
    """`expires_in` of an access token."""
    cae_token_lifetime_s: int = 0
    """The same for clients that understand claims challenges (Entra: up to 28 hours); 0: no difference."""
    issue_refresh_tokens: bool = True
    storage_consent: bool = True
    """Whether an administrator consented to Azure Storage for everybody. False: a refresh token opens it for those only
    who have allowed it themselves, with a code that asks for it."""
    management_consent: bool = True
    """Whether an administrator consented to Azure Resource Manager for everybody."""
    clock_skew_s: float = 0.0
    """How far this cloud's clock is ahead of its clients': Date headers and token times."""
    time_passed_s: float = 0.0
    """The time by which this cloud is ahead of the machine, for tests in which days pass in seconds."""
    tile_latency_ms: int = 0
    """The latency added to each tile."""
    cache_headers: bool = True
    """Cache-Control and ETag on tiles."""
    tile_max_age_s: int = 86400
    """max-age of base tiles; overlays have a shorter one of their own."""
    tile_epoch: int = 0
    """Part of each tile's ETag: a new value changes every tile."""
    operation_polls: int = 2
    """How many times an operation says NotStarted, then Running, before it has ended."""
    operations_end: bool = True
    """False: no operation ever ends."""
    operation_failure: str = ""
    """The reason for which every operation fails; empty: only invalid uploads fail."""
    storage_limit_bytes: int = 1 << 30
    """mapData answers 409 beyond this."""
    local_auth: bool = True
    """Whether subscription keys are accepted (`disableLocalAuth` is the opposite)."""
    primary_key_valid: bool = True
    secondary_key_valid: bool = True
    """False: that key was regenerated."""
    metrics_empty: bool = False
    """Azure Monitor has no series."""
    metrics_failing: str = ""
    """Names of metrics, with commas, that Azure Monitor cannot read: an error inside a 200."""
    metrics_lag_s: float = 0.0
    """How long it takes until a request counts (Azure: minutes)."""
    sign_in_throttle: bool = True
    """Refuse further user codes from an address after ten wrong ones in a minute."""


def changed(settings: Settings, values: Mapping[str, object]) -> Settings:
    """Return `settings` with some values replaced.

    Raises:
        DataError: an unknown name, or a value of the wrong type or range.
    """
    kinds = {field.name: type(getattr(settings, field.name)) for field in fields(settings)}
    checked: dict[str, object] = {}
    for name, value in values.items():
        kind = kinds.get(name)
        if kind is None:
            raise DataError("settings", f"no {name!r}; there are: {', '.join(kinds)}")
        if kind is float and isinstance(value, int) and not isinstance(value, bool):
            checked[name] = float(value)  # JSON writes 3.0 as 3
            continue
        if type(value) is not kind:
            raise DataError("settings", f"{name} must be {kind.__name__}, not {type(value).__name__}")
        if isinstance(value, int) and not isinstance(value, bool) and value < 0:
            raise DataError("settings", f"{name} must not be negative")
        checked[name] = value
    # A client that is told to wait 0 seconds polls without pause.
    if checked.get("interval_s") == 0:
        raise DataError("settings", "interval_s must be at least 1")
    return replace(settings, **checked)  # type: ignore[arg-type]
