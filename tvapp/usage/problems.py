"""Why the usage of the account cannot be shown, as a value: each kind has its own words and remedy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

Kind = Literal[
    # the configuration
    "no-resource",  # [maps] resource_id is not set
    "no-account",  # nobody signs in at this screen: a subscription key opens the map
    "not-azure",  # the sign-in is that of another provider
    # the sign-in
    "signed-out",
    "session-ended",
    "consent",  # for Azure Resource Manager, by an administrator
    "more-proof",  # a policy demands another factor for managing Azure
    "policy",  # Conditional Access blocks it
    "sign-in",  # any other refusal of a token
    # Azure Resource Manager
    "role",  # 403: Monitoring Reader is missing
    "token-refused",  # 401
    "not-found",  # no such account
    "bad-request",  # 400
    "metric",  # Azure Monitor could not read the metric
    "throttled",
    "service-down",
    "bad-reply",
    # the network
    "portal",
    "offline",
    "broken",  # a defect
]
KINDS: tuple[Kind, ...] = get_args(Kind)


@dataclass(frozen=True, slots=True)
class UsageProblem:
    """One problem, with what an administrator can look it up by. `code` is the service's own, `host` who said so."""

    kind: Kind
    code: str = ""
    host: str = ""
    status: int = 0
    aadsts: int = 0
    request_id: str = ""
    retry_after_s: float | None = None
