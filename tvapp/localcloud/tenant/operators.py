"""The administrators of the tenant, who sign in to `az` as service principals with different rights."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tvapp.localcloud.tenant.roles import CONTRIBUTOR, OWNER, READER

APPLICATIONS, CONSENT, GROUPS, POLICIES = "applications", "consent", "groups", "policies"
READ = "read"


@dataclass(frozen=True, slots=True)
class Operator:
    """An administrator: roles at the subscription, and what may be done in the directory."""

    client_id: str
    object_id: str
    roles: tuple[str, ...]
    directory_roles: tuple[str, ...]


OPERATORS: Mapping[str, Operator] = {
    "owner": Operator(
        "0be7a700-0000-4000-8000-000000000001", "0be7a700-0000-4000-9000-000000000001",
        (OWNER,), (READ, APPLICATIONS, CONSENT, GROUPS, POLICIES),
    ),
    "contributor": Operator(
        "0be7a700-0000-4000-8000-000000000002", "0be7a700-0000-4000-9000-000000000002", (CONTRIBUTOR,), (READ,),
    ),
    "app-developer": Operator(
        "0be7a700-0000-4000-8000-000000000003", "0be7a700-0000-4000-9000-000000000003",
        (OWNER,), (READ, APPLICATIONS, GROUPS),
    ),
    "reader": Operator(
        "0be7a700-0000-4000-8000-000000000004", "0be7a700-0000-4000-9000-000000000004", (READER,), (READ,),
    ),
}  # fmt: skip
"""By the name that tests use."""


def operator_by_client(client_id: str) -> Operator | None:
    """Find an administrator by the client id."""
    return next((each for each in OPERATORS.values() if each.client_id == client_id), None)


def operator_by_object(object_id: str) -> Operator | None:
    """Find an administrator by the object id."""
    return next((each for each in OPERATORS.values() if each.object_id == object_id), None)
