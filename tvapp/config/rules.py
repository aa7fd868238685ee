"""Says what each key allows, and which settings need each other; `config.checks` has the checks of single values."""

from __future__ import annotations

import math
import re
import shlex
import stat
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from types import MappingProxyType

from tvapp.config.checks import (
    A_GUID,
    A_RESOURCE_ID,
    GUID,
    LANGUAGE,
    MAP_VIEW,
    RESOURCE_ID,
    Check,
    WrongValue,
    address_check,
    check_device,
    check_exception,
    check_existing_file,
    check_home,
    check_hours,
    check_key_table,
    check_kinds,
    check_listen,
    check_lock,
    check_path,
    check_prices,
    check_proxy,
    check_tenant,
    check_token_key,
    check_truth,
    choice_check,
    list_check,
    number_check,
    text_check,
)
from tvapp.config.model import STYLES, Config, Found
from tvapp.config.secret_references import (
    ALLOWED,
    CredentialElsewhere,
    NoCredentials,
    UnusableSecret,
    holds_secret,
    refers,
    resolve,
)
from tvapp.core.errors import ConfigError
from tvapp.core.proxies import parse_proxy, without_credentials

LONGEST_FOUND = 80
SECRET_KEYS = frozenset(
    {"identity.token_key", "maps.subscription_keys", "kiosk.lock", "network.proxy", "network.proxy_password"}
)
"""Their values are never shown, and may be references to secrets."""
PROXY = "network.proxy"
"""An address that holds a secret only where it has credentials; it is shown without them."""
SECRET_LISTS = frozenset({"identity.token_key", "maps.subscription_keys"})


def check_value(
    key: str, found: Found, base: Path, environ: Mapping[str, str] = MappingProxyType({})
) -> tuple[object, ConfigError | None]:
    """Return the value for `key` in its final type, or the error in it. `environ` says where credentials are."""
    check, from_text = RULES[key]
    named = f"{found.source} (environment)" if found.in_environment else found.source
    try:
        value = from_text(str(found.value)) if found.in_environment else found.value
        if key in SECRET_KEYS and refers(value):
            value = _secret(key, value, base, environ)
        return check(value, base), None
    except NoCredentials as unusable:
        return None, CredentialElsewhere(named, key, unusable.found, unusable.allowed)
    except UnusableSecret as unusable:
        return None, ConfigError(named, key, unusable.found, unusable.allowed)
    except WrongValue as wrong:
        is_told = wrong.item is not None and key not in SECRET_KEYS
        shown = _shown(wrong.item) if is_told else shown_value(key, found)
        return None, ConfigError(named, key, shown, wrong.allowed)


def refers_to_secret(key: str, found: Found) -> bool:
    """Tell whether a value is a reference to a secret, or has one in it."""
    _, from_text = RULES[key]
    return key in SECRET_KEYS and refers(from_text(str(found.value)) if found.in_environment else found.value)


def shown_value(key: str, found: Found) -> str:
    """Return what was written, short and without secrets."""
    if key == PROXY and isinstance(found.value, str) and not refers(found.value):
        return _shown(without_credentials(found.value), quote=not found.in_environment)
    if key in SECRET_KEYS:
        return _shape(found.value)
    return _shown(found.value, quote=not found.in_environment)


def _secret(key: str, value: object, base: Path, environ: Mapping[str, str]) -> object:
    """Return the secrets that a value refers to. One reference in the place of a list stands for its lines."""
    secret = resolve(value, base, environ)
    return secret.split() if isinstance(value, dict) and key in SECRET_LISTS and isinstance(secret, str) else secret


def check_file(path: Path, written: Mapping[str, Found]) -> list[ConfigError]:
    """Report a file with secrets that every user of the machine can read or change; links are followed."""
    secrets = [key for key in sorted(SECRET_KEYS) if key in written and _is_secret(key, written[key].value)]
    if not secrets:
        return []
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
    except OSError:
        return []
    if not mode & (stat.S_IROTH | stat.S_IWOTH):
        return []
    may = "read" if mode & stat.S_IROTH else "change"
    found = f"a file that everybody on this machine can {may} (mode {mode:04o})"
    return [ConfigError(str(path), secrets[0], found, f"a private file: chmod o-rwx {shlex.quote(str(path))}")]


def _is_secret(key: str, value: object) -> bool:
    if key == PROXY and isinstance(value, str):
        return without_credentials(value) != value
    return holds_secret(value)


def check_together(config: Config, wrong: Iterable[str], source: str) -> list[ConfigError]:
    """Return errors for settings that are missing or exclude each other. Keys in `wrong` have been reported already."""
    skip = set(wrong)
    errors: list[ConfigError] = []

    def need(key: str, value: object, allowed: str) -> None:
        if not value and key not in skip:
            errors.append(ConfigError(source, key, "nothing", allowed))

    identity, maps, fences = config.identity, config.maps, config.geofences
    stores = '"blob", "map-data", "folder" or "url"; there is no default, the installer decides'
    need("geofences.store", fences.store, stores)
    if fences.store == "blob":
        need("geofences.container_url", fences.container_url, 'the address of the container, for store = "blob"')
    if fences.store == "folder":
        need("geofences.path", fences.path, 'the folder with the *.geojson files, for store = "folder"')
    if fences.store == "url":
        need("geofences.urls", fences.urls, 'at least one address, for store = "url"')
    need("maps.endpoint", maps.endpoint, f'the host of Azure Maps: none is known for cloud = "{identity.cloud}"')
    if maps.auth == "shared-key":
        need("maps.subscription_keys", maps.subscription_keys, 'one or two keys, for auth = "shared-key"')
    elif "maps.auth" not in skip:
        need("maps.client_id", maps.client_id, f'the client id of the Azure Maps account, for auth = "entra": {A_GUID}')
    if config.needs_sign_in and not skip & {"maps.auth", "geofences.store"}:
        need("identity.client_id", identity.client_id, f"the app registration's client id: {A_GUID}")
        if not skip & {"identity.authority", "identity.oidc_authority"}:
            issuer = identity.tenant or identity.authority or identity.oidc_authority
            need("identity.tenant", issuer, "a tenant, or authority, or oidc_authority")
    network = config.network
    if network.proxy_username and "network.proxy" not in skip:
        need("network.proxy", network.proxy, "the address of the proxy that knows proxy_username")
        if network.proxy and parse_proxy(network.proxy).username:
            errors.append(
                ConfigError(source, "network.proxy_username", "a name in proxy as well", "only one of the two")
            )
    if network.proxy_password and "network.proxy_username" not in skip:
        need("network.proxy_username", network.proxy_username, "the name that proxy_password belongs to")
    if identity.authority and identity.oidc_authority:
        both = ConfigError(source, "identity.oidc_authority", "authority as well", "only one of the two")
        errors.append(both)
    if identity.oidc_endpoints and not identity.oidc_authority:
        errors.append(ConfigError(source, "identity.oidc_endpoints", "no oidc_authority", "only together with that"))
    is_guid_wanted = identity.client_id and not identity.oidc_authority and "identity.client_id" not in skip
    if is_guid_wanted and not GUID.fullmatch(identity.client_id):
        errors.append(ConfigError(source, "identity.client_id", _shown(identity.client_id), A_GUID))
    return errors


def _as_text(text: str) -> object:
    return text


def _as_truth(text: str) -> object:
    words = {"true": True, "1": True, "yes": True, "on": True, "false": False, "0": False, "no": False, "off": False}
    return words.get(text.strip().lower(), text)


def _as_toml(text: str) -> object:
    import tomllib

    try:
        return tomllib.loads(f"value = {text}")["value"]
    except (tomllib.TOMLDecodeError, RecursionError):
        pass  # it may be JSON
    try:
        import json

        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def _as_list(text: str) -> object:
    if text.lstrip().startswith("["):
        return _as_toml(text)
    return [item.strip() for item in text.split(",") if item.strip()]


def _as_list_or_table(text: str) -> object:
    return _as_toml(text) if text.lstrip().startswith("{") else _as_list(text)


def _as_text_or_table(text: str) -> object:
    return _as_toml(text) if text.lstrip().startswith("{") else text


def _as_number(text: str) -> object:
    try:
        return float(text)
    except ValueError:
        return text


def _shown(value: object, *, quote: bool = True) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        text = value.partition("?")[0] + "?..." if "?" in value else value  # a query may carry a signature
        text = text if len(text) <= LONGEST_FOUND else f"{text[:LONGEST_FOUND]}..."
        text = "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text)
        return f'"{text}"' if quote else text
    if isinstance(value, int | float):
        return f"{value}" if math.isfinite(value) else "not a number"
    if isinstance(value, list):
        return "[" + ", ".join(_shown(item) for item in value[:3]) + (", ...]" if len(value) > 3 else "]")
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {_shown(item)}" for key, item in list(value.items())[:4]) + " }"
    return f"a {type(value).__name__}"


def _shape(value: object) -> str:
    if isinstance(value, str):
        return f"a text of {len(value)} characters"
    if isinstance(value, dict) and holds_secret(value) is False:
        return _shown(value)
    return f"a list of {len(value)}" if isinstance(value, list) else f"a {type(value).__name__}"


_ANY_TEXT = text_check()
_ISSUER = address_check("an https:// address, with the tenant as its path", needs_path=True)
_SHORT_STYLES: Mapping[str, str] = {short: style for style, short in STYLES.items()}

RULES: Mapping[str, tuple[Check, Callable[[str], object]]] = {
    "identity.tenant": (check_tenant, _as_text),
    "identity.client_id": (_ANY_TEXT, _as_text),
    "identity.cloud": (choice_check("public", "us-government", "china"), _as_text),
    "identity.authority": (_ISSUER, _as_text),
    "identity.oidc_authority": (address_check("an https:// address"), _as_text),
    "identity.oidc_endpoints": (
        list_check(
            address_check("https:// addresses", may_have_path=False), 'a list such as ["https://idp.example.com"]'
        ),
        _as_list,
    ),
    "identity.scopes": (
        list_check(text_check(re.compile(r"\S+"), "scopes without spaces"), "a list of scopes in quotes"),
        _as_list,
    ),
    "identity.ca_bundle": (check_existing_file, _as_text),
    "identity.token_key": (
        list_check(check_token_key, f"a list of keys in quotes, or {ALLOWED}", most=8),
        _as_list_or_table,
    ),
    "identity.app_name": (_ANY_TEXT, _as_text),
    "identity.organisation": (_ANY_TEXT, _as_text),
    "maps.client_id": (text_check(GUID, A_GUID), _as_text),
    "maps.endpoint": (address_check("an https:// address without a path", may_have_path=False), _as_text),
    "maps.auth": (choice_check("entra", "shared-key"), _as_text),
    "maps.subscription_keys": (
        list_check(
            text_check(re.compile(r"\S{8,}"), "keys without spaces"),
            f"a list of one or two keys in quotes, or {ALLOWED}",
            most=2,
        ),
        _as_list_or_table,
    ),
    "maps.style": (choice_check(*STYLES, also=_SHORT_STYLES), _as_text),
    "maps.view": (text_check(MAP_VIEW, '"Unified", "Auto" or a country such as "IN"'), _as_text),
    "maps.resource_id": (text_check(RESOURCE_ID, A_RESOURCE_ID), _as_text),
    "geofences.store": (choice_check("blob", "map-data", "folder", "url"), _as_text),
    "geofences.container_url": (
        address_check(
            "https:// address of a container, without a query: the viewer's sign-in is used", needs_path=True
        ),
        _as_text,
    ),
    "geofences.path": (check_path, _as_text),
    "geofences.urls": (
        list_check(address_check("https:// addresses", may_have_query=True), "a list of addresses"),
        _as_list,
    ),
    "geofences.refresh_s": (number_check(5, 86_400), _as_number),
    "geofences.kinds": (check_kinds, _as_list_or_table),
    "geofences.name_keys": (list_check(text_check(), 'a list of keys such as ["name", "title"]'), _as_list),
    "geofences.kind_keys": (list_check(text_check(), 'a list of keys such as ["kind", "category"]'), _as_list),
    "view.home": (check_home, _as_toml),
    "kiosk.fullscreen": (check_truth, _as_truth),
    "kiosk.language": (text_check(LANGUAGE, 'a language such as "en"'), _as_text),
    "kiosk.units": (choice_check("metric", "imperial"), _as_text),
    "kiosk.read_only": (check_truth, _as_truth),
    "kiosk.closable": (check_truth, _as_truth),
    "kiosk.lock": (check_lock, _as_text_or_table),
    "kiosk.motion": (check_truth, _as_truth),
    "kiosk.renderer": (choice_check("auto", "accelerated", "software"), _as_text),
    "kiosk.dim_after_min": (number_check(0, 10_080), _as_number),
    "kiosk.awake": (list_check(check_hours, "a list of days and hours in quotes"), _as_toml),
    "usage.endpoint": (address_check("an https:// address without a path", may_have_path=False), _as_text),
    "usage.price_per_thousand": (check_prices, _as_toml),
    "usage.currency": (text_check(re.compile(r".{1,8}"), 'a currency of up to 8 characters, such as "EUR"'), _as_text),
    PROXY: (check_proxy, _as_text_or_table),
    "network.proxy_username": (_ANY_TEXT, _as_text),
    "network.proxy_password": (_ANY_TEXT, _as_text_or_table),
    "network.no_proxy": (list_check(check_exception, "a list of destinations in quotes"), _as_list),
    "network.ca_bundle": (check_existing_file, _as_text),
    "remote.keys": (check_key_table, _as_toml),
    "remote.devices": (list_check(check_device, 'a list of paths such as ["/dev/input/event3"]'), _as_list),
    "remote.grab": (check_truth, _as_truth),
    "metrics.listen": (check_listen, _as_text),
}
