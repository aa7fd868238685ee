"""What a desk can have the app do, and what it is told; on the main thread, without a socket."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.app.rig import WITH_ACCOUNT, WITH_KEY, Rig
from tvapp.app.desk import RESTART, Desk, find
from tvapp.display.events import DisplayLost
from tvapp.fences.index.fence_index import FenceIndex
from tvapp.fences.model.book import FenceBook
from tvapp.fences.model.fence import Circle, Geofence
from tvapp.fences.service.messages import IndexBuilt
from tvapp.geo.position import Position
from tvapp.host.control.commands import (
    Answer,
    Command,
    ControlRequest,
    Message,
    Restart,
    Screenshot,
    Show,
    SignOut,
    Status,
    Wake,
)
from tvapp.host.event_log import LoggedEvent
from tvapp.ui.screens.editing.draw_panel import DrawPanel
from tvapp.ui.screens.map.screen import MapScreen
from tvapp.ui.screens.start import StartScreen

TROUBLE = LoggedEvent("2026-09-21T14:13:20.250Z", "warning", "tile.failed", {"reason": "refused", "level": 3})
"""A warning of the log, with a field that has the name of one of the answer's own."""


def circle(fence_id: str, name: str) -> Geofence:
    return Geofence(fence_id, name, (Circle(Position(24.9, 60.2), 300.0),))


class DeskRig(Rig):
    """The app with a desk."""

    def __init__(self, folder: Path, settings: Mapping[str, str] = WITH_KEY) -> None:
        super().__init__(folder, settings)
        self.app.attached.add(lambda: Desk(self.app, self.around, lambda: (TROUBLE,)))
        self.start()

    def ask(self, command: Command) -> Answer:
        """Have the app carry out a command, with the frame that follows."""
        answers: list[Answer] = []
        self.tell(ControlRequest(command, answers.append))
        self.frame()
        (answer,) = answers
        return answer

    def give_up(self, command: Command) -> None:
        """Ask, and give up before the main thread comes to it."""
        self.tell(ControlRequest(command, lambda _answer: None, lambda: False))
        self.frame()

    @property
    def top(self) -> str:
        return self.app.stack.top.name

    def screen(self) -> MapScreen:
        base = self.app.stack.base
        assert isinstance(base, MapScreen)
        return base

    def with_fences(self, *names: str) -> None:
        fences = [circle(f"id-{number}", name) for number, name in enumerate(names)]
        book = FenceBook(fences)
        self.app.stack.receive(IndexBuilt(FenceIndex(book.fences), book, 1), self.clock.now)


@pytest.fixture
def rig(tmp_path: Path) -> DeskRig:
    return DeskRig(tmp_path)


def test_the_server_is_started_after_the_first_frame_and_on_a_worker(rig: DeskRig) -> None:
    assert rig.jobs.asked[0] == "control.start"


def test_the_status_says_what_the_screen_shows_since_when_and_what_went_wrong_last(rig: DeskRig) -> None:
    rig.clock.advance(30)
    fields = rig.ask(Status()).fields
    assert fields["says"] == "Showing the map"
    screen = fields["screen"]
    assert isinstance(screen, dict)
    assert (screen["name"], screen["base"], screen["seen"], screen["off_on_purpose"]) == ("map", "map", True, False)
    assert str(screen["since"]) < str(fields["time"])
    assert fields["errors"] == [{"at": TROUBLE.stamp, "level": "warning", "event": "tile.failed", "reason": "refused"}]
    assert (fields["signed_in"], fields["needs_sign_in"], fields["account"]) == (False, False, "")
    shown = fields["frames"]
    assert isinstance(shown, dict)
    assert shown["shown"] == 1


def test_the_steps_of_the_connection_are_told_while_nobody_is_signed_in(tmp_path: Path) -> None:
    rig = DeskRig(tmp_path, WITH_ACCOUNT)
    fields = rig.ask(Status()).fields
    steps = fields["connection"]
    assert isinstance(steps, list)
    assert [step["step"] for step in steps][:2] == ["link", "address"]
    assert (fields["signed_in"], fields["needs_sign_in"], fields["map"]) == (False, True, None)


def test_a_picture_is_what_the_next_frame_shows(rig: DeskRig) -> None:
    assert rig.ask(Screenshot()).body == b"PNG"


def test_no_picture_is_given_of_a_screen_that_is_black_or_gone(tmp_path: Path) -> None:
    rig = DeskRig(tmp_path, {**WITH_KEY, "TVAPP_KIOSK_AWAKE": '["mon 03:00-03:01"]'})
    rig.app.handle(DisplayLost("unplugged"), rig.clock.now)
    assert rig.ask(Screenshot()).error == "no-display"
    off = DeskRig(tmp_path / "other", {**WITH_KEY, "TVAPP_KIOSK_AWAKE": '["mon 03:00-03:01"]'})
    off.clock.advance(120)
    off.frame()
    off.clock.advance(1)
    off.frame()
    assert off.ask(Screenshot()).error == "off"


def test_a_desk_wakes_a_screen_outside_of_its_hours_and_the_tv(tmp_path: Path) -> None:
    rig = DeskRig(tmp_path, {**WITH_KEY, "TVAPP_KIOSK_AWAKE": '["mon 03:00-03:01"]'})
    for _ in range(2):
        rig.clock.advance(120)
        rig.frame()
    assert rig.app.visibility.is_off
    before = rig.jobs.asked.count("cec.switch")
    assert rig.ask(Wake()).fields["was"] == "off"
    assert rig.app.visibility.is_seen
    assert rig.log.named("screen.woken") == [{"by": "desk"}]
    assert rig.jobs.asked.count("cec.switch") == before + 1
    # The TV may have been switched to standby with its own remote.
    assert rig.ask(Wake()).fields["was"] == "awake"
    assert rig.jobs.asked.count("cec.switch") == before + 2


def test_a_message_has_the_focus_until_ok_or_back(rig: DeskRig) -> None:
    for key in ("return", "escape"):
        answer = rig.ask(Message("Fire drill at 10:00"))
        assert answer.fields["shown"] is True
        assert rig.top == "message"
        assert rig.shows("Fire drill at 10:00")
        rig.press("right")  # moves nothing behind it
        assert rig.top == "message"
        rig.press(key)
        assert rig.top == "map"


def test_a_message_ends_with_its_time_and_asks_for_a_frame_then(rig: DeskRig) -> None:
    rig.ask(Message("soon over", for_s=5.0))
    rig.clock.advance(1)
    rig.frame()
    due = rig.app.next_wakeup(rig.clock.now)
    assert due is not None
    assert due <= rig.clock.now + 4.0
    rig.clock.advance(4)
    assert rig.app.update(rig.clock.now)
    assert rig.top == "map"


def test_a_newer_message_replaces_the_older_one(rig: DeskRig) -> None:
    rig.ask(Message("one"))
    rig.ask(Message("two"))
    assert not rig.shows("one")
    rig.press("return")
    assert rig.top == "map"


def test_a_message_stays_when_the_screens_below_are_replaced(tmp_path: Path) -> None:
    rig = DeskRig(tmp_path, WITH_ACCOUNT)
    rig.ask(Message("stays"))
    rig.app.stack.show(StartScreen(rig.app.settings, rig.app.stack, rig.app.actions, rig.clock.now))
    assert rig.top == "message"
    rig.press("return")
    rig.app.stack.show(StartScreen(rig.app.settings, rig.app.stack, rig.app.actions, rig.clock.now))
    assert rig.top == "start"


def test_a_message_to_a_black_screen_says_that_it_waits(tmp_path: Path) -> None:
    rig = DeskRig(tmp_path, {**WITH_KEY, "TVAPP_KIOSK_AWAKE": '["mon 03:00-03:01"]'})
    for _ in range(2):
        rig.clock.advance(120)
        rig.frame()
    assert rig.ask(Message("anybody?")).fields["shown"] is False
    rig.ask(Wake())
    rig.clock.advance(1)
    assert rig.shows("anybody?")


@pytest.mark.parametrize(
    ("view", "center", "zoom"),
    [
        ("-0.1278,51.5074,9", (-0.1278, 51.5074), 9.0),
        (" 24.9384 , 60.1699 , 12.5 ", (24.9384, 60.1699), 12.5),
        ("+18.06,59.33", (18.06, 59.33), None),
    ],
)
def test_the_map_goes_to_a_place(rig: DeskRig, view: str, center: tuple[float, float], zoom: float | None) -> None:
    before = rig.screen().state.viewport.zoom
    assert not rig.ask(Show(view)).error
    target = rig.screen().state.model.camera.target
    assert (target.center.lon, target.center.lat) == pytest.approx(center)
    assert target.zoom == pytest.approx(zoom if zoom is not None else before)


@pytest.mark.parametrize("view", ["181,0", "0,86", "0,0,21", "0,0,1", "1e9,0", "home,1", "0;0", "NaN,0", "1,2,3,4"])
def test_what_is_no_place_moves_nothing(rig: DeskRig, view: str) -> None:
    before = rig.screen().state.viewport
    assert rig.ask(Show(view)).error == "not-found"
    assert rig.screen().state.model.camera.target == before


def test_a_geofence_is_found_by_id_by_name_and_by_a_part_of_its_name(rig: DeskRig) -> None:
    rig.with_fences("Depot North", "Depot South", "School")
    for view, name in (("id-1", "Depot South"), ("school", "School"), ("NORTH", "Depot North")):
        assert rig.ask(Show(view)).fields["name"] == name
        selected = rig.screen().state.selection.fence
        assert selected is not None
        assert selected.name == name
    ambiguous = rig.ask(Show("depot"))
    assert ambiguous.error == "ambiguous"
    assert ambiguous.fields["choices"] == [
        {"id": "id-0", "name": "Depot North"},
        {"id": "id-1", "name": "Depot South"},
    ]
    assert rig.ask(Show("harbour")).error == "not-found"


def test_an_id_wins_over_a_name_and_a_whole_name_over_a_part() -> None:
    fences = [circle("a", "b"), circle("b", "East"), circle("c", "East gate")]
    assert find("b", fences) == [fences[1]]
    assert find("east", fences) == [fences[1]]
    assert find("gate", fences) == [fences[2]]


def test_home_and_the_tour_need_something_to_go_to(rig: DeskRig) -> None:
    assert rig.ask(Show("home")).error == rig.ask(Show("tour")).error == "not-found"
    rig.with_fences("Depot")
    assert not rig.ask(Show("tour")).error
    assert rig.screen().is_touring
    assert not rig.ask(Show("Home")).error
    assert not rig.screen().is_touring


def test_the_map_is_not_taken_from_somebody_who_draws_but_from_somebody_who_looks(rig: DeskRig) -> None:
    rig.press("menu")
    assert rig.top == "action-bar"
    assert not rig.ask(Show("1,2")).error
    assert rig.top == "map"
    rig.app.stack.push(DrawPanel(rig.screen().state, rig.app.stack))
    refused = rig.ask(Show("3,4"))
    assert (refused.error, refused.fields["screen"]) == ("in-use", "draw")
    assert rig.top == "draw"


def test_without_a_map_nothing_can_be_shown(tmp_path: Path) -> None:
    rig = DeskRig(tmp_path, WITH_ACCOUNT)
    assert rig.ask(Show("home")).error == "no-map"


def test_nobody_is_signed_out_where_there_is_no_account(rig: DeskRig) -> None:
    assert rig.ask(SignOut()).error == "no-account"


def test_signing_out_works_and_says_whether_somebody_was_signed_in(tmp_path: Path) -> None:
    rig = DeskRig(tmp_path, WITH_ACCOUNT)
    answer = rig.ask(SignOut())
    assert answer.fields == {"was_signed_in": False}
    assert "forget" in rig.jobs.asked


def test_a_restart_ends_the_program_with_its_own_reason_after_the_answer(rig: DeskRig) -> None:
    assert not rig.ask(Restart()).error
    assert rig.app.stop_reason == RESTART


@pytest.mark.parametrize("command", [Restart(), Message("Fire drill")], ids=["restart", "message"])
def test_nothing_is_done_for_a_client_that_was_told_so(rig: DeskRig, command: Command) -> None:
    before = rig.top
    rig.give_up(command)
    assert not rig.app.stop_reason
    assert rig.top == before
