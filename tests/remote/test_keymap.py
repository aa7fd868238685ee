"""The key table."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tvapp.remote.intents import Intent
from tvapp.remote.keymap import DEFAULT, canonical, check, dropped_by_sdl, keymap
from tvapp.remote.sdl_names import SDL_NAMES


@pytest.mark.parametrize(
    ("intent", "keys"),
    [
        (Intent.UP, "up|pad:dpad-up|pad:stick-up|key:103"),
        (Intent.SELECT, "return|keypad enter|space|select|pad:a|key:352|key:353|key:28"),
        (Intent.BACK, "escape|backspace|ac back|pad:b|key:174|key:158|key:1"),
        (Intent.MENU, "menu|application|f10|ac home|pad:start|key:139"),
        (Intent.ZOOM_IN, "+|=|pageup|pad:righttrigger|key:402"),
        (Intent.ZOOM_OUT, "-|pagedown|pad:lefttrigger|key:403"),
        (Intent.PLAY_PAUSE, "audioplay|p|pad:y|key:164|key:207|key:119"),
    ],
)
def test_the_keys_of_a_remote_mean_what_is_printed_on_them(intent: Intent, keys: str) -> None:
    assert {keymap().intent(key) for key in keys.split("|")} == {intent}


def test_every_intent_has_a_key_on_the_keyboard_a_gamepad_and_a_remote() -> None:
    for prefix in ("pad:", "key:"):
        assert {intent for key, intent in DEFAULT.items() if key.startswith(prefix)} == set(Intent)
    assert {intent for key, intent in DEFAULT.items() if key in SDL_NAMES or len(key) == 1} == set(Intent)


def test_every_key_of_the_table_is_one_that_events_can_carry() -> None:
    assert [key for key in DEFAULT if canonical(key) != key] == []


def test_an_unknown_key_means_nothing() -> None:
    assert keymap().intent("q") is None


def test_the_config_adds_changes_and_removes_keys() -> None:
    table = keymap(
        {"wrong": "up", "Red": "back", "key:401": "zoom-in", "SPACE": "play-pause", "p": "none", "q": "none"}
    )
    assert table.intent("key:398") is Intent.BACK
    assert table.intent("key:401") is Intent.ZOOM_IN
    assert table.intent("space") is Intent.PLAY_PAUSE
    assert table.intent("p") is None
    assert table.intent("return") is Intent.SELECT
    assert {398, 401, 352} <= table.codes()


def test_a_misspelt_key_or_intent_is_explained() -> None:
    errors = check({"retrun": "select", "red": "bakc", "q": "menu"}, "config.toml")
    assert [(error.source, error.key, error.found) for error in errors] == [
        ("config.toml", "remote.keys", '"retrun" (did you mean "return"?)'),
        ("config.toml", 'remote.keys."red"', '"bakc"'),
    ]
    assert [error.allowed for error in errors] == [
        'a key name of SDL, "key:" and a Linux key code, or "pad:" and a gamepad button',
        "up, down, left, right, select, back, menu, zoom-in, zoom-out, play-pause, none",
    ]


def test_a_hint_is_the_closest_name_if_any_is_close() -> None:
    found = [error.found for error in check({"Page Upp": "up", "chanel-up": "up", "bluetooth": "none"}, "")]
    assert found == ['"Page Upp" (did you mean "page up"?)', '"chanel-up" (did you mean "channel-up"?)', '"bluetooth"']


@given(st.dictionaries(st.text(max_size=12), st.text(max_size=12), max_size=5))
def test_no_key_table_upsets_it(extra: dict[str, str]) -> None:
    assert keymap(extra).intent("return") in (*Intent, None)
    assert len(check(extra, "file")) <= 2 * len(extra)


@given(st.text(max_size=20))
def test_a_canonical_name_is_its_own(name: str) -> None:
    key = canonical(name)
    assert key is None or canonical(key) == key


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("pad:rightshoulder", "pad:rightshoulder"),
        ("PAD:Guide", "pad:guide"),
        ("pad:button-7", "pad:button-7"),
        ("key:5", "key:5"),
        ("key:600", "key:600"),
        ("scancode:64", "scancode:64"),
        ("keypad  5", "keypad 5"),
        ("Q", "q"),
        (" ", " "),
        ("ä", "ä"),
        ("volumeup", "volumeup"),
        ("Channel-Up", "key:402"),
    ],
)
def test_a_name_is_read_as_somebody_would_write_it(name: str, key: str) -> None:
    assert canonical(name) == key


@pytest.mark.parametrize(
    "name",
    [
        "pad:turbo", "pad:", "pad:up", "bad:a", "rightshoulder", "pad:button-", "pad:button-1000", "key:", "key:1000",
        "key:-1", "key:1x", "xkey:1", "ab", "", "\n", "\x07",
    ],
)  # fmt: skip
def test_what_no_device_sends_is_no_key(name: str) -> None:
    assert canonical(name) is None
    assert keymap({name: "menu"}).bindings == DEFAULT


def test_only_keys_that_sdl_drops_are_taken_from_devices_that_it_reads_too() -> None:
    assert [code for code in (174, 352, 353, 398, 402, 403, 438) if not dropped_by_sdl(code)] == []
    assert [code for code in (0x160, 0x21F, 0x224, 0x2BF) if not dropped_by_sdl(code)] == []
    assert [code for code in (173, 175, 0x15F, 0x220, 0x223, 0x2C0) if dropped_by_sdl(code)] == []
    assert [
        code for code in (1, 28, 103, 105, 106, 108, 139, 158, 164, 0x110, 0x130, 0x220) if dropped_by_sdl(code)
    ] == []
