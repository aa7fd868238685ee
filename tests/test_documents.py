"""The Markdown files: links lead somewhere, and every path, module, key, event and command that they name exists."""

from __future__ import annotations

import ast
import re
import shlex
from collections.abc import Iterator
from dataclasses import fields
from functools import cache
from pathlib import Path

import pytest

from scripts.benchmarks import options
from scripts.benchmarks.__main__ import ROWS
from scripts.reference_page import commands
from tests.cloud import ROOT
from tvapp.config.load import load
from tvapp.config.model import SECTIONS
from tvapp.host.log_events import EVENTS

FOLDERS = ("tvapp", "scripts", "tests", "assets", ".github", ".ci")
DOCUMENTS = sorted(
    path.relative_to(ROOT).as_posix()
    for path in (ROOT / "README.md", *(found for folder in FOLDERS for found in (ROOT / folder).rglob("*.md")))
    if "node_modules" not in path.parts
)
LONGEST_README = 200

LINK = re.compile(r"!?\[(?:[^\[\]]|!\[[^\]]*\]\([^)]*\))*\]\(([^)\s]+)\)")
FENCE = re.compile(r"^( *)```(\w*)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
SPAN = re.compile(r"`([^`\n]+)`")
HEADING = re.compile(r"^#+ +(.+)$", re.MULTILINE)
REPOSITORY_PATH = re.compile(r"(?<![\w/~.-])(?:\./)?((?:tvapp|scripts|tests|assets|\.github|\.ci)/[\w./@-]*[\w/])")
ROOM_PATH = re.compile(r"[a-z_]+(?:/[a-z_0-9]+)*(?:/|\.py)")
DOTTED = re.compile(r"[a-z_]+(?:\.[a-z_0-9]+)*(?:\.\w+)+")
SETTING = re.compile(r"\[(\w+)\] ([a-z_]+)")
COMMAND = re.compile(r"(?:^|[\s/])tvapp ([a-z][a-z-]*)")
ROOMS = frozenset(path.name for path in (ROOT / "tvapp").iterdir() if (path / "__init__.py").is_file())
PREFIXES = frozenset(name.partition(".")[0] for name in EVENTS)


@cache
def text_of(document: str) -> str:
    return (ROOT / document).read_text(encoding="utf-8")


@cache
def blocks(document: str) -> tuple[tuple[str, str], ...]:
    """Return the language and the text of each block of code."""
    return tuple((match[2], match[3]) for match in FENCE.finditer(text_of(document)))


@cache
def prose(document: str) -> str:
    """Return a document without its blocks of code."""
    return FENCE.sub("", text_of(document))


def spans(document: str) -> list[str]:
    """Return everything that is marked as code in running text."""
    return SPAN.findall(prose(document))


def code(document: str) -> Iterator[str]:
    """Yield each line of the blocks of code, and each piece of code in running text."""
    for _, block in blocks(document):
        yield from block.splitlines()
    yield from spans(document)


@cache
def anchors(document: str) -> frozenset[str]:
    """Return the anchors that GitHub gives to the headings."""
    found: set[str] = set()
    for heading in HEADING.findall(prose(document)):
        plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).replace("`", "")
        anchor = re.sub(r"[^\w\- ]", "", plain.lower()).replace(" ", "-")
        assert anchor not in found, f"{document}: two headings {heading}"
        found.add(anchor)
    return frozenset(found)


@cache
def names_in(module: Path) -> dict[str, ast.AST]:
    """Return what a module defines at its top, and what its classes hold as `Class.name`."""
    found: dict[str, ast.AST] = {}

    def add(node: ast.AST, prefix: str) -> None:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found[prefix + node.name] = node
            if isinstance(node, ast.ClassDef):
                for inner in node.body:
                    add(inner, f"{node.name}.")
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            found.update({prefix + target.id: node for target in targets if isinstance(target, ast.Name)})

    for node in ast.parse(module.read_text(encoding="utf-8")).body:
        add(node, "")
    return found


def resolves(dotted: str) -> bool:
    """Tell whether a dotted name is a room, a module or something that a module defines; `tvapp.` may be left out."""
    parts = dotted.removeprefix("tvapp.").split(".")
    for count in range(len(parts), 0, -1):
        base = ROOT.joinpath("tvapp", *parts[:count])
        rest = ".".join(parts[count:])
        if base.with_suffix(".py").is_file():
            return not rest or rest in names_in(base.with_suffix(".py"))
        if (base / "__init__.py").is_file():
            return not rest
    return False


def test_the_readme_is_short() -> None:
    assert len(text_of("README.md").splitlines()) <= LONGEST_README


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_link_leads_to_a_file_or_a_heading(document: str) -> None:
    folder = (ROOT / document).parent
    for target in LINK.findall(prose(document)):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        file = (folder / path).resolve() if path else ROOT / document
        assert file.exists(), f"{document}: {target}"
        if anchor:
            assert anchor in anchors(file.relative_to(ROOT).as_posix()), f"{document}: {target}"


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_path_that_is_named_exists(document: str) -> None:
    named = {path for line in code(document) for path in REPOSITORY_PATH.findall(line.replace("/opt/tvapp/", "./"))}
    beside = (ROOT / document).parent
    assert sorted(path for path in named if not (ROOT / path).exists() and not (beside / path).exists()) == []


@pytest.mark.parametrize("document", [name for name in DOCUMENTS if name.startswith(("tvapp/", ".github/"))])
def test_every_file_of_a_room_that_is_named_exists(document: str) -> None:
    named = {span for span in spans(document) if ROOM_PATH.fullmatch(span) and span.split("/")[0] in ROOMS}
    assert sorted(span for span in named if not (ROOT / "tvapp" / span).exists()) == []


def test_every_room_has_a_row_in_the_table_of_rooms() -> None:
    rooms = {f"`{room}/`" for room in ROOMS - {"fences"}}
    rooms |= {f"`fences/{path.parent.name}/`" for path in (ROOT / "tvapp/fences").glob("*/__init__.py")}
    rows = {line.split("|")[1].strip() for line in text_of("tvapp/README.md").splitlines() if line.startswith("| `")}
    assert rooms <= rows


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_dotted_name_is_an_event_or_something_in_the_code(document: str) -> None:
    firsts = ROOMS | PREFIXES | {"tvapp"}
    named = {span for span in spans(document) if DOTTED.fullmatch(span) and span.partition(".")[0] in firsts}
    files = {span for span in named if (ROOT / document).parent.joinpath(span).exists()}
    assert sorted(span for span in named - files if span not in EVENTS and not resolves(span)) == []


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_setting_that_is_named_exists(document: str) -> None:
    for line in code(document):
        for section, key in SETTING.findall(line):
            assert section in SECTIONS, f"{document}: [{section}]"
            assert key in {each.name for each in fields(SECTIONS[section])}, f"{document}: [{section}] {key}"


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_command_that_is_named_exists(document: str) -> None:
    for line in code(document):
        for command in COMMAND.findall(line.partition(" #")[0]):
            assert command in commands(), f"{document}: tvapp {command}"


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_benchmark_that_is_named_can_be_run(document: str) -> None:
    for line in code(document):
        if line.startswith("./scripts/bench "):
            options.parse(shlex.split(line, comments=True)[1:], tuple(ROWS), [], tuple(ROWS))


def test_the_configuration_of_the_readme_can_be_used(tmp_path: Path) -> None:
    (toml,) = (block for language, block in blocks("README.md") if language == "toml")
    path = tmp_path / "config.toml"
    path.write_text(toml)
    path.chmod(0o600)
    assert load(path, {}).geofences.store == "blob"


def test_a_name_that_is_gone_is_noticed() -> None:
    assert resolves("core.errors.TvappError")
    assert resolves("tvapp.config.model.Config.needs_sign_in")
    assert not resolves("core.errors.NoSuchError")
    assert not resolves("core.no_such_module")
