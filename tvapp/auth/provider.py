"""Derives the identity provider from the configuration: its authority, its name, and the resources of scopes."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlsplit

from tvapp.config.model import Identity

LOGIN_HOSTS = {
    "public": "login.microsoftonline.com",
    "us-government": "login.microsoftonline.us",
    "china": "login.partner.microsoftonline.cn",
}


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


def resource_name(scope: str) -> str:
    """Return a name for what a scope gives access to: its resource, or the scope itself where it has none."""
    return resource(scope) or scope
