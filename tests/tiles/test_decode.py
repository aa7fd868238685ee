import struct
import zlib
from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image as Pillow

from tests.tiles.pictures import encode, png
from tvapp.core.errors import DataError
from tvapp.tiles.decode import MAX_BYTES, _swap_red_and_blue, decode_tile, sniff


def test_pixels_come_in_the_order_the_screen_wants() -> None:
    tile = decode_tile(png((1, 2, 3)), "t")
    assert tile.image is not None
    assert tile.image.pixels[:4] == bytes([3, 2, 1, 255])
    assert (tile.image.width, tile.image.height, tile.image.opaque) == (512, 512, True)
    assert (tile.left, tile.top, tile.size) == (0, 0, 512)


@pytest.mark.parametrize(
    ("kind", "mode"),
    [("PNG", "RGB"), ("PNG", "L"), ("PNG", "P"), ("PNG", "1"), ("JPEG", "RGB"), ("JPEG", "L"), ("WEBP", "RGB")],
)
def test_every_format_and_mode_that_may_come_is_read(kind: str, mode: str) -> None:
    tile = decode_tile(encode(Pillow.new("RGB", (256, 256), (255, 255, 255)).convert(mode), kind), "t")
    assert tile.size == 256
    assert tile.image is not None
    assert tile.image.opaque
    assert tile.image.pixels[0] > 250


MODES = {
    "PNG": ["RGB", "RGBA", "P", "L", "LA", "1", "I;16"],
    "JPEG": ["RGB", "L", "CMYK"],
    "WEBP": ["RGB", "RGBA"],
}


@pytest.mark.parametrize(("kind", "mode"), [(kind, mode) for kind, modes in MODES.items() for mode in modes])
def test_the_pixels_are_those_that_pillow_reads_in_the_order_of_the_screen(kind: str, mode: str) -> None:
    colourful = Pillow.merge("RGBA", [Pillow.linear_gradient("L").rotate(turn) for turn in (0, 90, 180, 270)])
    flat = colourful if mode in ("RGBA", "LA") else colourful.convert("RGB")
    data = encode(flat.convert("L").convert(mode) if mode == "I;16" else flat.convert(mode), kind)
    tile = decode_tile(data, "t")
    with Pillow.open(BytesIO(data)) as picture:
        expected = picture.convert("RGBA")
    assert tile.image is not None
    box = (0, tile.top, 256, tile.top + tile.image.height)
    assert tile.image.pixels == expected.crop(box).tobytes("raw", "BGRA")
    assert tile.image.opaque == (mode not in ("RGBA", "LA"))


@pytest.mark.parametrize("mode", ["RGB", "P", "L"])
def test_a_single_transparent_colour_is_transparent(mode: str) -> None:
    picture = Pillow.new("RGB", (256, 256), (10, 20, 30)).convert(mode)
    colour = picture.getpixel((0, 0))
    assert isinstance(colour, int | tuple)
    picture.paste(picture.convert("RGB").point(lambda value: 255 - value).convert(mode), (0, 0), None)
    picture.paste(colour, (0, 0, 256, 100))
    data = encode(picture, transparency=colour)
    tile = decode_tile(data, "t")
    with Pillow.open(BytesIO(data)) as read:
        expected = read.convert("RGBA").crop((0, 100, 256, 256))
    assert tile.image is not None
    assert (tile.top, tile.image.height, tile.image.opaque) == (100, 156, False)
    assert tile.image.pixels == expected.tobytes("raw", "BGRA")


def test_pixels_go_where_they_are_told_to() -> None:
    given: list[bytearray] = []

    def room(size: int) -> bytearray:
        given.append(bytearray(b"\x55" * size))
        return given[-1]

    image = decode_tile(png((1, 2, 3)), "t", room).image
    assert image is not None
    assert image.pixels is given[0]
    assert bytes(image.pixels) == bytes([3, 2, 1, 255]) * (512 * 512)


def test_transparent_margins_are_cut_off() -> None:
    picture = Pillow.new("RGBA", (512, 512))
    picture.paste((255, 0, 0, 128), (100, 50, 130, 60))
    tile = decode_tile(encode(picture), "t")
    assert (tile.left, tile.top, tile.size) == (100, 50, 512)
    assert tile.image is not None
    assert (tile.image.width, tile.image.height, tile.image.opaque) == (30, 10, False)
    assert tile.image.pixels == bytes([0, 0, 255, 128]) * 300


def test_a_wholly_transparent_tile_has_no_image() -> None:
    tile = decode_tile(png((9, 9, 9, 0)), "t")
    assert (tile.image, tile.left, tile.top, tile.size) == (None, 0, 0, 512)


def test_a_palette_with_a_transparent_colour_is_transparent() -> None:
    picture = Pillow.new("P", (256, 256), 0)
    picture.putpalette([0, 0, 0, 255, 255, 255])
    picture.paste(1, (0, 0, 10, 10))
    tile = decode_tile(encode(picture, transparency=0), "t")
    assert tile.image is not None
    assert (tile.image.width, tile.image.height) == (10, 10)


def test_alpha_that_hides_nothing_counts_as_opaque() -> None:
    tile = decode_tile(png((1, 2, 3, 255)), "t")
    assert tile.image is not None
    assert tile.image.opaque
    assert (tile.left, tile.top, tile.size) == (0, 0, 512)


def bomb(width: int, height: int) -> bytes:
    """A PNG that promises `width` x `height` pixels."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(bytes(100000))) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<html>no</html>",
        b"\x89PNG\r\n\x1a\n",
        bomb(65000, 65000),
        bomb(20000, 20000),
        bomb(512, 512),
        png(size=512)[:-1],
        encode(Pillow.new("RGB", (512, 256)), "PNG"),
        encode(Pillow.new("RGB", (1024, 1024)), "PNG"),
        encode(Pillow.new("RGB", (512, 512)), "GIF"),
        encode(Pillow.effect_noise((512, 512), 90), "JPEG")[:-2000],
        encode(Pillow.effect_noise((512, 512), 90), "WEBP")[:-2000],
        b"\x89PNG\r\n\x1a\n" + bytes(5 << 20) + b"IEND\xaeB`\x82",
    ],
)
def test_what_is_no_tile_is_refused(data: bytes) -> None:
    with pytest.raises(DataError):
        decode_tile(data, "t")


_NOISE = encode(Pillow.effect_noise((256, 256), 90))


@settings(max_examples=60, deadline=None)
@given(st.integers(0, len(_NOISE) - 1), st.integers(0, 255))
def test_a_file_cut_anywhere_is_refused_and_a_damaged_one_never_hurts(at: int, value: int) -> None:
    with pytest.raises(DataError):
        decode_tile(_NOISE[:at], "t")
    damaged = bytearray(_NOISE)
    damaged[at] = value
    try:
        tile = decode_tile(bytes(damaged), "t")
    except DataError:
        return
    assert tile.size == 256


def test_formats_are_recognised_by_their_first_bytes() -> None:
    assert sniff(b"\xff\xd8\xff\xe0") == "JPEG"
    assert sniff(b"RIFF....WEBP") == "WEBP"
    assert sniff(b"RIFF....WAVE") is None


@pytest.mark.parametrize(("kind", "mode"), [(kind, mode) for kind, modes in MODES.items() for mode in modes])
def test_a_tile_is_made_as_small_as_it_is_shown(kind: str, mode: str) -> None:
    halves = Pillow.new("RGB", (512, 512), (255, 255, 255))
    halves.paste((0, 0, 0), (0, 0, 512, 256))
    picture = halves.convert("L" if mode == "I;16" else "RGB").convert(mode)
    tile, whole = (decode_tile(encode(picture, kind), "t", max_px=px).image for px in (341, 512))
    assert tile is not None
    assert whole is not None
    assert (tile.width, tile.height, tile.opaque) == (341, 341, True)
    assert set(tile.pixels[3::4]) == {255}
    upper, lower = tile.pixels[: 160 * 341 * 4], tile.pixels[-160 * 341 * 4 :]
    assert max(upper[0::4]) <= whole.pixels[0] + 10
    assert min(lower[0::4]) >= whole.pixels[-4] - 10


@given(st.integers(1, 511), st.tuples(*[st.integers(0, 500)] * 2), st.tuples(*[st.integers(12, 300)] * 2))
@settings(max_examples=30, deadline=None)
def test_what_is_left_of_a_smaller_one_lies_where_it_did(
    max_px: int, corner: tuple[int, int], size: tuple[int, int]
) -> None:
    picture = Pillow.new("RGBA", (512, 512))
    box = (*corner, min(512, corner[0] + size[0]), min(512, corner[1] + size[1]))
    picture.paste((255, 0, 0, 255), box)
    tile = decode_tile(encode(picture), "t", max_px=max_px)
    assert tile.size == max_px
    image, ratio = tile.image, max_px / 512
    if image is None:
        assert max(box[2] - box[0], box[3] - box[1]) * ratio < 4
        return
    found = (tile.left, tile.top, tile.left + image.width, tile.top + image.height)
    # One pixel for rounding, and two that the filter reaches.
    assert all(abs(at - edge * ratio) <= 3.0 for at, edge in zip(found, box, strict=True))
    # Transparent pixels have no colour that would show at the edges.
    pixels = image.pixels
    assert all(pixels[i + 2] >= 250 for i in range(0, len(pixels), 4) if pixels[i + 3] > 8)


def test_a_tile_is_never_made_larger() -> None:
    tile = decode_tile(png(size=256), "t", max_px=341)
    assert tile.image is not None
    assert (tile.size, tile.image.width) == (256, 256)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty"),
        (b"<html>", "no picture"),
        (b"\x89PNG\r\n\x1a\n" + bytes(MAX_BYTES - 8), "cut short"),
        (b"\x89PNG\r\n\x1a\n" + bytes(MAX_BYTES - 7), "too large"),
        (encode(Pillow.new("RGB", (512, 512)))[:-4], "cut short"),
        (encode(Pillow.new("RGB", (512, 512)), "JPEG")[:-2], "cut short"),
        (encode(Pillow.new("RGB", (512, 512)), "WEBP")[:-1], "cut short"),
        (encode(Pillow.new("RGB", (512, 256))), "512x256 pixels"),
        (encode(Pillow.new("RGB", (128, 128))), "128x128 pixels"),
        (bomb(512, 512), "damaged PNG (OSError)"),
    ],
)
def test_an_error_names_the_tileset_and_the_reason(data: bytes, reason: str) -> None:
    with pytest.raises(DataError) as caught:
        decode_tile(data, "road")
    assert str(caught.value) == f"road: {reason}"


def test_a_tile_has_at_most_4_mib_and_256_or_512_pixels() -> None:
    assert MAX_BYTES == 4 * 1024 * 1024
    assert decode_tile(png(size=256), "t").size == 256
    assert decode_tile(png(size=512), "t").size == 512


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_bytes_after_the_end_of_a_file_do_no_harm(kind: str) -> None:
    assert decode_tile(encode(Pillow.new("RGB", (256, 256)), kind) + bytes(10), "t").image is not None


@pytest.mark.parametrize(("width", "box"), [(486, (0, 0, 512, 512)), (485, (10, 20, 485, 486))])
def test_margins_of_less_than_a_tenth_are_not_cut_off(width: int, box: tuple[int, int, int, int]) -> None:
    picture = Pillow.new("RGBA", (512, 512))
    picture.paste((255, 0, 0, 255), (10, 20, 10 + width, 20 + 486))
    tile = decode_tile(encode(picture), "t")
    assert tile.image is not None
    assert (tile.left, tile.top, tile.image.width, tile.image.height) == box
    assert not tile.image.opaque


def test_a_shrunk_tile_is_opaque_only_if_it_was() -> None:
    half = Pillow.new("RGBA", (512, 512), (10, 20, 30, 254))
    tile = decode_tile(encode(half), "t", max_px=300)
    assert tile.image is not None
    assert (tile.size, tile.image.width, tile.image.opaque) == (300, 300, False)
    assert set(tile.image.pixels[3::4]) == {254}
    whole = decode_tile(encode(Pillow.new("RGBA", (512, 512), (10, 20, 30, 255))), "t", max_px=300)
    assert whole.image is not None
    assert whole.image.opaque
    assert tuple(whole.image.pixels[:4]) == (30, 20, 10, 255)


def test_riff_files_of_another_kind_are_no_tiles() -> None:
    assert sniff(b"RIFF\x00\x00\x00\x00WAVE") is None
    assert sniff(b"RIFF\x00\x00\x00\x00WEBPVP8 ") == "WEBP"
    assert sniff(b"\xff\xd8\xff\xe0") == "JPEG"
    assert sniff(b"\x89PNG\r\n\x1a\n") == "PNG"


@pytest.mark.parametrize(
    ("kind", "mode", "is_swapped"), [("PNG", "RGB", True), ("PNG", "RGBA", True), ("JPEG", "RGB", False)]
)
def test_the_decoder_of_png_swaps_red_and_blue_by_itself(kind: str, mode: str, is_swapped: bool) -> None:
    with Pillow.open(BytesIO(encode(Pillow.new(mode, (256, 256)), kind))) as picture:
        assert _swap_red_and_blue(picture) is is_swapped
