"""The status screen: findings come one by one, the focus stays where it is, and OK checks again."""

from __future__ import annotations

import pytest

from tests.ui.fakes import FakeActions, Remote, font_metrics
from tests.ui.gallery import KIOSK, MIXED, PARTS, SETTINGS, TROUBLES, WELL, finding
from tvapp.core.diagnosis import ExaminationBegan, ExaminationEnded, Finding, FindingMade
from tvapp.core.jobs import JobFailed
from tvapp.remote.intents import Intent
from tvapp.ui.recording import RecordingCanvas
from tvapp.ui.screens.start import StartScreen
from tvapp.ui.screens.status.screen import StatusScreen
from tvapp.ui.stack import ScreenStack


class Viewer:
    """Somebody in front of the status screen."""

    def __init__(self) -> None:
        self.stack, self.actions, self.now = ScreenStack(), FakeActions(), 100.0
        self.stack.show(StartScreen(SETTINGS, self.stack, self.actions, self.now))
        self.stack.push(StatusScreen(SETTINGS, self.stack, self.actions))
        self.canvas = RecordingCanvas(1920, 1080, 1.0, font_metrics)

    def begins(self, number: int = 1) -> None:
        self.stack.receive(ExaminationBegan(number, KIOSK, PARTS, TROUBLES), self.now)

    def finds(self, *findings: Finding, number: int = 1) -> None:
        for each in findings:
            self.stack.receive(FindingMade(number, each), self.now)

    def ends(self, number: int = 1) -> None:
        self.stack.receive(ExaminationEnded(number), self.now)

    def press(self, *keys: Intent) -> None:
        remote = Remote(self.stack, self.now)
        for key in keys:
            remote.press(key)
        self.now = remote.now

    def shows(self, part: str) -> bool:
        self.canvas.clear()
        self.stack.update(self.now)
        self.stack.draw(self.canvas, self.now)
        return self.canvas.shows(part)

    @property
    def focused(self) -> str:
        return self.stack.top.focused


@pytest.fixture
def viewer() -> Viewer:
    return Viewer()


def test_it_begins_a_diagnosis_when_it_opens(viewer: Viewer) -> None:
    assert viewer.actions.names() == ["examine_tv"]
    assert viewer.shows("Checking")
    assert not viewer.shows("None since the start")


def test_it_says_which_tv_this_is(viewer: Viewer) -> None:
    viewer.begins()
    assert viewer.shows("tv-lobby-07")
    assert viewer.shows("10.20.30.41")
    assert viewer.shows("0.1.0 (commit 1a2b3c4)")


def test_findings_come_one_by_one_and_the_rest_waits(viewer: Viewer) -> None:
    viewer.begins()
    viewer.finds(*WELL[:3])
    assert viewer.shows("Checking: 3 of 16")
    assert viewer.shows("Is being checked")
    assert viewer.shows("Not checked yet")


def test_each_message_draws_a_frame(viewer: Viewer) -> None:
    viewer.begins()
    viewer.stack.update(viewer.now)
    assert not viewer.stack.update(viewer.now)
    viewer.finds(WELL[0])
    assert viewer.stack.next_wakeup(viewer.now) is not None
    assert viewer.stack.update(viewer.now)


def test_the_focus_stays_on_its_row_while_rows_come_before_it(viewer: Viewer) -> None:
    viewer.begins()
    viewer.press(*[Intent.DOWN] * 9)
    assert viewer.focused == "clock"
    viewer.finds(*WELL[:10])
    assert viewer.focused == "clock"
    viewer.finds(finding("network", "pass", "one more", what="one.more.example"))
    assert viewer.focused == "clock"


def test_a_part_with_the_focus_becomes_its_first_finding(viewer: Viewer) -> None:
    viewer.begins()
    viewer.press(*[Intent.DOWN] * 8)
    assert viewer.focused == "network"
    viewer.finds(*WELL[:10])
    assert viewer.focused == "network:login.microsoftonline.com"


def test_a_failure_is_told_at_once_and_its_remedy_beside_the_list(viewer: Viewer) -> None:
    viewer.begins()
    viewer.finds(*MIXED[:16])
    assert viewer.shows("1 check failed")
    viewer.press(*[Intent.DOWN] * 15)
    assert viewer.shows("Does not work")
    assert viewer.shows("What to do")
    assert viewer.shows("network-rule")


@pytest.mark.parametrize(
    ("findings", "told"),
    [
        (WELL, "Everything works"),
        (MIXED[:6], "Everything works, with 1 warning"),
        ((*MIXED[:6], *(MIXED[4],) * 2), "Everything works, with 3 warnings"),
        (MIXED, "1 check failed"),
        ((*MIXED, MIXED[15]), "2 checks failed"),
    ],
)
def test_in_the_end_it_says_how_it_is(viewer: Viewer, findings: tuple[Finding, ...], told: str) -> None:
    viewer.begins()
    viewer.finds(*findings)
    viewer.ends()
    assert viewer.shows(told)


def test_ok_checks_again_once_it_is_over(viewer: Viewer) -> None:
    viewer.begins()
    viewer.press(Intent.SELECT)
    assert viewer.actions.names() == ["examine_tv"]
    viewer.finds(*WELL)
    viewer.ends()
    viewer.press(Intent.SELECT)
    assert viewer.actions.names() == ["examine_tv", "examine_tv"]
    assert not viewer.shows("Everything works")
    viewer.finds(WELL[0], number=1)
    viewer.ends(number=1)
    assert not viewer.shows("Everything works")  # that was the former diagnosis
    viewer.begins(number=2)
    viewer.finds(WELL[0], number=2)
    assert viewer.shows("Checking: 1 of 16")


def test_a_diagnosis_that_breaks_down_does_not_wait_for_ever(viewer: Viewer) -> None:
    viewer.begins()
    viewer.finds(*WELL[:3])
    viewer.stack.receive(JobFailed("diagnosis.examine", ValueError()), viewer.now)
    assert viewer.shows("The check did not come to its end")
    assert not viewer.shows("Not checked yet")
    viewer.press(Intent.SELECT)
    assert viewer.actions.names() == ["examine_tv", "examine_tv"]


def test_one_that_never_began_can_be_begun_again(viewer: Viewer) -> None:
    viewer.stack.receive(JobFailed("diagnosis.begin", ValueError()), viewer.now)
    assert viewer.shows("The check did not come to its end")
    viewer.press(Intent.SELECT)
    assert viewer.actions.names() == ["examine_tv", "examine_tv"]


def test_the_last_errors_of_the_log_are_at_the_end(viewer: Viewer) -> None:
    viewer.begins()
    viewer.finds(*WELL)
    viewer.press(*[Intent.DOWN] * 20)
    assert viewer.focused == "troubles"
    assert viewer.shows("No space left on device")


def test_back_leads_back(viewer: Viewer) -> None:
    viewer.begins()
    viewer.press(Intent.BACK)
    assert viewer.stack.top.name == "start"


def test_a_host_is_written_as_it_is_at_the_beginning_of_a_sentence_too(viewer: Viewer) -> None:
    viewer.begins()
    first, second = PARTS[:2]
    viewer.finds(finding(first, "pass", "atlas.example answers"), finding(second, "pass", "right to within 1 s"))
    assert viewer.shows("atlas.example answers")
    assert viewer.shows("Right to within 1 s")
