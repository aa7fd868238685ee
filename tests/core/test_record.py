"""Records: what was packed is unpacked, and a file with any byte lost or changed is refused."""

from __future__ import annotations

import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tvapp.core.record import (
    MAX_HEADER_BYTES,
    DamagedRecord,
    ForeignRecord,
    NewerRecord,
    RecordError,
    RecordFormat,
)

FORMAT = RecordFormat("some-kind", 2)
payloads = st.binary(max_size=40)


@given(payloads)
def test_what_was_packed_is_unpacked(payload: bytes) -> None:
    assert bytes(FORMAT.unpack(FORMAT.pack(payload))) == payload


@given(st.lists(payloads, max_size=8))
def test_a_payload_in_pieces_makes_the_same_file(pieces: list[bytes]) -> None:
    assert b"".join([FORMAT.header(pieces), *pieces]) == FORMAT.pack(b"".join(pieces))


def test_the_form_on_disk_is_stable() -> None:
    fields = b"tvapp-record some-kind 2 5 "
    assert FORMAT.pack(b"hello") == fields + b"%08x\nhello" % zlib.crc32(b"hello" + fields)


@given(payloads)
def test_a_record_that_ends_early_at_any_byte_is_refused(payload: bytes) -> None:
    whole = FORMAT.pack(payload)
    for length in range(len(whole)):
        with pytest.raises((DamagedRecord, ForeignRecord)):
            FORMAT.unpack(whole[:length])


@given(payloads, st.binary(min_size=1, max_size=9))
def test_a_record_with_more_behind_it_is_refused(payload: bytes, more: bytes) -> None:
    with pytest.raises(DamagedRecord):
        FORMAT.unpack(FORMAT.pack(payload) + more)


@given(payloads, st.integers(1, 255))
def test_a_record_with_any_one_byte_changed_is_refused_and_never_taken_for_a_newer_one(
    payload: bytes, change: int
) -> None:
    whole = FORMAT.pack(payload)
    for at in range(len(whole)):
        damaged = whole[:at] + bytes([whole[at] ^ change]) + whole[at + 1 :]
        with pytest.raises((DamagedRecord, ForeignRecord)):
            FORMAT.unpack(damaged)


@given(payloads)
def test_a_record_with_one_byte_zeroed_or_left_out_or_zeros_from_there_on_is_refused(payload: bytes) -> None:
    whole = FORMAT.pack(payload)
    for at in range(len(whole)):
        zeroed = whole[:at] + b"\0" + whole[at + 1 :]
        rest_zeroed = whole[:at] + bytes(len(whole) - at)
        for damaged in {zeroed, rest_zeroed, whole[:at] + whole[at + 1 :]} - {whole}:
            with pytest.raises((DamagedRecord, ForeignRecord)):
                FORMAT.unpack(damaged)


@given(st.binary(max_size=200))
def test_any_other_bytes_are_an_error_of_ours(data: bytes) -> None:
    with pytest.raises(RecordError):
        FORMAT.unpack(data)


@pytest.mark.parametrize("data", [b"", b"{}", b"tvapp-recor", b" tvapp-record some-kind 2 0 00000000\n"])
def test_what_does_not_start_as_a_record_is_foreign(data: bytes) -> None:
    with pytest.raises(ForeignRecord):
        FORMAT.unpack(data)


def sound(fields: bytes, payload: bytes = b"") -> bytes:
    return fields + b"%08x\n" % zlib.crc32(payload + fields) + payload


@pytest.mark.parametrize(
    "fields",
    [
        b"tvapp-record some-kind 02 0 ",
        b"tvapp-record some-kind 2 00 ",
        b"tvapp-record some-kind +2 0 ",
        b"tvapp-record some_kind 2 0 ",
        b"tvapp-record some-kind 2 " + b"9" * 5000 + b" ",
        b"tvapp-record " + b"k" * 33 + b" 2 0 ",
    ],
)
def test_each_header_has_one_spelling_only(fields: bytes) -> None:
    with pytest.raises(DamagedRecord):
        FORMAT.unpack(sound(fields))


def test_an_upper_case_checksum_is_damage() -> None:
    payload = next(bytes([each]) for each in range(256) if b"a" in FORMAT.pack(bytes([each])).split()[4])
    whole = FORMAT.pack(payload)
    fields, _, rest = whole.partition(b"\n")
    with pytest.raises(DamagedRecord):
        FORMAT.unpack(fields[:-8] + fields[-8:].upper() + b"\n" + rest)


@pytest.mark.parametrize("payload", [b"", b"something"])
def test_another_kind_and_an_earlier_version_are_foreign_and_a_later_one_is_newer(payload: bytes) -> None:
    with pytest.raises(ForeignRecord, match="another-kind"):
        FORMAT.unpack(RecordFormat("another-kind", 2).pack(payload))
    with pytest.raises(ForeignRecord, match="another-kind"):
        FORMAT.unpack(RecordFormat("another-kind", 9).pack(payload))
    with pytest.raises(ForeignRecord, match="version 1, not 2"):
        FORMAT.unpack(RecordFormat("some-kind", 1).pack(payload))
    with pytest.raises(NewerRecord, match="version 3, not 2"):
        FORMAT.unpack(RecordFormat("some-kind", 3).pack(payload))


def test_every_refusal_is_a_record_error_that_names_the_kind() -> None:
    assert issubclass(DamagedRecord, RecordError)
    assert issubclass(NewerRecord, RecordError)
    with pytest.raises(RecordError) as raised:
        FORMAT.unpack(b"nonsense")
    assert raised.value.source == "some-kind"


def test_a_header_is_no_larger_than_it_says() -> None:
    of_nothing = RecordFormat("k" * 32, 999_999).header([])
    assert len(of_nothing) - len("0") + len("999999999999") == MAX_HEADER_BYTES


def test_unpacking_copies_nothing() -> None:
    data = FORMAT.pack(b"payload")
    assert FORMAT.unpack(data).obj is data
