"""Presented frames count as seen only if the card sends light, where the card can be asked."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from tvapp.display.scanout import Scanout
from tvapp.display.screen_proof import AGAIN_AFTER_S, LOOK_AFTER_S, ScreenProof

LIGHT, BLACK, OFF = Scanout(True, False), Scanout(True, True), Scanout(False, None)
UNREADABLE = Scanout(True, None)


def looks(*seen: Scanout | None) -> Callable[[], Scanout | None]:
    """Return a reader of the card; the last answer is repeated."""
    left = list(seen)
    return lambda: left.pop(0) if len(left) > 1 else left[0]


def verdicts(proof: ScreenProof, since: float = 0.0) -> Sequence[str]:
    """Look when it is due, until there is nothing left to look at."""
    said = []
    while (due := proof.next_look()) is not None:
        assert proof.look(since + due - 0.01 - since) == "", "not before its time"
        said.append(proof.look(due))
    return said


def test_light_on_the_screen_is_proof_and_asked_for_again_after_a_minute() -> None:
    proof = ScreenProof(looks(LIGHT))
    assert proof.wants_frame(0.0)
    assert proof.next_look() is None
    proof.presented(0.0, is_black=False)
    assert not proof.wants_frame(0.1), "one frame is enough"
    assert verdicts(proof) == [""]
    first = LOOK_AFTER_S[0]
    assert not proof.wants_frame(first + AGAIN_AFTER_S - 0.1)
    assert proof.wants_frame(first + AGAIN_AFTER_S)


def test_a_picture_that_comes_late_is_waited_for() -> None:
    proof = ScreenProof(looks(OFF, BLACK, LIGHT))
    proof.presented(0.0, is_black=False)
    assert verdicts(proof) == ["", "", ""]


@pytest.mark.parametrize(
    ("seen", "wrong"),
    [(BLACK, "its frames are not on the screen, which stays black"), (OFF, "the card sends no picture")],
)
def test_a_screen_that_stays_black_is_found_out(seen: Scanout, wrong: str) -> None:
    proof = ScreenProof(looks(seen))
    proof.presented(10.0, is_black=False)
    assert verdicts(proof) == ["", "", wrong]


def test_a_black_frame_proves_nothing() -> None:
    proof = ScreenProof(looks(BLACK))
    proof.presented(0.0, is_black=True)
    assert proof.next_look() is None
    assert proof.wants_frame(0.1), "the next frame may have light in it"


@pytest.mark.parametrize("seen", [None, UNREADABLE])
def test_a_card_that_cannot_be_read_is_trusted_and_not_asked_again(seen: Scanout | None) -> None:
    proof = ScreenProof(looks(seen))
    proof.presented(0.0, is_black=False)
    assert verdicts(proof) == [""]
    assert not proof.wants_frame(10 * AGAIN_AFTER_S)


def test_a_screen_that_goes_black_later_is_found_out_too() -> None:
    proof = ScreenProof(looks(LIGHT, BLACK))
    proof.presented(0.0, is_black=False)
    assert verdicts(proof) == [""]
    proof.presented(100.0, is_black=False)
    assert verdicts(proof)[-1] != ""
