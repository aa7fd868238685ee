"""The HTTP client of MSAL (azure-facts 2.5): sends through the app's own chain, and judges answers as OAuth does.

MSAL expects the interface of a `requests` session, calls it on a worker, and catches `requests` exceptions only. So
every failure is a `Failed`, which carries one of our own errors.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlencode, urlsplit

import requests

from tvapp.core import errors
from tvapp.core.clock import Clock
from tvapp.core.headers import Headers, media_type, retry_after_s
from tvapp.core.jobs import JobsStopped
from tvapp.net.request import Request, Response
from tvapp.net.trust import UNREADABLE

TRANSIENT_ERRORS = ("temporarily_unavailable", "server_error", "too_many_requests")
MAX_BYTES = 1 << 20
TIMEOUT_S = 25.0
_FORM = "application/x-www-form-urlencoded"


class Failed(requests.RequestException):
    """A request without an answer that MSAL can use; `body` is the OAuth error body where there was one."""

    def __init__(self, error: errors.TvappError, body: Mapping[str, object] | None = None) -> None:
        super().__init__(str(error))
        self.error = error
        self.body = body


@dataclass(frozen=True, slots=True)
class Reply:
    """The part of a response that MSAL reads."""

    status_code: int
    text: str = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)

    def raise_for_status(self) -> None:
        """Do nothing: for a status that is a failure, `Failed` was raised before."""


class HttpClient:
    """Sends MSAL's requests; may be used from several workers.

    `send` sends one request and waits for its response (`LazyChain.send_and_wait`). Everything but GET is sent once.
    """

    def __init__(self, send: Callable[[Request], Response], clock: Clock) -> None:
        self._send_and_wait = send
        self._clock = clock

    def get(self, url: str, params: object = None, headers: Mapping[str, str] | None = None, **_: object) -> Reply:
        """GET a JSON object.

        Raises:
            Failed: anything else came, or nothing.
        """
        return self._send("GET", url, params, b"", Headers(headers or {}))

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
        fields = Headers({"content-type": _FORM}).replaced(headers or {})
        return self._send("POST", url, params, _encoded(data).encode(), fields)

    def close(self) -> None:
        """Do nothing: the connections are shared with the rest of the app."""

    def _send(self, method: str, url: str, params: object, body: bytes, headers: Headers) -> Reply:
        parts = urlsplit(url)
        host = parts.hostname or ""
        if parts.scheme != "https" or not host:
            raise Failed(errors.ConfigError("identity provider", "endpoint", parts.scheme or "nothing", "https"))
        if query := _encoded(params):
            url = f"{url}{'&' if parts.query else '?'}{query}"
        request = Request(method, url, headers, body, limit_bytes=MAX_BYTES, timeout_s=TIMEOUT_S)
        try:
            response = self._send_and_wait(request)
        except JobsStopped as error:
            raise Failed(errors.Unreachable(host, "shutting down")) from error
        except errors.TlsFailed as error:
            if not error.reason.startswith(UNREADABLE):
                raise Failed(error) from error
            allowed = "a file of certificates in PEM form"
            raise Failed(errors.ConfigError("config", "network.ca_bundle", error.reason, allowed)) from error
        except errors.TvappError as error:
            raise Failed(error) from error
        return self._checked(method, host, response)

    def _checked(self, method: str, host: str, response: Response) -> Reply:
        status, headers, text = response.status, response.headers, response.body.decode(errors="replace")
        body = _json_object(text)
        after = retry_after_s(headers, self._clock.wall())
        if status == 429 or status >= 500:
            raise Failed(_service_error(host, status, body, headers, after), body)
        if 300 <= status < 400:
            raise Failed(errors.UnexpectedReply(host, status, "html", "redirected"))
        if body is None:
            is_html = "html" in media_type(headers) or text.lstrip()[:1] == "<"
            if status in (404, 410) and method == "GET":
                raise Failed(errors.NotFound(host, status))
            raise Failed(errors.UnexpectedReply(host, status, "html" if is_html else "not_json"))
        if method == "GET" and status >= 400:
            raise Failed(_service_error(host, status, body, headers, after), body)
        if body.get("error") in TRANSIENT_ERRORS:
            raise Failed(_service_error(host, status, body, headers, after), body)
        if method == "POST" and "error" not in body:
            wrong = _wrong_field(body)
            if status >= 400 or wrong is not None:
                raise Failed(errors.UnexpectedReply(host, status, "not_oauth", wrong or ""))
        return Reply(status, text, headers)


def _encoded(fields: object) -> str:
    """Return a form or a query as text; MSAL passes None for a field to leave out."""
    if isinstance(fields, Mapping):
        return urlencode({key: value for key, value in fields.items() if value is not None})
    return fields if isinstance(fields, str) else ""


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


_TOKENS = ("access_token", "refresh_token", "id_token", "client_info", "device_code")
_TEXTS = ("token_type", "scope", "foci")
_NUMBERS = ("expires_in", "ext_expires_in", "refresh_in", "expires_on", "interval")
_LONGEST_TOKEN = 1 << 16
"""Characters; no server takes a longer header, and the longest tokens of Entra ID have some 10,000."""


def _wrong_field(body: Mapping[str, object]) -> str | None:
    """Return what keeps a reply from holding a code or tokens that MSAL can cache and send; None for a good one."""
    if "access_token" not in body and "device_code" not in body:
        return "no access_token and no device_code"
    for name in (*_TOKENS, *_TEXTS):
        if not isinstance(body.get(name), str | None):
            return f"{name} is no text"
    for name in _TOKENS:
        token = body.get(name)
        # RFC 6750 2.1, RFC 6749 A.12 and A.17: visible ASCII. MSAL fails on an empty id_token.
        if isinstance(token, str) and not re.fullmatch(rf"[!-~]{{1,{_LONGEST_TOKEN}}}", token):
            return f"{name} is {'empty' if not token else 'too long or has characters that no token has'}"
    for name in _NUMBERS:
        if name in body and not re.fullmatch(r"\d{1,12}(\.0)?", str(body[name])):
            return f"{name} is no number"
    return None


def _json_object(text: str) -> Mapping[str, object] | None:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None
