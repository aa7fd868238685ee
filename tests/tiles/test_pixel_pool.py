import gc

import pygame

from tvapp.core.image import Image
from tvapp.tiles.pixel_pool import POOL_SIZE, PixelPool


def test_a_buffer_that_nothing_refers_to_any_more_is_given_out_again() -> None:
    pool = PixelPool()
    first = pool.take(64)
    number = id(first)
    del first
    assert id(pool.take(64)) == number


def test_a_buffer_that_something_still_refers_to_is_not_given_out() -> None:
    pool = PixelPool()
    image = Image(4, 4, pool.take(64))
    assert pool.take(64) is not image.pixels
    view = memoryview(image.pixels)
    number = id(image.pixels)
    del image
    assert id(pool.take(64)) != number
    del view
    assert number in {id(buffer) for buffer in [pool.take(64), pool.take(64), pool.take(64)]}


def test_a_surface_keeps_its_pixels_for_itself() -> None:
    pool = PixelPool()
    pixels = pool.take(4 * 4 * 4)
    pixels[:] = bytes([9]) * 64
    number = id(pixels)
    surface = pygame.image.frombuffer(pixels, (4, 4), "BGRA")
    del pixels
    assert id(pool.take(64)) != number
    assert surface.get_at((0, 0))[0] == 9
    del surface
    gc.collect()
    assert number in {id(buffer) for buffer in [pool.take(64), pool.take(64)]}


def test_other_sizes_get_other_room() -> None:
    pool = PixelPool()
    pool.take(64)
    assert len(pool.take(16)) == 16


def test_no_more_is_kept_than_was_said_and_nothing_after_it_was_cleared() -> None:
    pool = PixelPool(size=2)
    held = [pool.take(64) for _ in range(5)]
    numbers = [id(buffer) for buffer in held]
    del held
    again = [pool.take(64), pool.take(64)]
    assert [id(buffer) for buffer in again] == numbers[:2]
    pool.clear()
    del again
    assert len({id(buffer) for buffer in [pool.take(64), pool.take(64)]}) == 2


def test_six_buffers_are_enough_for_the_workers_and_the_screen() -> None:
    assert POOL_SIZE == 6
    pool = PixelPool()
    held = [pool.take(64) for _ in range(8)]
    numbers = [id(buffer) for buffer in held]
    del held
    again = [pool.take(64) for _ in range(6)]
    assert [id(buffer) for buffer in again] == numbers[:6]
