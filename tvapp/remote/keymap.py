"""The key map: the default table from keys to intents, and how the config file extends it.

Keys are SDL's names, gamepad parts as "pad:...", and Linux key codes (input-event-codes.h) as "key:...", which are read
from the input devices because SDL 2 drops them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches

from tvapp.core.errors import ConfigError
from tvapp.remote.intents import Intent
from tvapp.remote.sdl_names import SDL_NAMES

UNMAPPED = "none"
"""The value in the config file for a key that does nothing."""

DEFAULT: Mapping[str, Intent] = {
    "up": Intent.UP,
    "down": Intent.DOWN,
    "left": Intent.LEFT,
    "right": Intent.RIGHT,
    "return": Intent.SELECT,
    "keypad enter": Intent.SELECT,
    "space": Intent.SELECT,
    "select": Intent.SELECT,
    "escape": Intent.BACK,
    "backspace": Intent.BACK,
    "ac back": Intent.BACK,
    "menu": Intent.MENU,
    "application": Intent.MENU,
    "f10": Intent.MENU,
    "ac home": Intent.MENU,
    "+": Intent.ZOOM_IN,
    "=": Intent.ZOOM_IN,
    "keypad +": Intent.ZOOM_IN,
    "pageup": Intent.ZOOM_IN,
    "-": Intent.ZOOM_OUT,
    "keypad -": Intent.ZOOM_OUT,
    "pagedown": Intent.ZOOM_OUT,
    "audioplay": Intent.PLAY_PAUSE,
    "p": Intent.PLAY_PAUSE,
    "pad:dpad-up": Intent.UP,
    "pad:dpad-down": Intent.DOWN,
    "pad:dpad-left": Intent.LEFT,
    "pad:dpad-right": Intent.RIGHT,
    "pad:stick-up": Intent.UP,
    "pad:stick-down": Intent.DOWN,
    "pad:stick-left": Intent.LEFT,
    "pad:stick-right": Intent.RIGHT,
    "pad:a": Intent.SELECT,
    "pad:b": Intent.BACK,
    "pad:start": Intent.MENU,
    "pad:righttrigger": Intent.ZOOM_IN,
    "pad:lefttrigger": Intent.ZOOM_OUT,
    "pad:y": Intent.PLAY_PAUSE,
    # Gamepads for which SDL has no layout.
    "pad:button-0": Intent.SELECT,
    "pad:button-1": Intent.BACK,
    "pad:button-9": Intent.MENU,
    "key:103": Intent.UP,
    "key:108": Intent.DOWN,
    "key:105": Intent.LEFT,
    "key:106": Intent.RIGHT,
    "key:28": Intent.SELECT,
    "key:57": Intent.SELECT,
    "key:96": Intent.SELECT,
    "key:352": Intent.SELECT,  # OK
    "key:353": Intent.SELECT,  # Select
    "key:1": Intent.BACK,
    "key:14": Intent.BACK,
    "key:158": Intent.BACK,
    "key:174": Intent.BACK,  # Exit
    "key:68": Intent.MENU,
    "key:127": Intent.MENU,  # Compose, which SDL calls Application
    "key:139": Intent.MENU,
    "key:172": Intent.MENU,  # Homepage
    "key:357": Intent.MENU,  # Option
    "key:358": Intent.MENU,  # Info
    "key:438": Intent.MENU,  # Context menu
    "key:13": Intent.ZOOM_IN,
    "key:78": Intent.ZOOM_IN,
    "key:104": Intent.ZOOM_IN,
    "key:402": Intent.ZOOM_IN,  # Channel up
    "key:418": Intent.ZOOM_IN,
    "key:12": Intent.ZOOM_OUT,
    "key:74": Intent.ZOOM_OUT,
    "key:109": Intent.ZOOM_OUT,
    "key:403": Intent.ZOOM_OUT,  # Channel down
    "key:419": Intent.ZOOM_OUT,
    "key:25": Intent.PLAY_PAUSE,
    "key:119": Intent.PLAY_PAUSE,
    "key:164": Intent.PLAY_PAUSE,
    "key:200": Intent.PLAY_PAUSE,
    "key:201": Intent.PLAY_PAUSE,
    "key:207": Intent.PLAY_PAUSE,
}

ALIASES: Mapping[str, str] = {
    "enter": "return",
    "esc": "escape",
    "page up": "pageup",
    "page down": "pagedown",
    "back": "ac back",
    "home page": "ac home",
    "plus": "+",
    "equals": "=",
    "minus": "-",
    "play": "audioplay",
    "ok": "key:352",
    "exit": "key:174",
    "info": "key:358",
    "channel-up": "key:402",
    "channel-down": "key:403",
    "red": "key:398",
    "green": "key:399",
    "yellow": "key:400",
    "blue": "key:401",
}
"""Friendlier names for the config file."""

PAD_NAMES = frozenset(
    (
        *("a", "b", "x", "y", "back", "guide", "start", "leftstick", "rightstick", "leftshoulder", "rightshoulder"),
        *("lefttrigger", "righttrigger", "dpad-up", "dpad-down", "dpad-left", "dpad-right"),
        *("stick-up", "stick-down", "stick-left", "stick-right"),
    )
)
_NUMBERED = re.compile(r"(?:key:|scancode:|pad:button-)\d{1,3}")


@dataclass(frozen=True, slots=True)
class Keymap:
    """A table from key names to intents."""

    bindings: Mapping[str, Intent]

    def intent(self, key: str) -> Intent | None:
        """Return the intent of a key, or None."""
        return self.bindings.get(key)

    def codes(self) -> frozenset[int]:
        """Return the Linux key codes that have an intent."""
        return frozenset(int(key[4:]) for key in self.bindings if key.startswith("key:"))


def keymap(extra: Mapping[str, str] | None = None) -> Keymap:
    """Return the default table with `extra` (as in the config file) on top; wrong entries are left out."""
    bindings = dict(DEFAULT)
    for name, value in (extra or {}).items():
        key = canonical(name)
        if key is None:
            continue
        if value == UNMAPPED:
            bindings.pop(key, None)
        elif value in INTENTS:
            bindings[key] = INTENTS[value]
    return Keymap(bindings)


INTENTS: Mapping[str, Intent] = {intent.value: intent for intent in Intent}


def canonical(name: str) -> str | None:
    """Return a key's name in events, from the way people write it; None when there is no such key.

    >>> canonical("Red"), canonical("Page Up"), canonical("retrun")
    ('key:398', 'pageup', None)
    """
    key = name.lower() if len(name) == 1 else " ".join(name.lower().split())
    key = ALIASES.get(key, key)
    if key in DEFAULT or key in SDL_NAMES:
        return key
    if key.startswith("pad:") and key[4:] in PAD_NAMES:
        return key
    if _NUMBERED.fullmatch(key):
        return key
    return key if len(key) == 1 and key.isprintable() else None


def check(extra: Mapping[str, str], source: str) -> list[ConfigError]:
    """Return the errors in the key table of a config file."""
    errors = []
    for name, value in extra.items():
        if canonical(name) is None:
            near = get_close_matches(name.lower(), [*SDL_NAMES, *ALIASES, *DEFAULT], 1, 0.7)
            hint = f' (did you mean "{near[0]}"?)' if near else ""
            allowed = 'a key name of SDL, "key:" and a Linux key code, or "pad:" and a gamepad button'
            errors.append(ConfigError(source, "remote.keys", f'"{name}"{hint}', allowed))
        if value not in INTENTS and value != UNMAPPED:
            allowed = ", ".join([*INTENTS, UNMAPPED])
            errors.append(ConfigError(source, f'remote.keys."{name}"', f'"{value}"', allowed))
    return errors


def dropped_by_sdl(code: int) -> bool:
    """Tell whether SDL 2 never passes a Linux key code on.

    Those are Exit, and everything from 352 (OK) on: X11 ends at 247, and between lie buttons of mice and gamepads.
    """
    return code == 174 or 0x160 <= code < 0x220 or 0x224 <= code < 0x2C0
