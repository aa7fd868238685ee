"""Claims challenges of continuous access evaluation (CAE), read from WWW-Authenticate.

A resource that hears of a revoked session, a changed password or another network answers 401 with
`error="insufficient_claims"` and `claims="..."`, a JSON object in base64: what the next token has to be asked for with
(Microsoft identity platform, "Claims challenges, claims requests and client capabilities"). Only clients that declare
the capability `CP1` are answered like that.
"""

from __future__ import annotations

import base64
import json
import re

MAX_FIELD = 32 << 10
MAX_CLAIMS = 8 << 10
"""Real ones have about a hundred bytes. They go into a form of ours, so what is much longer is not taken."""

# Fields come with unbalanced quotes and several challenges, whose order and commas are nobody's promise (RFC 9110,
# 11.6.1): so only what matters is looked for, and none of it can contain a quote or a comma. A word before a parameter
# begins another challenge if it is a scheme that is known; it may be a description's otherwise.
_PARTS = re.compile(
    r"""(?P<scheme>(?<![\w"=-])(?:bearer|pop|dpop|basic|digest|negotiate|ntlm|jwt-sas|sharedkey)(?=\s+[\w-]+\s*=|\s*,|\s*$))
    |(?<![\w-])error\s*=\s*["']?(?P<error>[\w.-]+)
    |(?<![\w-])claims\s*=\s*["']?(?P<claims>[A-Za-z0-9+/_=-]+)""",
    re.IGNORECASE | re.VERBOSE,
)


def claims_challenge(field: str) -> str:
    """Return the claims that a WWW-Authenticate field challenges a bearer token with, as compact JSON; "" for none.

    What is too long, no base64 (of either alphabet, padded or not) or no JSON object counts as none.

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
