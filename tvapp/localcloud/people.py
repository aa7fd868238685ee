"""The sample people who can sign in to the local cloud, and the permissions of their Azure Maps roles."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Action = Literal["render/read", "data/read", "data/write", "data/delete"]

TENANT_ID = "6f1d2a3b-8c4e-4f50-9a61-7b2c3d4e5f60"
TENANT_DOMAIN = "contosoharbour.onmicrosoft.com"
ORGANISATION = "Contoso Harbour Works"

CLIENT_ID = "5c0ffee0-1111-4222-8333-444455556666"
"""The app registration that the app uses: a public client of this tenant only."""

CONFIDENTIAL_CLIENT_ID = "5c0ffee0-7000-4218-8333-444455556666"
"""A registration whose "Allow public client flows" is off: its polls end in AADSTS7000218."""

CLIENT_NAMES = {CLIENT_ID: "tvapp", CONFIDENTIAL_CLIENT_ID: "tvapp (misregistered)"}

MAPS_CLIENT_ID = "30d7cc00-0000-4000-8000-000000009f55"
"""`uniqueId` of the Azure Maps account: the value of the header x-ms-client-id."""

MAPS_RESOURCE_ID = (
    "/subscriptions/8a5f0000-1111-4222-8333-44445555aaaa/resourceGroups/map-screens"
    "/providers/Microsoft.Maps/accounts/contoso-harbour-maps"
)
"""The resource id of that account."""

OTHER_MAPS_CLIENT_ID = "30d7cc00-0000-4000-8000-00000000ffff"
"""Another existing account, in which none of these people has a role."""

ROLES: dict[str, frozenset[Action]] = {
    "Azure Maps Data Contributor": frozenset({"render/read", "data/read", "data/write", "data/delete"}),
    "Azure Maps Data Reader": frozenset({"render/read", "data/read"}),
    "Azure Maps Search and Render Data Reader": frozenset({"render/read"}),
}


@dataclass(frozen=True, slots=True)
class Person:
    """A work account. `key` is the short name used by forms and by the control API; `role` may be empty."""

    key: str
    given_name: str
    family_name: str
    job: str
    object_id: str
    role: str

    @property
    def name(self) -> str:
        """The display name."""
        return f"{self.given_name} {self.family_name}"

    @property
    def username(self) -> str:
        """The user principal name."""
        return f"{self.key}@{TENANT_DOMAIN}"

    def may(self, action: Action) -> bool:
        """Tell whether the person's role contains a data action of the Azure Maps account."""
        return action in ROLES.get(self.role, frozenset())


PEOPLE: tuple[Person, ...] = (
    Person(
        "aino",
        "Aino",
        "Virtanen",
        "Duty officer",
        "a1000000-0000-4000-8000-000000000001",
        "Azure Maps Data Contributor",
    ),
    Person("ben", "Ben", "Okafor", "Dispatcher", "b2000000-0000-4000-8000-000000000002", "Azure Maps Data Reader"),
    Person("carla", "Carla", "Mendes", "New colleague", "c3000000-0000-4000-8000-000000000003", ""),
)


def person_by_key(key: str) -> Person | None:
    """Find a person by short name or user name."""
    return next((person for person in PEOPLE if key in (person.key, person.username)), None)


def person_by_object_id(object_id: str) -> Person | None:
    """Find a person by the `oid` of a token."""
    return next((person for person in PEOPLE if person.object_id == object_id), None)
