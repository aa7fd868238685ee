import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from tvapp.azure.attribution_text import MAX_LENGTH, MAX_LINES, clean_lines
from tvapp.azure.errors import parse_challenge, plain


def test_anchors_entities_and_blanks_go() -> None:
    lines = clean_lines(
        [
            '<a data-azure-maps-attribution-tileset="microsoft.base.road" href="https://x">&copy;2022 TomTom</a>',
            "  <b>Earthstar</b>\n Geographics&nbsp;&amp; Co ",
            "<script>alert(1)</script>",
            "<style>x{}</style>&copy; OSM",
            "&lt;b&gt;",
            "<![broken <!-- <",
        ]
    )
    assert lines[:4] == ("©2022 TomTom", "Earthstar Geographics & Co", "© OSM", "<b>")


def test_a_flood_of_lines_is_cut() -> None:
    lines = clean_lines(f"{n} " + "x" * 1000 for n in range(1000))
    assert len(lines) == MAX_LINES
    assert all(len(line) <= MAX_LENGTH for line in lines)


@given(st.lists(st.text(max_size=80) | st.text("<>&;!-/a[]\"'= #x41", max_size=60), max_size=5))
def test_whatever_comes_lines_are_short_clean_and_different(strings: list[str]) -> None:
    lines = clean_lines(strings)
    assert len(set(lines)) == len(lines)
    for line in lines:
        assert 0 < len(line) <= MAX_LENGTH
        assert line == " ".join(line.split())
        assert not any(unicodedata.category(c).startswith("C") for c in line)


@given(st.text(max_size=200), st.integers(1, 50))
def test_plain_text_is_plain_once_and_for_all(text: str, limit: int) -> None:
    once = plain(text, limit)
    assert len(once) <= limit
    assert plain(once, limit) == once


@given(st.text(max_size=300))
def test_no_challenge_is_too_strange(text: str) -> None:
    assert set(parse_challenge(text)) <= {"error", "error_description"}
