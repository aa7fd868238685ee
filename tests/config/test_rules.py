"""What each setting allows, up to its limits; and which settings need each other."""

from __future__ import annotations

import base64
from dataclasses import replace
from pathlib import Path

import pytest

from tvapp.config.checks import A_GUID, LONGEST_NAME, MOST_KINDS
from tvapp.config.model import Config, Found, Geofences, Home, Identity, Maps
from tvapp.config.rules import LONGEST_FOUND, check_together, check_value
from tvapp.core.errors import ConfigError

BASE = Path("/etc/tvapp")
GUID = "11111111-2222-3333-4444-555555555555"
KEY = base64.urlsafe_b64encode(bytes(range(224, 256))).decode()
RESOURCE = f"/subscriptions/{GUID}/resourceGroups/map-screens(test)/providers/Microsoft.Maps/accounts/maps.one"
KEYED = Config(
    maps=Maps(auth="shared-key", subscription_keys=("key-of-maps",)), geofences=Geofences(store="folder", path="/f")
)
ACCOUNT = Config(
    identity=Identity(tenant="contoso.com", client_id=GUID),
    maps=Maps(client_id=GUID),
    geofences=Geofences(store="map-data"),
)


def value_of(key: str, written: object) -> object:
    value, error = check_value(key, Found(written, "config.toml"), BASE)
    assert error is None, str(error)
    return value


def error_of(key: str, written: object, *, in_environment: bool = False) -> ConfigError:
    _, error = check_value(key, Found(written, "config.toml", in_environment), BASE)
    assert error is not None
    return error


@pytest.mark.parametrize(
    ("key", "written", "value"),
    [
        ("geofences.refresh_s", 5, 5.0),
        ("geofences.refresh_s", 86_400, 86_400.0),
        ("kiosk.dim_after_min", 0, 0.0),
        ("kiosk.dim_after_min", 10_080, 10_080.0),
        ("maps.style", "dark", "microsoft.base.darkgrey"),
        ("maps.style", "microsoft.imagery", "microsoft.imagery"),
        ("maps.view", "IN", "IN"),
        ("maps.view", "Auto", "Auto"),
        ("maps.client_id", f" {GUID.upper()} ", GUID.upper()),
        ("maps.client_id", "", ""),
        ("maps.endpoint", " https://atlas.microsoft.com/ ", "https://atlas.microsoft.com"),
        ("maps.endpoint", "", ""),
        ("maps.subscription_keys", ["12345678", "87654321"], ("12345678", "87654321")),
        ("identity.token_key", [KEY], (KEY,)),
        ("identity.token_key", [KEY.replace("-", "+").replace("_", "/"), KEY], (KEY, KEY)),
        ("maps.resource_id", f"{RESOURCE}/", f"{RESOURCE}/"),
        ("maps.resource_id", RESOURCE.lower(), RESOURCE.lower()),
        ("maps.resource_id", "", ""),
        ("usage.endpoint", "https://management.example:8443/", "https://management.example:8443"),
        ("usage.price_per_thousand", 4.5, {"": 4.5}),
        ("usage.price_per_thousand", 0, {"": 0.0}),
        ("usage.price_per_thousand", {"base": 4.5, "weather": 2}, {"base": 4.5, "weather": 2.0}),
        ("usage.currency", "EUR", "EUR"),
        ("identity.tenant", "common", "common"),
        ("identity.tenant", "organizations", "organizations"),
        ("identity.tenant", GUID, GUID),
        ("identity.tenant", "a.fi", "a.fi"),
        ("identity.authority", "https://login.example.com/t/", "https://login.example.com/t"),
        ("identity.ca_bundle", "", ""),
        ("geofences.urls", ["https://example.com/a.geojson?sig=x/"], ("https://example.com/a.geojson?sig=x/",)),
        ("geofences.path", "fences", "/etc/tvapp/fences"),
        ("geofences.path", "/srv/fences", "/srv/fences"),
        ("kiosk.language", "fi-FI", "fi-FI"),
        ("kiosk.fullscreen", False, False),
        ("kiosk.lock", "", ""),
        ("kiosk.awake", ["mon-fri 07:00-18:00"], ("mon-fri 07:00-18:00",)),
        ("remote.devices", ["/dev/input/event3"], ("/dev/input/event3",)),
        ("remote.keys", {"red": "back"}, {"red": "back"}),
        ("view.home", {"longitude": -180, "latitude": 85.05, "zoom": 22}, Home(-180.0, 85.05, 22.0)),
        ("view.home", {"longitude": 180, "latitude": -85.05}, Home(180.0, -85.05, 14.0)),
        ("geofences.kinds", ["depot"], {"depot": {}}),
        ("geofences.kinds", {"depot": "Lager"}, {"depot": {"": "Lager"}}),
        ("geofences.kinds", {"berth": {"fi": "Laituri"}}, {"berth": {"fi": "Laituri"}}),
        ("geofences.kinds", ["x" * LONGEST_NAME], {"x" * LONGEST_NAME: {}}),
    ],
)  # fmt: skip
def test_what_is_allowed_is_taken_up_to_its_limits(key: str, written: object, value: object) -> None:
    assert value_of(key, written) == value


@pytest.mark.parametrize(
    ("key", "written"),
    [
        ("maps.resource_id", GUID),
        ("maps.resource_id", f"https://management.azure.com{RESOURCE}"),
        ("maps.resource_id", RESOURCE.replace("Microsoft.Maps", "Microsoft.Storage")),
        ("maps.resource_id", f"{RESOURCE}?a=b"),
        ("maps.resource_id", f"{RESOURCE}/creators/x"),
        ("maps.resource_id", RESOURCE.replace("map-screens(test)", "a/../b")),
        ("usage.endpoint", "https://management.example/path"),
        ("usage.endpoint", "http://management.example"),
        ("usage.price_per_thousand", -1),
        ("usage.price_per_thousand", "4.5"),
        ("usage.price_per_thousand", float("nan")),
        ("usage.price_per_thousand", True),
        ("usage.price_per_thousand", {"steam": 4.5}),
        ("usage.price_per_thousand", {"": 4.5}),
        ("usage.price_per_thousand", {"base": "4.5"}),
        ("usage.currency", "US Dollars"),
        ("geofences.refresh_s", 4.99),
        ("geofences.refresh_s", 86_400.5),
        ("geofences.refresh_s", True),
        ("geofences.refresh_s", "60"),
        ("geofences.refresh_s", float("nan")),
        ("kiosk.dim_after_min", -0.1),
        ("kiosk.fullscreen", 1),
        ("maps.view", "in"),
        ("maps.view", "USA"),
        ("maps.client_id", GUID[:-1]),
        ("maps.client_id", f"{GUID}\n{GUID}"),
        ("maps.endpoint", "http://atlas.microsoft.com"),
        ("maps.endpoint", "https://"),
        ("maps.endpoint", "https://a/b"),
        ("maps.endpoint", "https://a#b"),
        ("maps.endpoint", "https://a?b"),
        ("maps.endpoint", "https://:pw@a"),
        ("maps.endpoint", "https://a:99999"),
        ("maps.endpoint", "https://[a"),
        ("maps.endpoint", "https://a\u200eb"),
        ("maps.endpoint", 5),
        ("maps.subscription_keys", ["1234567"]),
        ("maps.subscription_keys", ["12345678"] * 3),
        ("maps.subscription_keys", [""]),
        ("maps.subscription_keys", "12345678"),
        ("identity.token_key", KEY),
        ("identity.token_key", [KEY[4:]]),
        ("identity.token_key", [f"{KEY}="]),
        ("identity.token_key", ["a secret pass phrase of some length, but no key"]),
        ("identity.token_key", [5]),
        ("identity.token_key", [KEY] * 9),
        ("identity.tenant", "contoso"),
        ("identity.tenant", "-contoso.com"),
        ("identity.tenant", "contoso-.com"),
        ("identity.tenant", "contoso.c"),
        ("identity.tenant", "a." * 130 + "com"),
        ("identity.authority", "https://login.example.com/"),
        ("geofences.container_url", "https://a.blob.core.windows.net/c?sig=x"),
        ("geofences.path", "a\0b"),
        ("geofences.path", "~nobody-by-this-name/fences"),
        ("geofences.path", 5),
        ("geofences.urls", ["https://example.com"] * 101),
        ("kiosk.language", "EN"),
        ("kiosk.awake", ["all day"]),
        ("kiosk.awake", [5]),
        ("remote.devices", ["event3"]),
        ("remote.devices", ["/dev/\0"]),
        ("remote.keys", ["red"]),
        ("remote.keys", {"red": 5}),
        ("view.home", {"longitude": 180.1, "latitude": 0}),
        ("view.home", {"longitude": 0, "latitude": -85.06}),
        ("view.home", {"longitude": 0, "latitude": 0, "zoom": 22.5}),
        ("view.home", {"longitude": 0, "latitude": 0, "height": 1}),
        ("view.home", {"longitude": 0, "zoom": 1}),
        ("geofences.kinds", "depot"),
        ("geofences.kinds", [""]),
        ("geofences.kinds", [" depot"]),
        ("geofences.kinds", ["\u200d"]),
        ("geofences.kinds", [5]),
        ("geofences.kinds", ["x" * (LONGEST_NAME + 1)]),
        ("geofences.kinds", ["depot", "Depot"]),
        ("geofences.kinds", ["depot", "depot"]),
        ("geofences.kinds", [f"kind {number}" for number in range(MOST_KINDS + 1)]),
        ("geofences.kinds", {"depot": 5}),
        ("geofences.kinds", {"depot": {"EN": "Depot"}}),
        ("geofences.kinds", {"depot": {"en": ""}}),
    ],
)
def test_what_is_beyond_the_limits_is_refused_and_the_key_is_named(key: str, written: object) -> None:
    error = error_of(key, written)
    assert (error.source, error.key) == ("config.toml", key)
    assert error.allowed


@pytest.mark.parametrize(
    ("key", "text", "value"),
    [
        ("kiosk.fullscreen", " NO ", False),
        ("kiosk.fullscreen", "on", True),
        ("geofences.refresh_s", "7.5", 7.5),
        ("usage.price_per_thousand", "4.5", {"": 4.5}),
        ("usage.price_per_thousand", "{ base = 4.5 }", {"base": 4.5}),
        ("geofences.urls", "https://a.example/x , ,https://b.example/y", ("https://a.example/x", "https://b.example/y")),
        ("geofences.urls", ' ["https://a.example/x"]', ("https://a.example/x",)),
        ("geofences.kinds", "depot, school", {"depot": {}, "school": {}}),
        ("geofences.kinds", '{ depot = "Lager" }', {"depot": {"": "Lager"}}),
        ("geofences.kinds", '{"depot": {"en": "Depot"}}', {"depot": {"en": "Depot"}}),
        ("view.home", "{ longitude = 1, latitude = 2 }", Home(1.0, 2.0, 14.0)),
        ("view.home", '{"longitude": 1, "latitude": 2}', Home(1.0, 2.0, 14.0)),
    ],
)  # fmt: skip
def test_the_text_of_a_variable_is_read_as_the_setting_wants_it(key: str, text: str, value: object) -> None:
    found, error = check_value(key, Found(text, "TVAPP_X", in_environment=True), BASE)
    assert (found, error) == (value, None)


@pytest.mark.parametrize(
    ("key", "written", "found"),
    [
        ("kiosk.units", "x" * LONGEST_FOUND, '"' + "x" * LONGEST_FOUND + '"'),
        ("kiosk.units", "x" * (LONGEST_FOUND + 1), '"' + "x" * LONGEST_FOUND + '..."'),
        ("kiosk.units", "a\nb", '"a\N{REPLACEMENT CHARACTER}b"'),
        ("kiosk.units", "https://a?sig=SECRET", '"https://a?..."'),
        ("kiosk.units", ["a", 1, True], '["a", 1, true]'),
        ("kiosk.units", ["a", "b", "c", "d"], '["a", "b", "c", ...]'),
        ("kiosk.units", {"a": 1, "b": 2, "c": 3, "d": 4, "e": 5}, "{ a = 1, b = 2, c = 3, d = 4 }"),
        ("kiosk.units", float("inf"), "not a number"),
        ("kiosk.units", object(), "a object"),
        ("kiosk.lock", "secret", "a text of 6 characters"),
        ("maps.subscription_keys", ["a", "b", "c"], "a list of 3"),
        ("maps.subscription_keys", {"a": "b"}, "a table that is no reference to a secret"),
    ],
)
def test_what_was_found_is_shown_short_and_without_secrets(key: str, written: object, found: str) -> None:
    assert error_of(key, written).found == found


def test_what_was_found_in_a_variable_is_shown_without_quotes_and_with_its_name() -> None:
    _, error = check_value("kiosk.units", Found("miles", "TVAPP_KIOSK_UNITS", in_environment=True), BASE)
    assert str(error) == 'TVAPP_KIOSK_UNITS (environment): kiosk.units: found miles; allowed: "metric", "imperial"'


def missing(config: Config, *wrong: str) -> list[tuple[str, str]]:
    errors = check_together(config, wrong, "config.toml")
    assert all(error.allowed and error.source == "config.toml" for error in errors)
    return [(error.key, error.found) for error in errors]


def test_complete_settings_lack_nothing() -> None:
    assert missing(KEYED) == []
    assert missing(ACCOUNT) == []


def test_a_key_that_was_wrong_is_not_said_to_be_missing_as_well() -> None:
    bare = Config()
    assert [key for key, _ in missing(bare)] == [
        "geofences.store", "maps.client_id", "identity.client_id", "identity.tenant",
    ]  # fmt: skip
    assert [key for key, _ in missing(bare, "geofences.store", "maps.client_id")] == []
    assert [key for key, _ in missing(bare, "maps.auth")] == ["geofences.store"]
    for issuer in ("identity.authority", "identity.oidc_authority"):
        assert [key for key, _ in missing(bare, issuer)] == ["geofences.store", "maps.client_id", "identity.client_id"]


@pytest.mark.parametrize(
    ("config", "key"),
    [
        (replace(KEYED, geofences=Geofences(store="folder")), "geofences.path"),
        (replace(KEYED, geofences=Geofences(store="url")), "geofences.urls"),
        (replace(KEYED, maps=Maps(auth="shared-key")), "maps.subscription_keys"),
        (replace(ACCOUNT, geofences=Geofences(store="blob")), "geofences.container_url"),
        (replace(ACCOUNT, maps=Maps()), "maps.client_id"),
    ],
)
def test_each_store_and_each_way_to_the_map_has_a_key_of_its_own(config: Config, key: str) -> None:
    assert missing(config) == [(key, "nothing")]


def test_each_kind_of_issuer_will_do_but_not_two_of_them() -> None:
    for identity in (
        Identity(client_id=GUID, authority="https://a/t"),
        Identity(client_id=GUID, oidc_authority="https://a"),
    ):
        assert missing(replace(ACCOUNT, identity=identity)) == []
    both = Identity(client_id=GUID, authority="https://a/t", oidc_authority="https://a")
    assert missing(replace(ACCOUNT, identity=both)) == [("identity.oidc_authority", "authority as well")]
    alone = Identity(client_id=GUID, tenant="contoso.com", oidc_endpoints=("https://a",))
    assert missing(replace(ACCOUNT, identity=alone)) == [("identity.oidc_endpoints", "no oidc_authority")]


def test_a_client_id_is_a_guid_unless_another_provider_gave_it() -> None:
    named = Identity(tenant="contoso.com", client_id="my-app")
    (error,) = check_together(replace(ACCOUNT, identity=named), (), "config.toml")
    assert (error.key, error.found, error.allowed) == ("identity.client_id", '"my-app"', A_GUID)
    assert missing(replace(ACCOUNT, identity=named), "identity.client_id") == []
    other = Identity(oidc_authority="https://a", client_id="my-app")
    assert missing(replace(ACCOUNT, identity=other)) == []
