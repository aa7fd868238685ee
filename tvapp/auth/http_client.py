"""The HTTP client that MSAL speaks through: bounded in time and size, strict about TLS, typed in its failures.

MSAL wants something shaped like a `requests` session, and swallows nothing but `requests` exceptions: so every failure
is a `Failed`, which carries one of our own errors.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from http.cookiejar import DefaultCookiePolicy
from pathlib import Path
from urllib.parse import urlsplit

import requests
import urllib3.exceptions as urllib3_errors
from requests.adapters import HTTPAdapter
from requests.utils import get_environ_proxies

from tvapp.core import errors
from tvapp.core.clock import Clock
from tvapp.net.skew import SkewWatch

CA_VARIABLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE")
LOOPBACK = ("localhost", "127.0.0.1", "::1")
TRANSIENT_ERRORS = ("temporarily_unavailable", "server_error", "too_many_requests")
CHUNK_BYTES = 16 * 1024


class Failed(requests.RequestException):
    """A request that led to nothing MSAL could use; `body` is the OAuth error body where there was one."""

    def __init__(self, error: errors.TvappError, body: Mapping[str, object] | None = None) -> None:
        super().__init__(str(error))
        self.error = error
        self.body = body


@dataclass(frozen=True, slots=True)
class Reply:
    """What MSAL reads of a response."""

    status_code: int
    text: str = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)

    def raise_for_status(self) -> None:
        """Do nothing: a status that is a failure has been raised before."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How long and how much one exchange may take."""

    connect_s: float = 8.0
    read_s: float = 12.0
    total_s: float = 25.0
    bytes: int = 1024 * 1024


class _Session(requests.Session):
    def get_redirect_target(self, resp: requests.Response) -> None:
        """Know of none: requests reads the whole body of a redirect, however long, even when told not to follow."""


class HttpClient:
    """Sends MSAL's requests; may be used from several workers."""

    def __init__(
        self,
        clock: Clock,
        *,
        ca_bundle: str = "",
        environ: Mapping[str, str] | None = None,
        limits: Limits | None = None,
        skew: SkewWatch | None = None,
    ) -> None:
        """`skew` hears of every answer's Date, and of every handshake that failed."""
        self._clock = clock
        self._skew = skew
        self._limits = limits or Limits()
        self._ca_bundle = ca_bundle
        self._environ = os.environ if environ is None else environ
        self._session = _Session()
        # With trust_env, requests would let its CA variables win over the config, and send ~/.netrc passwords along.
        self._session.trust_env = False
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        self._session.mount("https://", HTTPAdapter(max_retries=0))

    def get(self, url: str, params: object = None, headers: Mapping[str, str] | None = None, **_: object) -> Reply:
        """GET a JSON object.

        Raises:
            Failed: anything else came, or nothing.
        """
        return self._send("GET", url, params, None, headers)

    def post(
        self,
        url: str,
        params: object = None,
        data: object = None,
        headers: Mapping[str, str] | None = None,
        **_: object,
    ) -> Reply:
        """POST a form; returns a JSON object, which may be an OAuth error.

        Raises:
            Failed: no JSON object, or an outage: throttled, 5xx, temporarily_unavailable.
        """
        if isinstance(data, dict):
            data = {key: value for key, value in data.items() if value is not None}
        return self._send("POST", url, params, data, headers)

    def close(self) -> None:
        """Close idle connections."""
        self._session.close()

    def _send(self, method: str, url: str, params: object, data: object, headers: Mapping[str, str] | None) -> Reply:
        parts = urlsplit(url)
        host = parts.hostname or ""
        if parts.scheme != "https" or not host:
            raise Failed(errors.ConfigError("identity provider", "endpoint", parts.scheme or "nothing", "https"))
        deadline = self._clock.monotonic() + self._limits.total_s
        try:
            with self._session.request(
                method,
                url,
                params=params,  # type: ignore[arg-type]
                data=data,  # type: ignore[arg-type]
                headers=dict(headers or {}),
                timeout=(self._limits.connect_s, self._limits.read_s),
                verify=self._verify(),
                proxies={} if host in LOOPBACK else dict(get_environ_proxies(url)),
                allow_redirects=False,
                stream=True,
            ) as response:
                if self._skew is not None:
                    self._skew.heard(host, response.headers)
                text = self._read(response, host, deadline)
                status, reply_headers = response.status_code, dict(response.headers)
        except Failed:
            raise
        except (requests.RequestException, urllib3_errors.HTTPError, OSError) as error:
            failure = named(error, host)
            if self._skew is not None and isinstance(failure, errors.TlsFailed):
                self._skew.refused(failure)
            raise Failed(failure) from error
        return self._checked(method, host, status, text, reply_headers)

    def _verify(self) -> str | bool:
        """Choose the CA bundle: the config's, else the environment's, else the one requests ships with."""
        chosen, source = self._ca_bundle, "config"
        for name in CA_VARIABLES:
            if not chosen:
                chosen, source = self._environ.get(name, ""), name
        if chosen and not os.access(chosen, os.R_OK):
            found = "cannot be read" if Path(chosen).exists() else "no such file"
            raise Failed(errors.ConfigError(source, "identity.ca_bundle", found, "a file of certificates in PEM form"))
        return chosen or True

    def _read(self, response: requests.Response, host: str, deadline: float) -> str:
        body = bytearray()
        while chunk := response.raw.read1(CHUNK_BYTES, decode_content=True):
            body += chunk
            if len(body) > self._limits.bytes:
                raise Failed(errors.UnexpectedReply(host, response.status_code, "too_large"))
            if self._clock.monotonic() > deadline:
                raise Failed(errors.TimedOut(host, "the answer came too slowly"))
        expected = response.headers.get("Content-Length", "")
        if expected.isdigit() and "Content-Encoding" not in response.headers and len(body) < int(expected):
            raise Failed(errors.ConnectionBroken(host, "the answer was cut short"))
        return body.decode("utf-8", "replace")

    def _checked(self, method: str, host: str, status: int, text: str, headers: Mapping[str, str]) -> Reply:
        lower = {name.lower(): value for name, value in headers.items()}
        body = _json_object(text)
        after = retry_after_s(lower, self._clock.wall())
        if status == 429 or status >= 500:
            raise Failed(_service_error(host, status, body, lower, after), body)
        if 300 <= status < 400:
            raise Failed(errors.UnexpectedReply(host, status, "html", "redirected"))
        if body is None:
            is_html = "html" in lower.get("content-type", "") or text.lstrip()[:1] == "<"
            if status in (404, 410) and method == "GET":
                raise Failed(errors.NotFound(host, status))
            raise Failed(errors.UnexpectedReply(host, status, "html" if is_html else "not_json"))
        if method == "GET" and status >= 400:
            raise Failed(_service_error(host, status, body, lower, after), body)
        if body.get("error") in TRANSIENT_ERRORS:
            raise Failed(_service_error(host, status, body, lower, after), body)
        if method == "POST" and "error" not in body and (status >= 400 or not _is_oauth(body)):
            raise Failed(errors.UnexpectedReply(host, status, "not_oauth"))
        return Reply(status, text, headers)


def named(error: Exception, host: str) -> errors.NetworkError:
    """Name what `requests` or `urllib3` ran into."""
    text = " ".join(str(cause) for cause in _causes(error))
    match error:
        case requests.exceptions.ProxyError():
            return errors.Unreachable(host, "proxy: refused or unknown")
        case requests.exceptions.SSLError() | urllib3_errors.SSLError():
            found = re.search(r"certificate verify failed: ([^(\[]+)", text)
            return errors.TlsFailed(host, found[1].strip() if found else "no secure connection")
        case requests.exceptions.Timeout() | urllib3_errors.TimeoutError():
            return errors.TimedOut(host)
        case _ if "timed out" in text.lower():
            return errors.TimedOut(host)
        case requests.exceptions.ConnectionError() if any(_never_connected(cause) for cause in _causes(error)):
            return errors.Unreachable(host, "no connection")
        case requests.exceptions.ConnectionError() | urllib3_errors.HTTPError() | OSError():
            is_setup = isinstance(error, requests.exceptions.InvalidURL | requests.exceptions.InvalidProxyURL)
            return errors.Unreachable(host, "address") if is_setup else errors.ConnectionBroken(host)
        case _:
            return errors.NetworkError(host, type(error).__name__)


def retry_after_s(headers: Mapping[str, str], wall: float) -> float | None:
    """Read Retry-After in both its forms (RFC 9110 10.2.3); a date counts from the server's own Date, if given."""
    value = headers.get("retry-after", "").strip()
    if value.isdigit():
        return float(value[:9])
    moment = _seconds(value)
    if moment is None:
        return None
    date = _seconds(headers.get("date", ""))
    return max(0.0, moment - (wall if date is None else date))


def _service_error(
    host: str, status: int, body: Mapping[str, object] | None, headers: Mapping[str, str], after: float | None
) -> errors.ServiceError:
    code = (body or {}).get("error")
    status = 503 if code in TRANSIENT_ERRORS and status < 429 else status
    return errors.service_error(
        host,
        status,
        code[:120] if isinstance(code, str) else "",
        request_id=headers.get("x-ms-request-id", "")[:120],
        retry_after_s=after,
    )


def _causes(error: BaseException) -> list[BaseException]:
    """Return an exception and what it wraps, as `requests` and `urllib3` nest it."""
    chain: list[BaseException] = []
    rest: list[object] = [error]
    while rest and len(chain) < 12:
        item = rest.pop(0)
        if isinstance(item, BaseException) and item not in chain:
            chain.append(item)
            rest += [*item.args, getattr(item, "reason", None), item.__cause__, item.__context__]
    return chain


def _never_connected(error: BaseException) -> bool:
    return isinstance(error, urllib3_errors.NewConnectionError | ConnectionRefusedError)


def _is_oauth(body: Mapping[str, object]) -> bool:
    """Tell whether a reply has a code or tokens in it, each of a type that MSAL may put into its cache."""
    texts = ("access_token", "refresh_token", "id_token", "client_info", "token_type", "scope", "foci")
    numbers = ("expires_in", "ext_expires_in", "refresh_in", "expires_on", "interval")
    return (
        ("access_token" in body or "device_code" in body)
        and all(isinstance(body.get(name), str | None) for name in texts)
        and all(re.fullmatch(r"\d{1,12}(\.0)?", str(body.get(name, 0))) for name in numbers)
    )


def _json_object(text: str) -> Mapping[str, object] | None:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _seconds(date: str) -> float | None:
    try:
        return parsedate_to_datetime(date).timestamp() if date else None
    except (ValueError, OverflowError):
        return None
