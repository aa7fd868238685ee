"""Encrypts the kept sign-in with Fernet (AES-128-CBC and HMAC-SHA256) from `cryptography`, with keys to rotate."""

from __future__ import annotations

from collections.abc import Sequence

from cryptography.fernet import Fernet, InvalidToken, MultiFernet


def encrypted(content: bytes, keys: Sequence[str]) -> bytes:
    """Encrypt with the first key."""
    return Fernet(keys[0]).encrypt(content)


def decrypted(sealed: bytes, keys: Sequence[str]) -> bytes | None:
    """Decrypt with whichever key fits; None where none does, or the content was changed."""
    try:
        return MultiFernet([Fernet(key) for key in keys]).decrypt(sealed)
    except InvalidToken:
        return None
