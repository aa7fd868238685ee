"""Turns unexpected answers of Azure Maps and its Data service into our errors."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping

from tvapp.core.errors import NotFound, ServiceError, UnexpectedReply, service_error
from tvapp.core.headers import is_json, media_type, retry_after_s
from tvapp.core.urls import host_of
from tvapp.net.request import Response

_MAX_BODY = 64 << 10
_MAX_CODE = 80
_MAX_MESSAGE = 300
_A_PAGE = "a page instead of an answer"
_REQUEST_IDS = ("x-ms-request-id", "x-correlation-id", "x-ms-correlation-request-id", "x-ms-client-request-id")
# Real challenges have unbalanced quotes, so the closing quote is optional.
_CHALLENGE = re.compile(r'\b(error|error_description)\s*=\s*"?([^",]{1,300})', re.IGNORECASE)


def failure(response: Response, wall_s: float) -> ServiceError:
    """Return the error for `response`; `wall_s` is the wall time, for a Retry-After that is a date.

    An HTML page comes from a proxy or a portal: UnexpectedReply, unless the status says that the service is busy or
    down, which gateways say in HTML.
    """
    status = response.status
    pause_s = retry_after_s(response.headers, wall_s)
    request_id = next((plain(response.headers[name], 80) for name in _REQUEST_IDS if name in response.headers), "")
    if is_page(response) and not (status == 429 or status >= 500):
        return UnexpectedReply(response.host, status, "html", _A_PAGE, request_id=request_id)
    if 300 <= status < 400:
        # The services never redirect: this is how a portal leads to its page.
        where = host_of(response.headers.get("location", "")) or "another place"
        reason = plain(f"leads to {where}; redirects are not followed", 160)
        return UnexpectedReply(response.host, status, "html", reason, request_id=request_id)
    if status < 400:
        kind = media_type(response.headers) or "nothing"
        return UnexpectedReply(response.host, status, "", plain(f"unexpected {kind}", 120), request_id=request_id)
    code, message = _error_body(response)
    if status == 401:
        challenge = parse_challenge(response.headers.get("www-authenticate", ""))
        code = challenge.get("error") or code
        message = challenge.get("error_description") or message
    return service_error(response.host, status, code, message, request_id=request_id, retry_after_s=pause_s)


def failure_by_id(response: Response, wall_s: float) -> ServiceError:
    """Return what `failure` does, for a request for one item by its id: Azure Maps says 400 where there is none."""
    error = failure(response, wall_s)
    if response.status == 400 and not isinstance(error, UnexpectedReply):
        return NotFound(error.host, 400, error.code, error.message, request_id=error.request_id)
    return error


def is_page(response: Response) -> bool:
    """Tell whether the body is an HTML page, by its content type or by its beginning."""
    if media_type(response.headers) in {"text/html", "application/xhtml+xml"}:
        return True
    start = response.body[:256].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    return start.startswith((b"<!doctype html", b"<html"))


def refuse_page(response: Response) -> None:
    """Raise for an HTML page.

    Raises:
        UnexpectedReply: the body is an HTML page, and so comes from a portal or a proxy.
    """
    if is_page(response):
        raise UnexpectedReply(response.host, response.status, "html", _A_PAGE)


def parse_json(response: Response) -> object:
    """Return the JSON that a 200 carries.

    Raises:
        UnexpectedReply: the body or its content type is not JSON; a page has the code "html".
    """
    refuse_page(response)
    if is_json(response.headers):
        try:
            return json.loads(response.body)
        except (ValueError, RecursionError) as error:
            raise UnexpectedReply(response.host, response.status, "json", "broken JSON") from error
    raise UnexpectedReply(response.host, response.status, "", "not JSON")


def parse_challenge(text: str) -> dict[str, str]:
    """Return `error` and `error_description` of a WWW-Authenticate field, as far as they can be read.

    >>> parse_challenge('Bearer realm="https://atlas.microsoft.com/", error="InvalidClientId')
    {'error': 'InvalidClientId'}
    """
    return {name.lower(): plain(value, _MAX_MESSAGE) for name, value in _CHALLENGE.findall(text[:4096])}


def plain(text: str, limit: int) -> str:
    """Return `text` on one line, without control characters or direction marks, cut to `limit` characters.

    >>> plain("a\\x00b \\n c", 10)
    'ab c'
    """
    kept = (c for c in text[: limit * 8] if c.isspace() or not unicodedata.category(c).startswith("C"))
    words = " ".join("".join(kept).split())
    return words if len(words) <= limit else words[: limit - 1].rstrip() + "…"


def _error_body(response: Response) -> tuple[str, str]:
    if not is_json(response.headers) or len(response.body) > _MAX_BODY:
        return "", ""
    try:
        body = json.loads(response.body)
    except (ValueError, RecursionError):
        return "", ""
    error = body.get("error") if isinstance(body, dict) else None
    if not isinstance(error, dict):
        return "", ""
    return _text(error, "code", _MAX_CODE), _text(error, "message", _MAX_MESSAGE)


def _text(fields: Mapping[object, object], name: str, limit: int) -> str:
    value = fields.get(name)
    return plain(value, limit) if isinstance(value, str) else ""
