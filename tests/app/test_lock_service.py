"""The number of wrong tries survives a restart, and a damaged file does not start it anew."""

from __future__ import annotations

import pytest

from tvapp.app.lock_service import FORMAT, pack, unpack


@pytest.mark.parametrize("tries", [0, 1, 7, 123_456])
def test_a_number_of_tries_is_a_record(tries: int) -> None:
    assert unpack(pack(tries)) == tries
    assert bytes(FORMAT.unpack(pack(tries))) == str(tries).encode()


@pytest.mark.parametrize(
    "data", [b"", b"0", b"12 4b6b5cf3\n", pack(12)[:-1], pack(12) + b"0", FORMAT.pack(b""), FORMAT.pack(b"-1")]
)
def test_a_file_that_makes_no_sense_counts_as_some_wrong_tries(data: bytes) -> None:
    assert unpack(data) == 3
