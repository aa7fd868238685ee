"""Checks for single values of the settings: types, ranges, addresses, paths."""

from __future__ import annotations

import base64
import os
import re
import stat
from collections.abc import Callable, Mapping
from pathlib import Path
from urllib.parse import urlsplit

from tvapp.config.model import Home
from tvapp.core.proxies import BadProxy, parse_exception, parse_proxy

GUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
DOMAIN = re.compile(r"(?=.{4,253}$)(?:[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?\.)+[a-zA-Z]{2,63}")
LANGUAGE = re.compile(r"[a-z]{2,3}(?:-[A-Za-z0-9]{2,8})*")
MAP_VIEW = re.compile(r"Auto|Unified|[A-Z]{2}")
KEY_BYTES = 32
RESOURCE_ID = re.compile(
    r"/subscriptions/[0-9a-f-]{36}/resourceGroups/[^/?#%\s]{1,90}/providers/Microsoft\.Maps/accounts/[\w.-]{1,98}/?",
    re.IGNORECASE,
)
A_RESOURCE_ID = (
    "the resource id of an Azure Maps account: "
    "/subscriptions/ID/resourceGroups/NAME/providers/Microsoft.Maps/accounts/NAME"
)
METERS = ("base", "imagery", "traffic", "weather", "metadata")
HIGHEST_PRICE = 1_000_000.0
DEFAULT_HOME_ZOOM = 14.0
MOST_KINDS = 24
LONGEST_NAME = 40
A_GUID = "a GUID such as 11111111-2222-3333-4444-555555555555"
A_KIND = (
    f'at most {MOST_KINDS} kinds of up to {LONGEST_NAME} characters: ["depot", "school"], or a table such as '
    '{ depot = "Lager", berth = { en = "Berth", fi = "Laituri" } }'
)


class WrongValue(Exception):
    """A value that a key does not allow; `allowed` says what it allows, and `item` which one of a list is wrong."""

    def __init__(self, allowed: str, item: object = None) -> None:
        super().__init__(allowed)
        self.allowed = allowed
        self.item = item


Check = Callable[[object, Path], object]
"""Takes the written value and the folder for relative paths; returns the setting, or raises WrongValue."""


def text_check(pattern: re.Pattern[str] | None = None, allowed: str = "text in quotes") -> Check:
    def check(value: object, _base: Path) -> str:
        if not isinstance(value, str) or not value.isprintable():
            raise WrongValue(allowed)
        text = value.strip()
        if pattern is not None and text and not pattern.fullmatch(text):
            raise WrongValue(allowed)
        return text

    return check


def choice_check(*choices: str, also: Mapping[str, str] | None = None) -> Check:
    def check(value: object, _base: Path) -> str:
        if isinstance(value, str) and value in choices:
            return value
        if isinstance(value, str) and also and value in also:
            return also[value]
        raise WrongValue(", ".join(f'"{choice}"' for choice in (*choices, *(also or ()))))

    return check


def check_truth(value: object, _base: Path) -> bool:
    if isinstance(value, bool):
        return value
    raise WrongValue("true or false")


def number_check(low: float, high: float) -> Callable[[object, Path], float]:
    def check(value: object, _base: Path) -> float:
        if isinstance(value, int | float) and not isinstance(value, bool) and low <= value <= high:
            return float(value)
        raise WrongValue(f"a number from {low:g} to {high:g}")

    return check


def list_check(each: Check, allowed: str, *, most: int = 100) -> Check:
    def check(value: object, base: Path) -> tuple[object, ...]:
        if not isinstance(value, list) or len(value) > most:
            raise WrongValue(allowed)
        items = tuple(each(item, base) for item in value)
        if not all(items):
            raise WrongValue(allowed)
        return items

    return check


def address_check(
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


def check_tenant(value: object, base: Path) -> str:
    text = str(text_check(None, f"a domain such as contoso.onmicrosoft.com, or {A_GUID}")(value, base))
    if text and text not in ("organizations", "common") and not GUID.fullmatch(text) and not DOMAIN.fullmatch(text):
        raise WrongValue(f"a domain such as contoso.onmicrosoft.com, or {A_GUID}")
    return text


def check_existing_file(value: object, base: Path) -> str:
    path = check_path(value, base)
    if path and (wrong := _why_no_file(path)):
        raise WrongValue(f"the path of a file that can be read ({wrong})")
    return path


def _why_no_file(path: str) -> str:
    try:
        number = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    except OSError as error:
        return error.strerror or str(error)
    try:
        return "" if stat.S_ISREG(os.fstat(number).st_mode) else "this is not a file"
    finally:
        os.close(number)


def check_path(value: object, base: Path) -> str:
    if not isinstance(value, str) or "\0" in value:
        raise WrongValue("a path in quotes")
    try:
        return str(base / Path(value).expanduser()) if value else ""
    except RuntimeError:
        raise WrongValue("a path without ~: there is no such home folder here") from None


def check_proxy(value: object, _base: Path) -> str:
    """Check the address of a proxy; it may carry a name and a password."""
    text = value.strip() if isinstance(value, str) else " "
    if not text:
        return ""
    try:
        parse_proxy(text)
    except BadProxy as wrong:
        raise WrongValue(str(wrong)) from None
    return text


def check_exception(value: object, _base: Path) -> str:
    """Check a destination that is reached without the proxy."""
    try:
        parse_exception(value if isinstance(value, str) else "")
    except BadProxy as wrong:
        raise WrongValue(f"a list of destinations: {wrong}", value) from None
    return str(value)


A_KEY = "32 random bytes in Base64, as `openssl rand -base64 32` prints them"


def check_token_key(value: object, _base: Path) -> str:
    """Check a key of 256 bits; returns it in the alphabet that is safe in URLs, which the cipher wants."""
    text = value.strip().replace("-", "+").replace("_", "/") if isinstance(value, str) else ""
    try:
        key = base64.b64decode(text, validate=True)
    except ValueError:
        raise WrongValue(f"a list of keys: {A_KEY}") from None
    if len(key) != KEY_BYTES:
        raise WrongValue(f"a list of keys: {A_KEY}")
    return base64.urlsafe_b64encode(key).decode()


def check_device(value: object, _base: Path) -> str:
    if isinstance(value, str) and value.startswith("/") and "\0" not in value:
        return value
    raise WrongValue('a list of paths such as ["/dev/input/event3"]')


def check_home(value: object, base: Path) -> Home:
    allowed = "{ longitude = -180 to 180, latitude = -85.05 to 85.05, zoom = 0 to 22 }"
    if not isinstance(value, dict) or not {"longitude", "latitude"} <= set(value) <= {"longitude", "latitude", "zoom"}:
        raise WrongValue(allowed)
    try:
        return Home(
            number_check(-180, 180)(value["longitude"], base),
            number_check(-85.05112878, 85.05112878)(value["latitude"], base),
            number_check(0, 22)(value.get("zoom", DEFAULT_HOME_ZOOM), base),
        )
    except WrongValue:
        raise WrongValue(allowed) from None


def check_key_table(value: object, _base: Path) -> dict[str, str]:
    from tvapp.remote.keymap import check

    if not isinstance(value, dict) or not all(isinstance(item, str) for item in value.values()):
        raise WrongValue('a table such as { "red" = "back" }')
    for error in check(value, ""):
        raise WrongValue(f"{error.key}: found {error.found}; allowed: {error.allowed}")
    return dict(value)


def check_lock(value: object, _base: Path) -> str:
    from tvapp.remote.pattern_hash import PatternHash

    if value == "":
        return ""
    try:
        return PatternHash.parse(value if isinstance(value, str) else "").text
    except ValueError:
        raise WrongValue(
            "the hash of a pattern as `tvapp lock` prints it, or { credential = NAME } or { file = PATH }"
        ) from None


def check_prices(value: object, base: Path) -> dict[str, float]:
    named = value if isinstance(value, dict) else {"": value}
    allowed = f"a price such as 4.5, or a table such as {{ base = 4.5, imagery = 4.5 }} with {', '.join(METERS)}"
    if not set(named) <= {*METERS, ""} or ("" in named and named is value):
        raise WrongValue(allowed)
    try:
        return {str(meter): number_check(0, HIGHEST_PRICE)(price, base) for meter, price in named.items()}
    except WrongValue:
        raise WrongValue(allowed) from None


def check_hours(value: object, _base: Path) -> str:
    from tvapp.core.week import ALLOWED, is_entry

    if isinstance(value, str) and is_entry(value):
        return value
    raise WrongValue(f"a list of {ALLOWED}")


def check_kinds(value: object, _base: Path) -> dict[str, dict[str, str]]:
    if isinstance(value, list):
        pairs: list[tuple[object, object]] = [(key, {}) for key in value]
    elif isinstance(value, dict):
        pairs = list(value.items())
    else:
        raise WrongValue(A_KIND)
    kinds: dict[str, dict[str, str]] = {}
    for key, stated in pairs:
        names = {"": stated} if isinstance(stated, str) else stated
        if not _is_name(key) or not isinstance(names, dict) or not all(map(_is_name, names.values())):
            raise WrongValue(A_KIND)
        if names is stated and not all(LANGUAGE.fullmatch(language) for language in names):
            raise WrongValue(A_KIND)
        kinds[str(key)] = dict(names)
    if len(pairs) > MOST_KINDS or len({key.casefold() for key in kinds}) < len(pairs):
        raise WrongValue(A_KIND)
    return kinds


def _is_name(text: object) -> bool:
    """Tell whether a text can be shown in one line. Joiners do not count as printable, but shape some scripts."""
    if not isinstance(text, str) or len(text) > LONGEST_NAME or text != text.strip():
        return False
    visible = text.replace("\u200c", "").replace("\u200d", "")
    return bool(visible) and visible.isprintable()
