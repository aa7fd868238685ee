"""The hash of a lock pattern in the config file: scrypt (RFC 7914), as text with salt and parameters.

There are few patterns (4,096 of six arrows), so the hash is slow on purpose and the file has to be private. The lock
keeps passers-by from editing, not people who can read the disk.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from dataclasses import dataclass, field

from tvapp.remote.pattern import Pattern

SALT_BYTES = 16
_KEY_BYTES = 32
_COST_LOG2, _BLOCK, _LANES = 15, 8, 1
"""32 MiB, and about 0.1 s on a small PC."""

_LEAST_COST_LOG2 = 12
_MOST_TABLE = 1 << 19  # of 128 bytes: 64 MiB
_MOST_WORK = 1 << 20
_MOST_OPENSSL_MEMORY = 2 * 128 * _MOST_TABLE  # OpenSSL counts buffers beside the table
# A settings file must not make the app run out of memory or stand still: at most four times the work of our own hashes.

_FORM = re.compile(r"scrypt\$ln=([0-9]{1,2}),r=([0-9]{1,2}),p=([0-9]{1,2})\$([\w-]{22,86})\$([\w-]{43})", re.ASCII)


@dataclass(frozen=True, slots=True)
class PatternHash:
    """A hash and its parameters: scrypt's N is two to the `cost_log2`, its r is `block`, its p is `lanes`."""

    cost_log2: int
    block: int
    lanes: int
    salt: bytes = field(repr=False)
    key: bytes = field(repr=False)

    @classmethod
    def make(cls, pattern: Pattern, salt: bytes) -> PatternHash:
        """Return the hash of a pattern; `salt` is SALT_BYTES random bytes. Slow: about 0.1 s."""
        key = _derive(pattern, salt, _COST_LOG2, _BLOCK, _LANES)
        return cls(_COST_LOG2, _BLOCK, _LANES, salt, key)

    @classmethod
    def parse(cls, text: str) -> PatternHash:
        """Parse the form of `text`.

        Raises:
            ValueError: it is no hash, or checking it would take too much memory or time.
        """
        found = _FORM.fullmatch(text)
        if found is None:
            raise ValueError("not the hash of a lock pattern")
        cost_log2, block, lanes = int(found[1]), int(found[2]), int(found[3])
        if cost_log2 < _LEAST_COST_LOG2 or not block or not lanes:
            raise ValueError("the hash of a lock pattern that would be too quick to check")
        work = block << cost_log2
        if work >= _MOST_TABLE or work * lanes > _MOST_WORK:
            raise ValueError("the hash of a lock pattern that would take too much memory or time to check")
        if cost_log2 >= 16 * block:
            raise ValueError("the hash of a lock pattern with parameters that scrypt does not have (RFC 7914, 2)")
        made = cls(cost_log2, block, lanes, _bytes(found[4]), _bytes(found[5]))
        if made.text != text:
            raise ValueError("not the hash of a lock pattern")
        return made

    @property
    def text(self) -> str:
        """The hash in the form for the config file."""
        salt, key = (base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in (self.salt, self.key))
        return f"scrypt$ln={self.cost_log2},r={self.block},p={self.lanes}${salt}${key}"

    def matches(self, pattern: Pattern) -> bool:
        """Tell whether this is the hash of `pattern`. Slow on purpose, up to half a second: call it on a worker."""
        key = _derive(pattern, self.salt, self.cost_log2, self.block, self.lanes)
        return hmac.compare_digest(key, self.key)


def _bytes(text: str) -> bytes:
    if len(text) % 4 == 1:
        raise ValueError("not the hash of a lock pattern")  # no bytes are that long in base64
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _derive(pattern: Pattern, salt: bytes, cost_log2: int, block: int, lanes: int) -> bytes:
    return hashlib.scrypt(
        pattern.words.encode(),
        salt=salt,
        n=1 << cost_log2,
        r=block,
        p=lanes,
        maxmem=_MOST_OPENSSL_MEMORY,
        dklen=_KEY_BYTES,
    )
