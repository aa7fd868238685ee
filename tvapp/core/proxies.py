"""Works out which proxy a request goes through: that of the configuration, else that of the environment.

Hand-written, because each HTTP library reads `no_proxy` in its own way and none knows address ranges, and because MQTT
needs the same answer.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias
from urllib.parse import unquote, urlsplit

from tvapp.core.urls import is_loopback

SCHEMES = {"http": 80, "https": 443}
"""What is spoken with a proxy, and its usual port."""
PROXY = "proxy"
"""What the reasons of a NetworkError begin with that is the proxy's; see `net.failures`."""
A_PROXY = 'an address such as "http://proxy.example.com:8080", or with https://'
NO_SOCKS = f"{A_PROXY}: SOCKS is not supported"
AN_EXCEPTION = (
    'a host ("maps.example.com"), a domain with a dot in front (".example.com"), an address or a range '
    '("10.0.0.0/8"), each with a port or without, or "*" for all'
)

_PORTS = {"http": 80, "https": 443, "ws": 80, "wss": 443, "mqtt": 1883, "mqtts": 8883}
_LABELS = re.compile(r"(?=.{1,253}$)(?!-)[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*")
_CREDENTIALS = re.compile(r"([A-Za-z0-9+.-]{1,16}://)?.*(?:@|%40)", re.DOTALL)  # a password may hold anything

Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network
Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address


class BadProxy(ValueError):
    """A text that is no proxy, or no exception from one; the message says what would be."""


@dataclass(frozen=True, slots=True)
class Proxy:
    """A proxy, and what it knows this machine by, if it asks. `url` has no credentials."""

    url: str
    username: str = ""
    password: str = field(default="", repr=False)

    @property
    def host(self) -> str:
        """The name or the address of the proxy."""
        return urlsplit(self.url).hostname or ""


@dataclass(frozen=True, slots=True)
class _Exception:
    """A destination without a proxy: a name, a domain, or a range of addresses; port 0 stands for any."""

    name: str = ""
    domain: str = ""
    network: Network | None = None
    port: int = 0

    def covers(self, host: str, address: Address | None, port: int) -> bool:
        if self.port and self.port != port:
            return False
        if self.network is not None:
            return address is not None and address.version == self.network.version and address in self.network
        if self.domain:
            return host == self.domain or host.endswith(f".{self.domain}")
        return self.name in ("*", host)


@dataclass(frozen=True, slots=True)
class ProxyRules:
    """Answers for each address whether a request to it goes through a proxy, and through which one.

    `by_scheme` has the proxy of each scheme of a destination; "" stands for any other.

    >>> rules = ProxyRules.of("http://tv:secret@proxy:8080", ["10.0.0.0/8", ".example.com"])
    >>> rules.proxy_for("https://atlas.microsoft.com/map/tile")
    Proxy(url='http://proxy:8080', username='tv')
    >>> rules.proxy_for("https://10.1.2.3/"), rules.proxy_for("https://fences.example.com/")
    (None, None)
    """

    by_scheme: Mapping[str, Proxy] = field(default_factory=dict)
    exceptions: tuple[_Exception, ...] = ()

    @classmethod
    def of(cls, proxy: str, exceptions: Iterable[str] = (), *, username: str = "", password: str = "") -> ProxyRules:
        """Return the rules of a configuration; `username` and `password` count where the address has none.

        Raises:
            BadProxy: one of the texts makes no sense.
        """
        chosen = parse_proxy(proxy)
        if username and not chosen.username:
            chosen = Proxy(chosen.url, username, password)
        return cls({"": chosen}, tuple(parse_exception(text) for text in exceptions))

    def proxy_for(self, url: str) -> Proxy | None:
        """Return the proxy for a request to `url`; None: the way is direct. It always is to this machine itself."""
        if not self.by_scheme:
            return None
        try:
            parts = urlsplit(url)
            host, port = (parts.hostname or "").rstrip("."), parts.port or _PORTS.get(parts.scheme, 0)
        except ValueError:
            return None
        if not host or is_loopback(host):
            return None
        address = _address(host)
        if any(each.covers(host, address, port) for each in self.exceptions):
            return None
        return self.by_scheme.get(parts.scheme) or self.by_scheme.get("")


def parse_proxy(text: str) -> Proxy:
    """Return the proxy that an address names, such as ``http://name:password@proxy:8080``.

    Raises:
        BadProxy: it is none; a SOCKS proxy is not supported.
    """
    text = text.strip()
    try:
        parts = urlsplit(text)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise BadProxy(A_PROXY) from None
    if parts.scheme.startswith("socks"):
        raise BadProxy(NO_SOCKS)
    name = _host_text(host)
    is_wrong = parts.scheme not in SCHEMES or parts.path not in ("", "/") or parts.query or parts.fragment or port == 0
    username, password = unquote(parts.username or ""), unquote(parts.password or "")
    if is_wrong or not name or not (username + password).isprintable() or (password and not username):
        raise BadProxy(A_PROXY)
    return Proxy(f"{parts.scheme}://{name}:{port or SCHEMES[parts.scheme]}", username, password)


def parse_exception(text: str) -> _Exception:
    """Return the exception that a text of `no_proxy` stands for.

    Raises:
        BadProxy: it stands for none.
    """
    text = text.strip().lower()
    network = _network(text)
    if network is not None:
        return _Exception(network=network)
    host, port = text, 0
    if match := re.fullmatch(r"(.*[^:]):(\d{1,5})", text):
        host, port = match[1], int(match[2])
        if not 0 < port < 65536:
            raise BadProxy(AN_EXCEPTION)
    network = _network(host[1:-1] if host.startswith("[") and host.endswith("]") else host)
    if network is not None:
        return _Exception(network=network, port=port)
    if host == "*":
        return _Exception(name="*", port=port)
    name = _ascii(host.removeprefix("*").lstrip(".").rstrip("."))
    # A name of digits and dots alone is an address with a mistake.
    if not _LABELS.fullmatch(name) or re.fullmatch(r"[0-9.]+", name):
        raise BadProxy(AN_EXCEPTION)
    is_domain = host.startswith((".", "*."))
    return _Exception(domain=name, port=port) if is_domain else _Exception(name=name, port=port)


def from_environment(environ: Mapping[str, str], more_exceptions: Iterable[str] = ()) -> ProxyRules:
    """Return the rules of the variables that other programs read: `https_proxy`, `all_proxy`, `no_proxy`, ...

    Small letters win over capitals. A plain name in `no_proxy` covers the hosts below it as well, as everywhere. A text
    of `no_proxy` that makes no sense is left out.

    Raises:
        BadProxy: a proxy is no address that can be used.
    """

    def variable(name: str) -> str:
        return environ.get(name, "") or environ.get(name.upper(), "")

    by_scheme: dict[str, Proxy] = {}
    for scheme, name in (("http", "http_proxy"), ("https", "https_proxy"), ("", "all_proxy")):
        # A program that a web server starts gets the header "Proxy" of a request as HTTP_PROXY.
        text = variable(name) if name != "http_proxy" or "REQUEST_METHOD" not in environ else environ.get(name, "")
        if text := text.strip():
            by_scheme[scheme] = parse_proxy(text if "://" in text else f"http://{text}")
    if not by_scheme:
        return ProxyRules()
    exceptions: list[_Exception] = [parse_exception(text) for text in more_exceptions]
    for text in re.split(r"[,\s]+", variable("no_proxy")):
        try:
            exception = parse_exception(text)
        except BadProxy:
            continue
        is_name = exception.name not in ("", "*")
        exceptions.append(_Exception(domain=exception.name, port=exception.port) if is_name else exception)
    return ProxyRules(by_scheme, tuple(exceptions))


@dataclass(frozen=True, slots=True)
class Outbound:
    """How requests leave this machine: the certificates that are trusted beside the system's, and the proxy.

    Without a proxy of the configuration (`rules` None) that of the environment counts, except for `exceptions`.
    """

    ca_bundles: tuple[str, ...] = ()
    rules: ProxyRules | None = None
    exceptions: tuple[str, ...] = ()

    @classmethod
    def trusting(cls, *ca_bundles: str) -> Outbound:
        """Return the way out that trusts some files as well; empty names are left out."""
        return cls(tuple(bundle for bundle in ca_bundles if bundle))

    def rules_in(self, environ: Mapping[str, str]) -> ProxyRules:
        """Return the rules that count in an environment.

        Raises:
            BadProxy: the configuration has no proxy, and that of the environment cannot be used.
        """
        return self.rules if self.rules is not None else from_environment(environ, self.exceptions)

    def name_to_resolve(self, url: str, environ: Mapping[str, str]) -> str:
        """Return the host that this machine itself has to look up for a request to `url`: the proxy's, if there is one.

        >>> Outbound(rules=ProxyRules.of("http://proxy:8080")).name_to_resolve("https://atlas.microsoft.com", {})
        'proxy'
        """
        try:
            proxy = self.rules_in(environ).proxy_for(url)
            return proxy.host if proxy is not None else urlsplit(url).hostname or ""
        except ValueError:  # a proxy of the environment that cannot be used is ignored
            return urlsplit(url).hostname or ""


def without_credentials(text: str) -> str:
    """Return an address of a proxy that may be shown, also where it is wrong.

    >>> without_credentials("htp://tv:secret@proxy:8080")
    'htp://...@proxy:8080'
    """
    found = _CREDENTIALS.match(text)
    return text if found is None else f"{found[1] or ''}...@{text[found.end() :]}"


def _host_text(host: str) -> str:
    """Return a host as it stands in a URL; empty where it is none."""
    address = _address(host)
    if address is not None:
        return f"[{host}]" if address.version == 6 else host
    name = _ascii(host.lower())
    return name if _LABELS.fullmatch(name) and not re.fullmatch(r"[0-9.]+", name) else ""


def _ascii(name: str) -> str:
    """Return an international name as the name system knows it; empty where it cannot."""
    try:
        return name if name.isascii() else name.encode("idna").decode()
    except UnicodeError:
        return ""


def _address(host: str) -> Address | None:
    try:
        found = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return None
    mapped = found.ipv4_mapped if isinstance(found, ipaddress.IPv6Address) else None
    return mapped or found


def _network(text: str) -> Network | None:
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError:
        return None


def proxy_trouble(reason: str) -> str:
    """Return what is wrong with a proxy, by the reason of a NetworkError that begins with PROXY.

    >>> proxy_trouble("proxy: 407 Proxy Authentication Required"), proxy_trouble("proxy: 403 Forbidden")
    ('proxy-login', 'proxy-refuses')
    """
    status = reason.removeprefix(f"{PROXY}: ")[:3]
    if status == "407":
        return "proxy-login"
    # Other answers are about the host that was asked for: forbidden, not found, no answer from there.
    return "proxy-refuses" if status.isdigit() else "proxy"
