"""The tables of log events agree with what the code logs, both ways."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tests.cloud import ROOT
from tvapp.host.log_events import EVENTS, FIELDS

TABLE = ROOT / "tvapp/host/log_events.py"

INDIRECT = {
    "tvapp/auth/service.py": "writes the event of a `Report` that the session made",
}
"""Modules that log an event by a name which comes from elsewhere, and where from."""


@dataclass(frozen=True)
class Call:
    """One call that logs events: all their possible names, and what is said of the fields."""

    names: tuple[str, ...]
    fields: frozenset[str]
    levels: frozenset[str]
    is_complete: bool
    """Whether these are all fields: nothing is handed on with `**`."""


@cache
def trees() -> tuple[tuple[str, ast.Module], ...]:
    """Return the path and the tree of every module but the table."""
    paths = [path for path in sorted((ROOT / "tvapp").rglob("*.py")) if path != TABLE]
    return tuple((str(path.relative_to(ROOT)), ast.parse(path.read_text(encoding="utf-8"))) for path in paths)


def names_in(node: ast.expr, tree: ast.Module) -> tuple[str, ...]:
    """Return the event names that an expression can stand for; none where it cannot be told."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return (node.value,)
    if isinstance(node, ast.IfExp):
        return (*names_in(node.body, tree), *names_in(node.orelse, tree))
    if isinstance(node, ast.JoinedStr):
        parts = (part.value if isinstance(part, ast.Constant) else None for part in node.values)
        pattern = "".join(".+" if part is None else re.escape(str(part)) for part in parts)
        return tuple(name for name in EVENTS if re.fullmatch(pattern, name) and name not in literal_names())
    if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name):
        for statement in tree.body:
            targets = statement.targets if isinstance(statement, ast.Assign) else ()
            if any(isinstance(target, ast.Name) and target.id == node.value.id for target in targets):
                assert isinstance(statement, ast.Assign)
                return tuple(ast.literal_eval(statement.value).values())
    return ()


def event_calls(tree: ast.Module) -> Iterator[ast.Call]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "event":
            yield node


@cache
def literal_names() -> frozenset[str]:
    """Return every name that a call gives as one plain text."""
    calls = (call for _, tree in trees() for call in event_calls(tree))
    return frozenset(str(call.args[0].value) for call in calls if call.args and isinstance(call.args[0], ast.Constant))


@cache
def calls() -> tuple[Call, ...]:
    """Return every call of `log.event` whose name can be told, and every `Report`."""
    found = []
    for where, tree in trees():
        for call in event_calls(tree):
            names = names_in(call.args[0], tree)
            if not names:
                assert where in INDIRECT, f"{where}:{call.lineno}: which event is this?"
                continue
            fields = frozenset(word.arg for word in call.keywords if word.arg not in (None, "level"))
            level = next((word.value for word in call.keywords if word.arg == "level"), ast.Constant("info"))
            is_complete = all(word.arg for word in call.keywords)
            found.append(Call(names, fields, frozenset(texts(level)), is_complete))
        found += [made for node in ast.walk(tree) if (made := report(node)) is not None]
    return tuple(found)


def report(node: ast.AST) -> Call | None:
    """Return what `Report(name, fields, level)` logs, if it is one whose name is given as a text."""
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name) or node.func.id != "Report":
        return None
    if not isinstance(node.args[0], ast.Constant):
        return None
    given = node.args[1]
    keys = given.keys if isinstance(given, ast.Dict) else [None]
    fields = frozenset(str(key.value) for key in keys if isinstance(key, ast.Constant))
    levels = frozenset(texts(node.args[2])) if len(node.args) > 2 else frozenset({"info"})
    return Call((str(node.args[0].value),), fields, levels, None not in keys)


def texts(node: ast.AST) -> Iterator[str]:
    """Yield the texts that an expression can come to, as far as they stand in it."""
    branches = (node.body, node.orelse) if isinstance(node, ast.IfExp) else (node,)
    for branch in branches:
        if isinstance(branch, ast.Constant) and isinstance(branch.value, str):
            yield branch.value


def strings(tree: ast.Module) -> set[str]:
    """Return every text and every keyword of a module."""
    constants = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)}
    words = {node.arg for node in ast.walk(tree) if isinstance(node, ast.keyword)}
    return {text for text in (*constants, *words) if isinstance(text, str)}


def test_every_event_that_the_code_logs_is_in_the_table_with_all_its_fields() -> None:
    for call in calls():
        for name in call.names:
            assert name in EVENTS, f"{name} is not in tvapp/host/log_events.py"
            assert call.fields <= set(EVENTS[name].field_names), name
        assert call.levels <= {level for name in call.names for level in EVENTS[name].levels}, call.names


def test_the_table_has_no_event_and_no_field_that_the_code_does_not_log() -> None:
    known = {name for call in calls() for name in call.names}
    everywhere = set().union(*(strings(tree) for _, tree in trees()))
    assert {name for name in EVENTS if name not in known} <= everywhere
    by_name: dict[str, list[Call]] = defaultdict(list)
    for call in calls():
        for name in call.names:
            by_name[name].append(call)
    for name, logged in by_name.items():
        fields = set().union(*(call.fields for call in logged))
        left = set(EVENTS[name].field_names) - fields
        assert not left or not all(call.is_complete for call in logged), f"{name} never has {sorted(left)}"
        assert left <= everywhere, f"{name} never has {sorted(left - everywhere)}"


def test_every_field_has_a_meaning_and_every_meaning_is_of_a_field() -> None:
    assert set(FIELDS) == {field for event in EVENTS.values() for field in event.field_names}


def test_no_event_has_a_field_twice() -> None:
    assert [name for name, event in EVENTS.items() if len(set(event.field_names)) < len(event.field_names)] == []


def test_every_event_of_the_contract_is_there() -> None:
    contract = """
        app.started frame.first signin.prompted signin.succeeded signin.failed token.renewed token.renewal_failed
        map.settled geofences.loaded geofence.skipped geofence.uploaded geofence.upload_failed geofence.conflict
        network.lost network.restored app.stopped
    """
    assert set(contract.split()) <= set(EVENTS)


def test_events_are_documented_as_sentences() -> None:
    for name, event in EVENTS.items():
        assert event.when[0].isupper() or event.when[0] == "`", name
        assert event.when.endswith("."), name
        assert "|" not in event.when, name


def test_nothing_imports_the_table_at_run_time() -> None:
    users = [
        where
        for where, tree in trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == "tvapp.host.log_events"
    ]
    assert users == []
    assert Path(TABLE).is_file()
