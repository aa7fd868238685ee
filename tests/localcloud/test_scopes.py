"""How a scope becomes a resource and its permissions."""

from __future__ import annotations

import pytest

from tvapp.localcloud.scopes import BadScope, parse_scopes


@pytest.mark.parametrize(
    ("scope", "audience", "permissions"),
    [
        ("https://atlas.microsoft.com/user_impersonation", "https://atlas.microsoft.com", "user_impersonation"),
        ("https://atlas.microsoft.com/.default openid", "https://atlas.microsoft.com", "user_impersonation"),
        ("https://atlas.microsoft.com//.default", "https://atlas.microsoft.com/", "user_impersonation"),
        ("ba1ea022-5807-41d5-bbeb-292c7e1cf5f6/.default", "https://atlas.microsoft.com", "user_impersonation"),
        ("https://acct.blob.core.windows.net/.default", "https://acct.blob.core.windows.net", "user_impersonation"),
        ("https://management.azure.com/user_impersonation", "https://management.azure.com", "user_impersonation"),
        ("User.Read", "https://graph.microsoft.com", "User.Read"),
        ("openid profile", "https://graph.microsoft.com", "openid profile"),
    ],
)
def test_a_scope_names_one_resource(scope: str, audience: str, permissions: str) -> None:
    parsed = parse_scopes(scope)

    assert (parsed.audience, parsed.permissions) == (audience, permissions)


def test_openid_scopes_are_told_apart() -> None:
    parsed = parse_scopes("openid https://atlas.microsoft.com/user_impersonation offline_access profile")

    assert parsed.openid == {"openid", "offline_access", "profile"}
    assert parsed.granted == "https://atlas.microsoft.com/user_impersonation"


def test_storage_is_all_of_it_or_the_blobs_of_one_account() -> None:
    scopes = ("https://storage.azure.com//.default", "https://acct.blob.core.windows.net/.default", "User.Read")

    assert [parse_scopes(scope).is_storage for scope in scopes] == [True, True, False]


@pytest.mark.parametrize(
    ("scope", "number"),
    [
        ("https://atlas.microsoft.com/user_impersonation https://storage.azure.com/.default", 700022),
        ("https://atlas.microsoft.com/", 70011),
        ("https://nobody.example/x", 500011),
        ("https://storage.azure.com/Something.Else", 65005),
    ],
)
def test_other_scopes_are_refused(scope: str, number: int) -> None:
    with pytest.raises(BadScope) as caught:
        parse_scopes(scope)
    assert caught.value.aadsts == number
