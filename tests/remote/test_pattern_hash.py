"""The hash of a lock pattern."""

from __future__ import annotations

import hashlib
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tvapp.remote.pattern import pattern_of
from tvapp.remote.pattern_hash import PatternHash

PATTERN = pattern_of(["up", "up", "left", "right", "down"])
SALT = bytes(range(16))
KEY = "A" * 43


def quick(pattern_words: str, salt: bytes = SALT) -> PatternHash:
    """Return a hash with the cheapest parameters that are taken."""
    key = hashlib.scrypt(pattern_words.encode(), salt=salt, n=1 << 12, r=1, p=1, dklen=32)
    return PatternHash(12, 1, 1, salt, key)


def test_the_hash_that_is_made_fits_its_pattern_and_no_other() -> None:
    made = PatternHash.make(PATTERN, SALT)
    again = PatternHash.parse(made.text)
    assert again == made
    assert again.matches(PATTERN)
    assert not again.matches(pattern_of(["up", "up", "left", "right", "up"]))


def test_it_is_scrypt_with_32_mebibytes() -> None:
    made = PatternHash.make(PATTERN, SALT)
    assert re.fullmatch(r"scrypt\$ln=15,r=8,p=1\$AAECAwQFBgcICQoLDA0ODw\$[\w-]{43}", made.text)
    assert made.key == hashlib.scrypt(b"up up left right down", salt=SALT, n=32768, r=8, p=1, maxmem=1 << 27, dklen=32)


@pytest.mark.parametrize("words", ["up up left right", "up up left right down down", "down right left up up"])
def test_a_pattern_that_is_longer_shorter_or_the_other_way_round_does_not_fit(words: str) -> None:
    assert quick("up up left right down").matches(PATTERN)
    assert not quick(words).matches(PATTERN)


def test_another_salt_makes_another_hash() -> None:
    assert quick(PATTERN.words, bytes(16)).key != quick(PATTERN.words).key
    assert quick(PATTERN.words, bytes(16)).matches(PATTERN)


@pytest.mark.parametrize("size", range(16, 65))
def test_a_salt_of_16_to_64_bytes_is_read_back(size: int) -> None:
    made = PatternHash(15, 8, 1, bytes(range(200, 200 - size, -1)), bytes(32))
    assert PatternHash.parse(made.text) == made


def test_its_text_is_not_shown_by_accident() -> None:
    made = quick(PATTERN.words)
    assert made.text.rpartition("$")[2] not in repr(made)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "scrypt",
        "up up left right",
        f"bcrypt$ln=15,r=8,p=1$AAECAwQFBgcICQoLDA0ODw${KEY}",
        f"$scrypt$ln=15,r=8,p=1$AAECAwQFBgcICQoLDA0ODw${KEY}",
        f"scrypt$ln=15,r=8$AAECAwQFBgcICQoLDA0ODw${KEY}",
        f"scrypt$ln=15,r=8,p=1$short${KEY}",
        f"scrypt$ln=15,r=8,p=1$AAECAwQFBgcICQoLDA0ODw${KEY[1:]}",
        f"scrypt$ln=15,r=8,p=1$AAECAwQFBgcICQoLDA0ODw${KEY}A",
        f"scrypt$ln=15,r=8,p=1$AAECAwQFBgcICQoLDA0ODw${KEY}\n",
        f"scrypt$ln=15,r=8,p=1$AAECAwQFBgcICQoLDA0ODx${KEY}",  # bits that no salt of 16 bytes has
        f"scrypt$ln=15,r=8,p=1$AAECAwQFBgcICQoLDA0ODwAAA${KEY}",  # a length that no bytes have
        f"scrypt$ln=015,r=8,p=1$AAECAwQFBgcICQoLDA0ODw${KEY}",
        f"scrypt$ln=１５,r=8,p=1$AAECAwQFBgcICQoLDA0ODw${KEY}",
    ],
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"^not the hash of a lock pattern$"):
        PatternHash.parse(text)


@pytest.mark.parametrize(
    "parameters", ["ln=11,r=8,p=1", "ln=00,r=8,p=1", "ln=15,r=0,p=1", "ln=15,r=8,p=0", "ln=0,r=1,p=1"]
)
def test_parameters_that_make_it_quick_to_guess_are_refused(parameters: str) -> None:
    with pytest.raises(ValueError, match=r"^the hash of a lock pattern that would be too quick to check$"):
        PatternHash.parse(f"scrypt${parameters}$AAECAwQFBgcICQoLDA0ODw${KEY}")


@pytest.mark.parametrize(
    "parameters",
    ["ln=23,r=8,p=1", "ln=99,r=99,p=99", "ln=15,r=16,p=1", "ln=16,r=8,p=1", "ln=12,r=8,p=99", "ln=15,r=8,p=5"],
)
def test_parameters_that_would_take_all_memory_or_minutes_are_refused(parameters: str) -> None:
    message = r"^the hash of a lock pattern that would take too much memory or time to check$"
    with pytest.raises(ValueError, match=message):
        PatternHash.parse(f"scrypt${parameters}$AAECAwQFBgcICQoLDA0ODw${KEY}")


@pytest.mark.parametrize("cost_log2", [16, 18])
def test_parameters_that_scrypt_does_not_have_are_refused(cost_log2: int) -> None:
    message = r"^the hash of a lock pattern with parameters that scrypt does not have \(RFC 7914, 2\)$"
    with pytest.raises(ValueError, match=message):
        PatternHash.parse(f"scrypt$ln={cost_log2},r=1,p=1$AAECAwQFBgcICQoLDA0ODw${KEY}")


def test_four_times_our_own_work_is_taken() -> None:
    text = f"scrypt$ln=15,r=8,p=4$AAECAwQFBgcICQoLDA0ODw${KEY}"
    assert PatternHash.parse(text).text == text


@given(st.integers(0, 99), st.integers(0, 99), st.integers(0, 99))
def test_what_is_taken_needs_at_most_64_mebibytes_and_four_times_our_own_work(ln: int, r: int, p: int) -> None:
    try:
        made = PatternHash.parse(f"scrypt$ln={ln},r={r},p={p}$AAECAwQFBgcICQoLDA0ODw${KEY}")
    except ValueError:
        return
    assert 128 * made.block * ((1 << made.cost_log2) + made.lanes) <= 64 << 20
    assert (made.block * made.lanes) << made.cost_log2 <= 4 * (8 << 15)


@pytest.mark.parametrize(("ln", "r", "p"), [(15, 15, 1), (12, 99, 1), (12, 8, 4), (15, 1, 4)])
def test_the_most_expensive_hashes_that_are_taken_can_be_checked(ln: int, r: int, p: int) -> None:
    text = f"scrypt$ln={ln},r={r},p={p}$AAECAwQFBgcICQoLDA0ODw${KEY}"
    assert not PatternHash.parse(text).matches(PATTERN)


@given(st.text(max_size=120))
def test_no_text_upsets_it(text: str) -> None:
    with pytest.raises(ValueError, match="hash"):
        PatternHash.parse(text)
