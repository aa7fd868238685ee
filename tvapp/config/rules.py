"""Checks the value of each setting (types, ranges, addresses), and which settings need each other."""

from __future__ import annotations

import math
import re
import shlex
import stat
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from urllib.parse import urlsplit

from tvapp.config.model import STYLES, Config, Found, Home
from tvapp.core.errors import ConfigError

GUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
DOMAIN = re.compile(r"(?=.{4,253}$)(?:[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?\.)+[a-zA-Z]{2,63}")
LANGUAGE = re.compile(r"[a-z]{2,3}(?:-[A-Za-z0-9]{2,8})*")
MAP_VIEW = re.compile(r"Auto|Unified|[A-Z]{2}")
LONGEST_FOUND = 80
DEFAULT_HOME_ZOOM = 14.0
SECRET_KEYS = frozenset({"maps.subscription_keys", "kiosk.lock"})
MOST_KINDS = 24
LONGEST_NAME = 40
A_GUID = "a GUID such as 11111111-2222-3333-4444-555555555555"


class WrongValue(Exception):
    """A value that a key does not allow; `allowed` says what it allows."""

    def __init__(self, allowed: str) -> None:
        super().__init__(allowed)
        self.allowed = allowed


Check = Callable[[object, Path], object]
"""Takes the written value and the folder for relative paths; returns the setting, or raises WrongValue."""


def check_value(key: str, found: Found, base: Path) -> tuple[object, ConfigError | None]:
    """Return the value for `key` in its final type, or the error in it."""
    check, from_text = RULES[key]
    try:
        value = from_text(str(found.value)) if found.in_environment else found.value
        return check(value, base), None
    except WrongValue as wrong:
        shown = _shape(found.value) if key in SECRET_KEYS else _shown(found.value, quote=not found.in_environment)
        named = f"{found.source} (environment)" if found.in_environment else found.source
        return None, ConfigError(named, key, shown, wrong.allowed)


def check_file(path: Path, written: Mapping[str, Found]) -> list[ConfigError]:
    """Report a file with secrets that every user of the machine can read or change; links are followed."""
    secrets = [key for key in sorted(SECRET_KEYS) if key in written and not written[key].in_environment]
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
    if maps.auth == "shared-key":
        need("maps.subscription_keys", maps.subscription_keys, 'one or two keys, for auth = "shared-key"')
    elif "maps.auth" not in skip:
        need("maps.client_id", maps.client_id, f'the client id of the Azure Maps account, for auth = "entra": {A_GUID}')
    if config.needs_sign_in and not skip & {"maps.auth", "geofences.store"}:
        need("identity.client_id", identity.client_id, f"the app registration's client id: {A_GUID}")
        if not skip & {"identity.authority", "identity.oidc_authority"}:
            issuer = identity.tenant or identity.authority or identity.oidc_authority
            need("identity.tenant", issuer, "a tenant, or authority, or oidc_authority")
    if identity.authority and identity.oidc_authority:
        both = ConfigError(source, "identity.oidc_authority", "authority as well", "only one of the two")
        errors.append(both)
    is_guid_wanted = identity.client_id and not identity.oidc_authority and "identity.client_id" not in skip
    if is_guid_wanted and not GUID.fullmatch(identity.client_id):
        errors.append(ConfigError(source, "identity.client_id", _shown(identity.client_id), A_GUID))
    return errors


def _text(pattern: re.Pattern[str] | None = None, allowed: str = "text in quotes") -> Check:
    def check(value: object, _base: Path) -> str:
        if not isinstance(value, str) or not value.isprintable():
            raise WrongValue(allowed)
        text = value.strip()
        if pattern is not None and text and not pattern.fullmatch(text):
            raise WrongValue(allowed)
        return text

    return check


def _choice(*choices: str, also: Mapping[str, str] | None = None) -> Check:
    def check(value: object, _base: Path) -> str:
        if isinstance(value, str) and value in choices:
            return value
        if isinstance(value, str) and also and value in also:
            return also[value]
        raise WrongValue(", ".join(f'"{choice}"' for choice in (*choices, *(also or ()))))

    return check


def _truth(value: object, _base: Path) -> bool:
    if isinstance(value, bool):
        return value
    raise WrongValue("true or false")


def _number(low: float, high: float) -> Callable[[object, Path], float]:
    def check(value: object, _base: Path) -> float:
        if isinstance(value, int | float) and not isinstance(value, bool) and low <= value <= high:
            return float(value)
        raise WrongValue(f"a number from {low:g} to {high:g}")

    return check


def _texts(each: Check, allowed: str, *, most: int = 100) -> Check:
    def check(value: object, base: Path) -> tuple[object, ...]:
        if not isinstance(value, list) or len(value) > most:
            raise WrongValue(allowed)
        items = tuple(each(item, base) for item in value)
        if not all(items):
            raise WrongValue(allowed)
        return items

    return check


def _address(
    allowed: str, *, needs_path: bool = False, may_have_path: bool = True, may_have_query: bool = False
) -> Check:
    def check(value: object, _base: Path) -> str:
        if not isinstance(value, str):
            raise WrongValue(allowed)
        text = value.strip()
        if not text:
            return ""
        try:
            parts = urlsplit(text)
            _ = parts.port
        except ValueError:
            raise WrongValue(allowed) from None
        path = parts.path.strip("/")
        is_wrong = (
            parts.scheme != "https"
            or not parts.hostname
            or parts.username is not None
            or parts.fragment
            or (parts.query and not may_have_query)
            or (needs_path and not path)
            or (path and not may_have_path)
            or not text.isprintable()
            or " " in text
        )
        if is_wrong:
            raise WrongValue(allowed)
        return text.rstrip("/") if not parts.query else text

    return check


def _tenant(value: object, base: Path) -> str:
    text = str(_text(None, f"a domain such as contoso.onmicrosoft.com, or {A_GUID}")(value, base))
    if text and text not in ("organizations", "common") and not GUID.fullmatch(text) and not DOMAIN.fullmatch(text):
        raise WrongValue(f"a domain such as contoso.onmicrosoft.com, or {A_GUID}")
    return text


def _file(value: object, base: Path) -> str:
    path = _path(value, base)
    if path and not Path(path).is_file():
        raise WrongValue("the path of a file that is there")
    return path


def _path(value: object, base: Path) -> str:
    if not isinstance(value, str) or "\0" in value:
        raise WrongValue("a path in quotes")
    return str(base / Path(value).expanduser()) if value else ""


def _device(value: object, _base: Path) -> str:
    if isinstance(value, str) and value.startswith("/") and "\0" not in value:
        return value
    raise WrongValue('a list of paths such as ["/dev/input/event3"]')


def _home(value: object, base: Path) -> Home:
    allowed = "{ longitude = -180 to 180, latitude = -85.05 to 85.05, zoom = 0 to 22 }"
    if not isinstance(value, dict) or not {"longitude", "latitude"} <= set(value) <= {"longitude", "latitude", "zoom"}:
        raise WrongValue(allowed)
    try:
        return Home(
            _number(-180, 180)(value["longitude"], base),
            _number(-85.05112878, 85.05112878)(value["latitude"], base),
            _number(0, 22)(value.get("zoom", DEFAULT_HOME_ZOOM), base),
        )
    except WrongValue:
        raise WrongValue(allowed) from None


def _key_table(value: object, _base: Path) -> dict[str, str]:
    from tvapp.remote.keymap import check

    if not isinstance(value, dict) or not all(isinstance(item, str) for item in value.values()):
        raise WrongValue('a table such as { "red" = "back" }')
    for error in check(value, ""):
        raise WrongValue(f"{error.key}: found {error.found}; allowed: {error.allowed}")
    return dict(value)


def _lock(value: object, _base: Path) -> str:
    from tvapp.remote.pattern_hash import PatternHash

    if value == "":
        return ""
    try:
        return PatternHash.parse(value if isinstance(value, str) else "").text
    except ValueError:
        raise WrongValue("the hash of a pattern as `tvapp lock` prints it") from None


def _hours(value: object, _base: Path) -> str:
    from tvapp.core.week import ALLOWED, is_entry

    if isinstance(value, str) and is_entry(value):
        return value
    raise WrongValue(f"a list of {ALLOWED}")


def _kinds(value: object, _base: Path) -> dict[str, dict[str, str]]:
    if isinstance(value, list):
        pairs: list[tuple[object, object]] = [(key, {}) for key in value]
    elif isinstance(value, dict):
        pairs = list(value.items())
    else:
        raise WrongValue(_A_KIND)
    kinds: dict[str, dict[str, str]] = {}
    for key, stated in pairs:
        names = {"": stated} if isinstance(stated, str) else stated
        if not _is_name(key) or not isinstance(names, dict) or not all(map(_is_name, names.values())):
            raise WrongValue(_A_KIND)
        if names is stated and not all(LANGUAGE.fullmatch(language) for language in names):
            raise WrongValue(_A_KIND)
        kinds[str(key)] = dict(names)
    if len(pairs) > MOST_KINDS or len({key.casefold() for key in kinds}) < len(pairs):
        raise WrongValue(_A_KIND)
    return kinds


def _is_name(text: object) -> bool:
    """Tell whether a text can be shown in one line. Joiners do not count as printable, but shape some scripts."""
    if not isinstance(text, str) or len(text) > LONGEST_NAME or text != text.strip():
        return False
    visible = text.replace("\u200c", "").replace("\u200d", "")
    return bool(visible) and visible.isprintable()


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
    return f"a list of {len(value)}" if isinstance(value, list) else f"a {type(value).__name__}"


_A_KIND = (
    f'at most {MOST_KINDS} kinds of up to {LONGEST_NAME} characters: ["depot", "school"], or a table such as '
    '{ depot = "Lager", berth = { en = "Berth", fi = "Laituri" } }'
)
_ANY_TEXT = _text()
_ISSUER = _address("an https:// address, with the tenant as its path", needs_path=True)
_SHORT_STYLES: Mapping[str, str] = {short: style for style, short in STYLES.items()}

RULES: Mapping[str, tuple[Check, Callable[[str], object]]] = {
    "identity.tenant": (_tenant, _as_text),
    "identity.client_id": (_ANY_TEXT, _as_text),
    "identity.cloud": (_choice("public", "us-government", "china"), _as_text),
    "identity.authority": (_ISSUER, _as_text),
    "identity.oidc_authority": (_address("an https:// address"), _as_text),
    "identity.scopes": (
        _texts(_text(re.compile(r"\S+"), "scopes without spaces"), "a list of scopes in quotes"),
        _as_list,
    ),
    "identity.ca_bundle": (_file, _as_text),
    "identity.app_name": (_ANY_TEXT, _as_text),
    "identity.organisation": (_ANY_TEXT, _as_text),
    "maps.client_id": (_text(GUID, A_GUID), _as_text),
    "maps.endpoint": (_address("an https:// address without a path", may_have_path=False), _as_text),
    "maps.auth": (_choice("entra", "shared-key"), _as_text),
    "maps.subscription_keys": (
        _texts(_text(re.compile(r"\S{8,}"), "keys without spaces"), "a list of one or two keys in quotes", most=2),
        _as_list,
    ),
    "maps.style": (_choice(*STYLES, also=_SHORT_STYLES), _as_text),
    "maps.view": (_text(MAP_VIEW, '"Unified", "Auto" or a country such as "IN"'), _as_text),
    "geofences.store": (_choice("blob", "map-data", "folder", "url"), _as_text),
    "geofences.container_url": (
        _address("https:// address of a container, without a query: the viewer's sign-in is used", needs_path=True),
        _as_text,
    ),
    "geofences.path": (_path, _as_text),
    "geofences.urls": (_texts(_address("https:// addresses", may_have_query=True), "a list of addresses"), _as_list),
    "geofences.refresh_s": (_number(5, 86_400), _as_number),
    "geofences.kinds": (_kinds, _as_list_or_table),
    "view.home": (_home, _as_toml),
    "kiosk.fullscreen": (_truth, _as_truth),
    "kiosk.language": (_text(LANGUAGE, 'a language such as "en"'), _as_text),
    "kiosk.units": (_choice("metric", "imperial"), _as_text),
    "kiosk.read_only": (_truth, _as_truth),
    "kiosk.lock": (_lock, _as_text),
    "kiosk.motion": (_truth, _as_truth),
    "kiosk.renderer": (_choice("auto", "accelerated", "software"), _as_text),
    "kiosk.dim_after_min": (_number(0, 10_080), _as_number),
    "kiosk.awake": (_texts(_hours, "a list of days and hours in quotes"), _as_toml),
    "remote.keys": (_key_table, _as_toml),
    "remote.devices": (_texts(_device, 'a list of paths such as ["/dev/input/event3"]'), _as_list),
    "remote.grab": (_truth, _as_truth),
}
