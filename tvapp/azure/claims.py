"""Parses claims challenges of continuous access evaluation (CAE) in WWW-Authenticate.

A resource that learns of a revoked session, a changed password or another network answers 401 with
`error="insufficient_claims"` and `claims="..."`, a JSON object in base64 that the next token has to be requested with
(Microsoft identity platform, "Claims challenges, claims requests and client capabilities"). Only clients that declare
the capability `CP1` get such answers.
"""

from __future__ import annotations

import base64
import json
import re

MAX_FIELD = 32 << 10
MAX_CLAIMS = 8 << 10
"""Real claims have about a hundred bytes. They are sent on in a form, so much longer ones are refused."""

# Hand-written: fields come with unbalanced quotes and with several challenges in any order (RFC 9110, 11.6.1), at which
# parsers give up. Only the parts below are searched for, none of which can contain a quote or a comma. A word before a
# parameter begins another challenge if it is a known scheme; otherwise it may belong to a description.
_PARTS = re.compile(
    r"""(?P<scheme>(?<![\w"=-])(?:bearer|pop|dpop|basic|digest|negotiate|ntlm|jwt-sas|sharedkey)(?=\s+[\w-]+\s*=|\s*,|\s*$))
    |(?<![\w-])error\s*=\s*["']?(?P<error>[\w.-]+)
    |(?<![\w-])claims\s*=\s*["']?(?P<claims>[A-Za-z0-9+/_=-]+)""",
    re.IGNORECASE | re.VERBOSE,
)


def claims_challenge(field: str) -> str:
    """Return the claims that a WWW-Authenticate field challenges a bearer token with, as compact JSON; "" for none.

    Claims that are too long, no base64 (of either alphabet, padded or not) or no JSON object count as none.

    >>> claims_challenge('Bearer realm="", error="insufficient_claims", claims="eyJhY2Nlc3NfdG9rZW4iOnt9fQ=="')
    '{"access_token":{}}'
    >>> claims_challenge('Bearer error="invalid_token"')
    ''
    """
    scheme, error, claims = "bearer", "", ""
    for match in _PARTS.finditer(field[:MAX_FIELD]):
        if match["scheme"]:
            scheme, error, claims = match["scheme"].lower(), "", ""
        elif match["error"]:
            error = match["error"].lower()
        elif not claims:
            claims = match["claims"]
        if scheme == "bearer" and error == "insufficient_claims" and claims and (found := _decoded(claims)):
            return found
    return ""


def _decoded(text: str) -> str:
    plain = text.rstrip("=").replace("-", "+").replace("_", "/")
    if len(plain) > MAX_CLAIMS * 4 // 3:
        return ""
    try:
        value = json.loads(base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True))
        # MSAL adds our capabilities below "access_token", and relies on an object there.
        if not isinstance(value, dict) or not value or not isinstance(value.get("access_token", {}), dict):
            return ""
        return json.dumps(value, separators=(",", ":"), allow_nan=False)
    except (ValueError, RecursionError):
        return ""
