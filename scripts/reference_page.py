"""The command behind `scripts/reference`: every configuration key, flag, exit status and log event, from the code.

Types, defaults and meanings of the keys come from `tvapp.config.model` (the line under each field), what is allowed
from the message that a wrong value gets, flags from the parser, and the rest from the tables beside the code.
"""

from __future__ import annotations

import argparse
import ast
import sys
from collections.abc import Iterable, Iterator
from dataclasses import MISSING, Field, fields
from pathlib import Path

from tvapp.commands.cli import build_parser
from tvapp.config import model
from tvapp.config.load import PREFIX
from tvapp.config.model import SECTIONS, Found
from tvapp.config.rules import check_value
from tvapp.core.exit_status import MEANINGS
from tvapp.host.log_events import EVENTS, FIELDS
from tvapp.remote.intents import Intent
from tvapp.remote.keymap import DEFAULT, UNMAPPED

PAGE = Path(__file__).parent / "kiosk/REFERENCE.md"
NO_DEFAULT = "-"

HEAD = """# Reference

Made from the code by `scripts/reference`; a test compares the two. Do not edit it by hand.

- [Configuration keys](#configuration-keys)
- [Commands and flags](#commands-and-flags)
- [Exit statuses](#exit-statuses)
- [Remote keys](#remote-keys)
- [Log events](#log-events)
"""

ABOUT_KEYS = f"""## Configuration keys

A TOML file; [config.example.toml](config.example.toml) has every key with a comment. The files `*.toml` of the folder
`conf.d` beside it are merged over it in the order of their names: a key of a later file replaces that of an earlier
one, a table as a whole. Each key is also an environment variable `{PREFIX}<SECTION>_<KEY>`, for example
`{PREFIX}MAPS_CLIENT_ID`, which wins over the files. In a variable a list is written with commas between the items or
as TOML, and a table as TOML or JSON. Paths are relative to the folder of the file. Files may be in UTF-8 or UTF-16,
with a byte-order mark or without.

A secret may be written as `{{ credential = NAME }}`, a credential of systemd (`LoadCredential=NAME:PATH` in the unit),
or as `{{ file = PATH }}`, a file that only its owner and group can read. In the place of a list, a reference stands for
the words of the file.
"""

ABOUT_FLAGS = """## Commands and flags

`tvapp [FLAGS] [COMMAND] [FLAGS]`. Without a command it is `tvapp run`. `python -m tvapp` is the same as `tvapp`.
"""

ABOUT_REMOTE = f"""## Remote keys

Keys are SDL's key names, parts of a gamepad (`pad:`) and Linux key codes (`key:`, read from the input devices).
`[remote] keys` adds to this table or changes it; the intent `{UNMAPPED}` takes a key out.
"""

ABOUT_EVENTS = """## Log events

One event a line, on standard error and, with `--log-file`, in that file too. As text, a line is the time, the level,
the event and `field=value` pairs; with `--log-format json` it is an object with `ts` (ISO 8601, UTC), `level`, `event`
and the fields. Fields without a value are left out. A line never holds a token, a code, a key or a full e-mail
address. A line that is too long is shortened and says `cut`.
"""


def page() -> str:
    """Return the whole reference as Markdown."""
    return "\n".join([HEAD, *_keys(), *_flags(), *_statuses(), *_remote(), *_events()])


def field_meanings() -> dict[str, str]:
    """Return the line under each field of the settings, by `section.key`.

    Raises:
        KeyError: a field has none.
    """
    tree = ast.parse(Path(model.__file__).read_text(encoding="utf-8"))
    classes = {node.name: node for node in tree.body if isinstance(node, ast.ClassDef)}
    found: dict[str, str] = {}
    for section, kind in SECTIONS.items():
        body = classes[kind.__name__].body
        for node, after in zip(body, [*body[1:], None], strict=True):
            if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
                key = f"{section}.{node.target.id}"
                if not (isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant)):
                    raise KeyError(f"{key} has no line that says what it means")
                found[key] = str(after.value.value)
    return found


def allowed(key: str) -> str:
    """Return what a key allows, in the words of the message that a wrong value gets."""
    _, error = check_value(key, Found(object(), ""), Path())
    assert error is not None, f"{key} allows anything"
    return error.allowed


def commands() -> tuple[str, ...]:
    """Return the names of the commands of `tvapp`."""
    return tuple(_subparsers(build_parser()).choices)


def _keys() -> Iterator[str]:
    yield ABOUT_KEYS
    meanings = field_meanings()
    for section, kind in SECTIONS.items():
        yield f"### [{section}]\n"
        rows = (
            (f"`{each.name}`", _default(each), allowed(f"{section}.{each.name}"), meanings[f"{section}.{each.name}"])
            for each in fields(kind)
        )
        yield _table(("key", "default", "allowed", "meaning"), rows)


def _default(field: Field[object]) -> str:
    if field.default is not MISSING:
        value = field.default
    else:
        assert field.default_factory is not MISSING
        value = field.default_factory()
    return f"`{_toml(value)}`" if value not in ("", (), {}, None) else NO_DEFAULT


def _toml(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, tuple):
        return "[" + ", ".join(map(_toml, value)) + "]"
    return f'"{value}"'


def _flags() -> Iterator[str]:
    yield ABOUT_FLAGS
    parser = build_parser()
    subparsers = _subparsers(parser)
    helps = {choice.dest: choice.help or "" for choice in subparsers._choices_actions}
    yield _table(("command", "does"), ((f"`tvapp {name}`", _plain(helps[name])) for name in subparsers.choices))
    common = {action.dest for action in parser._actions}
    rows = [(_flag(action), "every command", _plain(action.help or "")) for action in _options(parser)]
    for name, command in subparsers.choices.items():
        rows += [
            (_flag(action), f"`tvapp {name}`", _plain(action.help or ""))
            for action in _options(command)
            if action.dest not in common
        ]
    yield _table(("flag", "of", "meaning"), rows)


def _subparsers(parser: argparse.ArgumentParser) -> argparse._SubParsersAction[argparse.ArgumentParser]:
    (found,) = (action for action in parser._actions if isinstance(action, argparse._SubParsersAction))
    return found


def _options(parser: argparse.ArgumentParser) -> Iterator[argparse.Action]:
    return (action for action in parser._actions if action.option_strings)


def _flag(action: argparse.Action) -> str:
    argument = action.metavar or ("|".join(map(str, action.choices)) if action.choices else "")
    return f"`{', '.join(action.option_strings)}{f' {argument}' if argument else ''}`"


def _statuses() -> Iterator[str]:
    yield "## Exit statuses\n"
    yield _table(("status", "means"), ((str(status), meaning) for status, meaning in MEANINGS.items()))


def _remote() -> Iterator[str]:
    yield ABOUT_REMOTE
    keys = {intent: [key for key, meant in DEFAULT.items() if meant is intent] for intent in Intent}
    yield _table(("intent", "keys"), ((f"`{it.value}`", " ".join(f"`{key}`" for key in keys[it])) for it in Intent))


def _events() -> Iterator[str]:
    yield ABOUT_EVENTS
    yield _table(
        ("event", "level", "when", "fields"),
        (
            (f"`{name}`", " or ".join(event.levels), event.when, ", ".join(f"`{it}`" for it in event.field_names))
            for name, event in EVENTS.items()
        ),
    )
    yield "### Fields\n"
    yield _table(("field", "meaning"), ((f"`{name}`", meaning) for name, meaning in FIELDS.items()))


def _plain(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}"


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |\n" for line in lines)


def main(arguments: list[str]) -> int:
    """Write the page, or print it."""
    if arguments == ["--print"]:
        sys.stdout.write(page())
        return 0
    if arguments:
        print("Usage: scripts/reference [--print]", file=sys.stderr)
        return 2
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(page(), encoding="utf-8")
    print(f"Wrote {PAGE}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
