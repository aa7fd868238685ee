"""Derives the identity provider from the configuration: its authority, its name, and the resources of scopes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from tvapp.config.load import STORAGE_SCOPE
from tvapp.config.model import Identity
from tvapp.core.urls import host_of, origin_of

LOGIN_HOSTS = {
    "public": "login.microsoftonline.com",
    "us-government": "login.microsoftonline.us",
    "china": "login.partner.microsoftonline.cn",
}


ALIASES: tuple[frozenset[str], ...] = (
    frozenset({"login.microsoftonline.com", "login.windows.net", "login.microsoft.com", "sts.windows.net"}),
    frozenset({"login.microsoftonline.us", "login.usgovcloudapi.net"}),
    frozenset({"login.partner.microsoftonline.cn", "login.chinacloudapi.cn"}),
)
"""The names that Entra ID has in each cloud."""


@dataclass(frozen=True, slots=True)
class Provider:
    """An identity provider, and where codes and tokens may be sent to."""

    authority: str
    is_oidc: bool = False
    further_origins: tuple[str, ...] = ()
    """Origins other than the authority's that may have its endpoints, such as "https://oauth2.googleapis.com"."""

    def may_be_at(self, endpoint: str) -> bool:
        """Tell whether an endpoint that discovery named may be sent codes and tokens.

        >>> Provider("https://login.microsoftonline.com/contoso.com").may_be_at("https://evil.example/token")
        False
        """
        own, found = origin_of(self.authority), origin_of(endpoint)
        if not found.startswith("https://"):
            return False
        if found in (own, *map(origin_of, self.further_origins)):
            return True
        host, other = host_of(self.authority), host_of(endpoint)
        is_alias = not self.is_oidc and any({host, other} <= names for names in ALIASES)
        return is_alias and found == own.replace(host, other)


def provider_of(identity: Identity) -> Provider:
    """Return the provider that the configuration names."""
    return Provider(authority(identity), bool(identity.oidc_authority), identity.oidc_endpoints)


def authority(identity: Identity) -> str:
    """Return the authority's address.

    >>> authority(Identity(tenant="contoso.com"))
    'https://login.microsoftonline.com/contoso.com'
    """
    chosen = identity.oidc_authority or identity.authority
    return (chosen or f"https://{LOGIN_HOSTS[identity.cloud]}/{identity.tenant}").rstrip("/")


def organisation(identity: Identity) -> str:
    """Return the name of the organisation before anybody has signed in."""
    return identity.organisation or identity.tenant or urlsplit(authority(identity)).hostname or ""


def first_resource(scopes: Sequence[str]) -> tuple[str, ...]:
    """Return the scopes of the first resource: a code is for one resource at a time (AADSTS700022).

    >>> first_resource(["https://a.example/one", "https://b.example/two", "https://a.example/three"])
    ('https://a.example/one', 'https://a.example/three')
    """
    if not scopes:
        return ()
    return tuple(scope for scope in scopes if resource(scope) == resource(scopes[0]))


def resource(scope: str) -> str:
    """Return the resource that a scope (or the first of several) belongs to.

    >>> resource("https://atlas.microsoft.com/user_impersonation")
    'https://atlas.microsoft.com'
    """
    parts = urlsplit(scope.lstrip().partition(" ")[0])
    return f"{parts.scheme}://{parts.netloc}" if parts.netloc else ""


def storage_scope(identity: Identity, container_url: str) -> str:
    """Return the scope for geofences in Blob Storage: one of the configured scopes if it is for the storage.

    That is one of Azure Storage, or of the account that has the container (azure-facts 1.8, 6).

    >>> storage_scope(Identity(), "https://acct.blob.core.windows.net/fences")
    'https://storage.azure.com/user_impersonation'
    """
    own = (resource(STORAGE_SCOPE), resource(container_url))
    return next((scope for scope in identity.scopes if resource(scope) in own), STORAGE_SCOPE)


def resource_name(scope: str) -> str:
    """Return a name for what a scope gives access to: its resource, or the scope itself where it has none."""
    return resource(scope) or scope
