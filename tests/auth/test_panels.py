"""Which panel lies over the map while somebody is needed, and that the rest of the screens stays as it is."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from tests.auth.machine import Boot, Machine, signed_in
from tests.auth.test_permission_journey import asked, refused
from tests.cloud import LocalCloud
from tests.ui.fakes import FakeActions, Remote
from tests.ui.gallery import GUIDE, OK, SETTINGS, on_map
from tvapp.app.sign_in_panels import SignInPanels
from tvapp.remote.intents import Intent
from tvapp.ui.screens.map.screen import MapScreen
from tvapp.ui.screens.signin.screen import SignInScreen

MENU, LEFT, BACK, SELECT = Intent.MENU, Intent.LEFT, Intent.BACK, Intent.SELECT


@dataclass(slots=True)
class Pressed(FakeActions):
    """Does for the sign-in what the app does."""

    machine: Machine | None = None

    def allow_with_phone(self) -> None:
        assert self.machine is not None
        self.machine.sign_in.ask_permission(self.machine.clock.now)

    def leave_sign_in(self) -> None:
        assert self.machine is not None
        self.machine.sign_in.leave()

    def retry_sign_in(self) -> None:
        assert self.machine is not None
        self.machine.sign_in.press_ok(self.machine.clock.now)


class Tv:
    """A machine that signs in, and a map on which a geofence is selected."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        scene = on_map(OK, at=GUIDE, zoom=14)(1920, 1080)
        self.stack = scene.stack
        assert isinstance(self.stack.base, MapScreen)
        self.map = self.stack.base
        actions = Pressed(machine=machine)
        self.map.state.actions = actions
        self.panels = SignInPanels(machine.sign_in, SETTINGS, self.stack, actions, machine.jobs)
        self.remote = Remote(self.stack, scene.now)
        self.follow()

    def follow(self) -> None:
        self.machine.settle()
        now = self.machine.clock.now
        self.machine.sign_in.tick(now)
        self.panels.follow(self.machine.view, now)
        self.stack.update(self.remote.now)

    def press(self, *keys: Intent) -> None:
        self.remote.press(*keys)
        self.follow()

    def until(self, phase: str) -> None:
        """Go on until the upmost screen is a panel that shows this phase of its session."""
        for _ in range(40):
            self.follow()
            top = self.stack.top
            if isinstance(top, SignInScreen) and top.view.phase == phase:
                return
            self.machine.clock.now += 1.0
        raise AssertionError(f"{self.stack.top.name} never showed {phase}")

    @property
    def notices(self) -> set[str]:
        return {area for area in ("session", "permission") if area in self.map.state.troubles.by_area}

    @property
    def code(self) -> str:
        top = self.stack.top
        assert isinstance(top, SignInScreen)
        assert top.prompt is not None
        return top.prompt.user_code


@pytest.fixture
def closed(boot: Boot, cloud: LocalCloud) -> Tv:
    """Return a TV whose person has not allowed the storage of the geofences."""
    return Tv(refused(boot, cloud))


def ended(boot: Boot, cloud: LocalCloud) -> Tv:
    """Return a TV whose sign-in has ended."""
    machine = signed_in(boot, cloud)
    machine.token()
    tv = Tv(machine)
    cloud.revoke()
    machine.leap(3301)
    tv.until("prompting")
    return tv


def test_a_missing_permission_is_a_notice_until_somebody_opens_account(closed: Tv, cloud: LocalCloud) -> None:
    assert closed.notices == {"permission"}
    assert closed.stack.depth == 1
    closed.press(BACK, MENU, LEFT)
    assert not cloud.pending()
    closed.press(SELECT, SELECT)
    closed.until("prompting")
    assert closed.stack.top.name == "permission"
    assert [grant["user_code"] for grant in cloud.pending()] == [closed.code]


def test_the_panel_goes_by_itself_once_the_permission_is_given_and_the_map_is_as_it_was(
    closed: Tv, cloud: LocalCloud
) -> None:
    before = closed.map.state.selection.fence
    asked(closed.machine)
    closed.until("prompting")
    cloud.approve(closed.code)
    closed.until("succeeded")
    assert not closed.notices
    closed.machine.clock.now += 2
    closed.follow()
    assert closed.stack.top is closed.map
    assert closed.map.state.selection.fence is before is not None


def test_back_from_the_code_leaves_the_notice(closed: Tv) -> None:
    asked(closed.machine)
    closed.until("prompting")
    closed.press(BACK)
    assert closed.stack.top is closed.map
    assert closed.notices == {"permission"}
    assert not closed.machine.sign_in.asks_permission


def test_other_panels_stay_open_below_and_above(closed: Tv) -> None:
    closed.press(BACK, MENU, SELECT)
    assert closed.stack.top.name == "drawer"
    drawer = closed.stack.top
    asked(closed.machine)
    closed.until("prompting")
    closed.press(BACK)
    assert closed.stack.top is drawer


def test_a_sign_in_that_ended_lies_over_the_map_and_back_returns_to_it(boot: Boot, cloud: LocalCloud) -> None:
    tv = ended(boot, cloud)
    assert (tv.stack.base, tv.stack.top.name) == (tv.map, "sign-in")
    former = tv.code
    tv.press(BACK)
    assert tv.stack.top is tv.map
    assert tv.notices == {"session"}
    for _ in range(5):
        tv.machine.clock.now += 60
        tv.follow()
    assert tv.stack.top is tv.map
    tv.press(BACK, MENU, LEFT, SELECT, SELECT)
    tv.until("prompting")
    assert tv.code != former
    cloud.approve(tv.code)
    tv.until("succeeded")
    tv.machine.clock.now += 2
    tv.follow()
    assert tv.stack.top is tv.map
    assert not tv.notices


def test_a_code_over_the_map_that_nobody_uses_makes_way_for_it(boot: Boot, cloud: LocalCloud) -> None:
    cloud.settings(code_lifetime_s=30, interval_s=10)
    tv = ended(boot, cloud)
    tv.machine.until_phase("paused", within_s=600)
    tv.follow()
    assert tv.stack.top is tv.map
    assert tv.notices == {"session"}


def test_a_sign_in_that_ends_takes_the_place_of_the_other_code(closed: Tv, cloud: LocalCloud) -> None:
    asked(closed.machine)
    closed.until("prompting")
    cloud.revoke()
    closed.machine.leap(3301)
    closed.until("prompting")
    assert closed.stack.top.name == "sign-in"
    assert not closed.stack.contains("permission")
    assert closed.notices == {"session"}


def test_a_new_map_is_told_what_the_former_one_knew(closed: Tv) -> None:
    closed.map.state.troubles.by_area.clear()
    closed.follow()
    assert not closed.notices
    closed.panels.map_shown()
    closed.follow()
    assert closed.notices == {"permission"}
