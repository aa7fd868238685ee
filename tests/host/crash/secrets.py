"""What must be in no report: a token, a refresh token, a key, two user codes and an address."""

from __future__ import annotations

SECRETS = (
    "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhaW5vIn0.c2lnbmF0dXJl",
    "0.AXoAp4nted-refresh-token-" + "x" * 60,
    "sUbScRiPtIoNkEy0123456789abcdefghijklmnopqrstuvwxyzABCD",
    "HX7KQ9WZ2",
    "BCDF-GHJK",
    "aino.virtanen@contoso.com",
)
