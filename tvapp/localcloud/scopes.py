"""Splits the `scope` of a token request into a resource and its permissions, as Entra does."""

from __future__ import annotations

from dataclasses import dataclass

from tvapp.localcloud.tokens import GRAPH, MANAGEMENT, MAPS, STORAGE

OPENID_SCOPES = frozenset({"openid", "profile", "offline_access", "email"})
AUDIENCES = {
    "https://atlas.microsoft.com": MAPS,
    "ba1ea022-5807-41d5-bbeb-292c7e1cf5f6": MAPS,
    "https://storage.azure.com": STORAGE,
    "e406a681-f3d4-42a8-90b6-c2b029497af1": STORAGE,
    "https://management.azure.com": MANAGEMENT,
    "797f4846-ba00-4fd7-ba43-dac1f8f63013": MANAGEMENT,
    "https://graph.microsoft.com": GRAPH,
    "00000003-0000-0000-c000-000000000000": GRAPH,
}
BLOB_HOSTS = ".blob.core.windows.net"
PERMISSIONS = {MAPS: "user_impersonation", STORAGE: "user_impersonation", MANAGEMENT: "user_impersonation",
               GRAPH: "User.Read"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Scopes:
    """The parsed `scope` of a request."""

    openid: frozenset[str]
    audience: str
    permissions: str
    granted: str
    """The `scope` of the answer."""

    @property
    def is_management(self) -> bool:
        """Tell whether the resource is Azure Resource Manager."""
        return self.audience.rstrip("/") == MANAGEMENT

    @property
    def is_storage(self) -> bool:
        """Tell whether the resource is Azure Storage: all of it, or one account's blobs."""
        bare = self.audience.rstrip("/")
        return bare == STORAGE or bare.endswith(BLOB_HOSTS)


@dataclass(frozen=True, slots=True)
class BadScope(Exception):
    """The tenant cannot serve this scope; `aadsts` tells why."""

    aadsts: int
    detail: str = ""


def parse_scopes(text: str) -> Scopes:
    """Parse a space-separated scope.

    Raises:
        BadScope: malformed, of an unknown resource, or of more than one.

    >>> parse_scopes("https://atlas.microsoft.com/.default openid").audience
    'https://atlas.microsoft.com'
    """
    words = text.split()
    openid = frozenset(word for word in words if word in OPENID_SCOPES)
    resources: dict[str, list[str]] = {}
    for word in words:
        if word in OPENID_SCOPES:
            continue
        resource, slash, permission = word.rpartition("/")
        if not slash:
            resource, permission = GRAPH, word
        if not permission or "://" not in resource + "://" or any(c in word for c in "\"'<>\\"):
            raise BadScope(70011, f"The scope {word[:80]} is not valid.")
        resources.setdefault(resource, []).append(permission)
    if len({resource.rstrip("/") for resource in resources}) > 1:
        raise BadScope(700022)
    if not resources:
        return Scopes(openid, GRAPH, "openid profile", " ".join(sorted(openid)))
    resource, permissions = next(iter(resources.items()))
    audience = _audience(resource)
    if ".default" in permissions:
        permissions = [PERMISSIONS.get(audience.rstrip("/"), "user_impersonation")]
    elif audience.rstrip("/") != GRAPH and permissions != ["user_impersonation"]:
        raise BadScope(65005, f"The resource does not know the permission {permissions[0][:80]}.")
    granted = [f"{resource.rstrip('/')}/{permission}" for permission in permissions]
    return Scopes(openid, audience, " ".join(permissions), " ".join(granted))


def _audience(resource: str) -> str:
    bare = resource.rstrip("/")
    if bare.startswith("https://") and bare.endswith(BLOB_HOSTS):
        return bare
    audience = AUDIENCES.get(bare)
    if audience is None:
        raise BadScope(500011, f"The resource principal named {bare[:80]} was not found.")
    # "https://atlas.microsoft.com//.default" asks for an audience that ends with a slash.
    return audience + "/" if resource.endswith("/") else audience
