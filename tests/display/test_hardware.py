"""What there is to show a picture on and to take keys from, with made-up folders of the kernel."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from tvapp.core.clock import ManualClock
from tvapp.core.errors import DisplayError
from tvapp.core.log import RecordingLog
from tvapp.display.hardware import Availability, connected_screens, display_availability, unreadable_inputs
from tvapp.display.startup import DOUBTFUL_TRIES, Stopped, open_display
from tvapp.display.window import Display
from tvapp.display.window_creation import DisplaySpec, NoKeys
from tvapp.remote.pygame_source import PygameKeys


@pytest.fixture
def drm(tmp_path: Path) -> Path:
    return tmp_path / "drm"


@pytest.fixture
def cards(tmp_path: Path) -> Path:
    folder = tmp_path / "dri"
    folder.mkdir()
    (folder / "card0").touch()
    return folder


def plug(drm: Path, **connectors: str) -> None:
    """Make connectors with a state each; an underscore stands for a hyphen."""
    for name, state in connectors.items():
        folder = drm / f"card0-{name.replace('_', '-')}"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "status").write_text(state + "\n")


def yes(_path: Path) -> bool:
    return True


def no(_path: Path) -> bool:
    return False


def test_connectors_tell_which_of_them_have_a_screen(drm: Path) -> None:
    assert connected_screens(drm) is None
    plug(drm, HDMI_A_1="connected", HDMI_A_2="disconnected", VGA_1="unknown")
    (drm / "card0").mkdir()
    assert connected_screens(drm) == {"card0-HDMI-A-1": True, "card0-HDMI-A-2": False, "card0-VGA-1": True}


def test_a_box_whose_tv_is_off_waits_and_opens_when_it_is_on(drm: Path, cards: Path) -> None:
    plug(drm, HDMI_A_1="disconnected")
    seen = display_availability({}, drm=drm, cards=cards, may_use=yes)
    assert (seen.outlook, seen.is_worth_trying) == ("wait", False)
    assert "HDMI-A-1" in seen.reason
    plug(drm, HDMI_A_1="connected")
    assert display_availability({}, drm=drm, cards=cards, may_use=yes).outlook == "doubt"


def test_without_a_desktop_and_a_card_there_can_never_be_a_display(tmp_path: Path) -> None:
    seen = display_availability({}, drm=tmp_path, cards=tmp_path / "none")
    assert (seen.outlook, seen.reason) == ("never", "neither a desktop nor a graphics card")


def test_a_card_that_may_not_be_opened_names_the_groups(drm: Path, cards: Path) -> None:
    seen = display_availability({"SDL_VIDEODRIVER": "kmsdrm"}, drm=drm, cards=cards, may_use=no)
    assert seen.outlook == "never"
    assert "groups video and render" in seen.reason


@pytest.mark.parametrize(
    ("environ", "outlook"),
    [
        ({"DISPLAY": ":0"}, "wait"),
        ({"WAYLAND_DISPLAY": "wayland-0"}, "wait"),
        ({"SDL_VIDEODRIVER": "wayland", "XDG_RUNTIME_DIR": "/run/user/1"}, "wait"),
        ({"SDL_VIDEODRIVER": "x11"}, "never"),
        ({"SDL_VIDEODRIVER": "wayland"}, "never"),
        ({"SDL_VIDEODRIVER": "nonsense"}, "never"),
        ({"SDL_VIDEODRIVER": "dummy"}, "never"),
    ],
)
def test_a_desktop_that_is_named_may_come_and_what_is_not_cannot(environ: dict[str, str], outlook: str) -> None:
    assert display_availability(environ).outlook == outlook


def test_input_devices_that_cannot_be_read_are_refused_with_the_group_to_join(tmp_path: Path) -> None:
    assert unreadable_inputs(inputs=tmp_path / "none") == ""
    assert unreadable_inputs(inputs=tmp_path, may_read=no) == "", "the remote is not plugged in yet"
    (tmp_path / "event0").touch()
    (tmp_path / "event1").touch()
    refused = unreadable_inputs(inputs=tmp_path, may_read=no)
    assert "none of the 2 input devices can be read: add the user to the group" in refused
    assert unreadable_inputs(inputs=tmp_path, may_read=lambda path: path.name == "event1") == ""


def test_a_device_that_the_configuration_names_is_enough(tmp_path: Path) -> None:
    (tmp_path / "event0").touch()
    assert (
        unreadable_inputs(["/dev/input/by-id/remote"], inputs=tmp_path, may_read=lambda path: "by-id" in str(path))
        == ""
    )


def test_kmsdrm_is_not_opened_where_no_key_would_arrive(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SDL_VIDEODRIVER", "kmsdrm")
    monkeypatch.setattr("tvapp.display.window.unreadable_inputs", lambda _devices: "no key would arrive")
    with pytest.raises(NoKeys, match="no key"):
        Display.open(DisplaySpec())


class Beginning:
    """A start of the app: the results of each probe, and the complaints."""

    def __init__(
        self, looks: Sequence[Availability], on_wait: Callable[[int], str | None] = lambda _count: None
    ) -> None:
        self.looks = list(looks)
        self.on_wait = on_wait
        self.clock = ManualClock()
        self.log = RecordingLog()
        self.said: list[str] = []
        self.waits: list[float] = []

    def wait(self, seconds: float) -> str | None:
        self.waits.append(seconds)
        self.clock.advance(seconds)
        return self.on_wait(len(self.waits))

    def look(self, _has_failed: bool) -> Availability:
        return self.looks.pop(0) if len(self.looks) > 1 else self.looks[0]

    def open(self) -> Display | Stopped:
        spec = DisplaySpec(size=(640, 360), fullscreen=False)
        keys = PygameKeys()
        tools = {"wait": self.wait, "complain": self.said.append, "probe": self.look}
        return open_display(spec, keys, self.clock, self.log, **tools)  # type: ignore[arg-type]


OFF = Availability("wait", "no screen is connected", is_worth_trying=False)


def test_it_waits_longer_and_longer_says_so_once_and_opens_when_the_screen_comes() -> None:
    start = Beginning([OFF, OFF, OFF, Availability("doubt")])
    opened = start.open()
    assert isinstance(opened, Display)
    opened.close()
    assert start.waits == [0.5, 1.0, 2.0]
    assert [name for name, _ in start.log.events] == ["display.waiting"]
    assert start.said == ["tvapp: there is no display yet: no screen is connected. Waiting for one."]


def test_a_signal_ends_the_wait() -> None:
    start = Beginning([OFF], lambda count: "SIGTERM" if count == 3 else None)
    assert start.open() == Stopped("SIGTERM")


def test_a_screen_that_is_there_but_never_opens_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SDL_VIDEODRIVER", "no-such-driver")
    start = Beginning([Availability("doubt", "the card is busy")])
    with pytest.raises(DisplayError, match="the card is busy"):
        start.open()
    assert len(start.waits) == DOUBTFUL_TRIES - 1


def test_where_there_can_never_be_one_it_does_not_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SDL_VIDEODRIVER", "no-such-driver")
    start = Beginning([Availability("never")])
    with pytest.raises(DisplayError):
        start.open()
    assert start.waits == []
    assert start.said == []
