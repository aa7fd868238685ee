"""Encrypts the kept sign-in with Fernet (AES-128-CBC and HMAC-SHA256) from `cryptography`, with keys to rotate."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence

from cryptography.fernet import Fernet, InvalidToken, MultiFernet


def encrypted(content: bytes, keys: Sequence[str]) -> bytes:
    """Encrypt with the first key."""
    return Fernet(keys[0]).encrypt(content)


def decrypted(sealed: bytes, keys: Sequence[str]) -> bytes | None:
    """Decrypt with whichever key fits; None where none does, or the content was changed.

    A content that was changed so that it decodes to the same bytes counts as changed: decoding passes over characters
    outside of base64's alphabet, and over the unused bits of the last one.
    """
    try:
        if base64.urlsafe_b64encode(base64.urlsafe_b64decode(sealed)) != sealed:
            return None
        return MultiFernet([Fernet(key) for key in keys]).decrypt(sealed)
    except (InvalidToken, binascii.Error):
        return None
