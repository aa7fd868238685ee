"""The identity provider of a configuration: its address, its name, the resources of scopes."""

from __future__ import annotations

import pytest

from tvapp.auth.provider import (
    Provider,
    authority,
    first_resource,
    organisation,
    resource,
    resource_name,
    storage_scope,
)
from tvapp.config.model import Identity

ENTRA = Identity(tenant="contoso.com")


@pytest.mark.parametrize(
    ("identity", "expected"),
    [
        (ENTRA, "https://login.microsoftonline.com/contoso.com"),
        (Identity(tenant="contoso.com", cloud="us-government"), "https://login.microsoftonline.us/contoso.com"),
        (Identity(tenant="contoso.com", cloud="china"), "https://login.partner.microsoftonline.cn/contoso.com"),
        (Identity(tenant="contoso.com", authority="https://idp.example/t/"), "https://idp.example/t"),
        (Identity(tenant="contoso.com", oidc_authority="https://oidc.example/"), "https://oidc.example"),
    ],
)
def test_the_authority_is_the_configured_one_or_the_tenant_in_its_cloud(identity: Identity, expected: str) -> None:
    assert authority(identity) == expected


@pytest.mark.parametrize(
    ("identity", "expected"),
    [
        (Identity(tenant="contoso.com", organisation="Contoso"), "Contoso"),
        (ENTRA, "contoso.com"),
        (Identity(oidc_authority="https://oidc.example/realm"), "oidc.example"),
        (Identity(oidc_authority="nonsense"), ""),
    ],
)
def test_an_organisation_without_a_name_is_called_by_its_tenant_or_its_host(identity: Identity, expected: str) -> None:
    assert organisation(identity) == expected


def test_a_code_is_for_the_scopes_of_one_resource() -> None:
    first, other, third = "https://a.example/one", "https://b.example/two", "https://a.example/three"
    assert first_resource([first, other, third]) == (first, third)
    assert first_resource([other, first]) == (other,)
    assert first_resource([]) == ()
    assert first_resource(["openid", "profile", first]) == ("openid", "profile")


@pytest.mark.parametrize(
    ("scope", "of", "name"),
    [
        ("https://a.example/one", "https://a.example", "https://a.example"),
        ("https://a.example/one https://b.example/two", "https://a.example", "https://a.example"),
        (" https://a.example/one", "https://a.example", "https://a.example"),
        ("openid", "", "openid"),
        ("", "", ""),
    ],
)
def test_a_scope_belongs_to_its_host_or_stands_for_itself(scope: str, of: str, name: str) -> None:
    assert (resource(scope), resource_name(scope)) == (of, name)


@pytest.mark.parametrize(
    ("authority", "endpoint", "expected"),
    [
        (
            "https://login.microsoftonline.com/contoso.com",
            "https://login.microsoftonline.com/x/oauth2/v2.0/token",
            True,
        ),
        ("https://login.microsoftonline.com/contoso.com", "https://login.microsoftonline.com:443/token", True),
        ("https://login.microsoftonline.com/contoso.com", "https://login.windows.net/token", True),
        ("https://login.microsoftonline.com/contoso.com", "https://login.windows.net:8443/token", False),
        ("https://login.microsoftonline.com/contoso.com", "https://login.microsoftonline.us/token", False),
        ("https://login.microsoftonline.com/contoso.com", "http://login.microsoftonline.com/token", False),
        ("https://login.microsoftonline.com/contoso.com", "https://login.microsoftonline.com.evil.example/", False),
        ("https://login.microsoftonline.com/contoso.com", "https://login.microsoftonline.com@evil.example/", False),
        ("https://login.partner.microsoftonline.cn/contoso.cn", "https://login.chinacloudapi.cn/token", True),
        ("https://login.example.com:8443/tenant", "https://login.example.com:8443/token", True),
        ("https://login.example.com:8443/tenant", "https://login.example.com/token", False),
        ("https://login.example.com/tenant", "https://sts.windows.net/token", False),
        ("https://login.example.com/tenant", "https://[::1", False),
        ("https://login.example.com/tenant", "", False),
    ],
)
def test_codes_and_tokens_are_sent_to_the_authoritys_own_origin(authority: str, endpoint: str, expected: bool) -> None:
    assert Provider(authority).may_be_at(endpoint) is expected


def test_an_openid_provider_has_the_configured_origins_too_and_no_aliases() -> None:
    google = Provider("https://accounts.google.com", True, ("https://oauth2.googleapis.com",))
    assert google.may_be_at("https://oauth2.googleapis.com/device/code")
    assert google.may_be_at("https://accounts.google.com/token")
    assert not google.may_be_at("https://googleapis.com/token")
    assert not Provider("https://login.windows.net/x", True).may_be_at("https://login.microsoftonline.com/x")


@pytest.mark.parametrize(
    ("scopes", "expected"),
    [
        ((), "https://storage.azure.com/user_impersonation"),
        (("https://atlas.microsoft.com/.default",), "https://storage.azure.com/user_impersonation"),
        (
            ("https://atlas.microsoft.com/.default", "https://storage.azure.com/.default"),
            "https://storage.azure.com/.default",
        ),
        (("https://acct.blob.core.usgovcloudapi.net/.default",), "https://acct.blob.core.usgovcloudapi.net/.default"),
        (("https://other.blob.core.usgovcloudapi.net/.default",), "https://storage.azure.com/user_impersonation"),
    ],
)
def test_the_scope_of_the_storage_may_be_configured(scopes: tuple[str, ...], expected: str) -> None:
    url = "https://acct.blob.core.usgovcloudapi.net/fences"
    assert storage_scope(Identity(scopes=scopes), url) == expected
