"""Reads the commands of a Markdown document, and writes a script that runs them as a reader types them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

HEADING = re.compile(r"#+ +(.+)")
MARK = re.compile(r"@@(\d+) (\d+) (\d+) ms\n?")


@dataclass(frozen=True)
class Block:
    """The commands of one `sh` block, and the heading that it stands under."""

    heading: str
    commands: tuple[str, ...]


@dataclass(frozen=True)
class Typed:
    """How one command ended."""

    command: str
    status: int
    seconds: float
    output: str


def blocks(text: str) -> list[Block]:
    """Return the `sh` blocks of a document in their order.

    A command may go over several lines that end with `\\` or `&&`; a line that is only a comment is none.
    """
    found: list[Block] = []
    heading = ""
    lines: list[str] | None = None
    for line in text.splitlines():
        if lines is not None and line.strip() == "```":
            found.append(Block(heading, tuple(_commands(lines))))
            lines = None
        elif lines is not None:
            lines.append(line)
        elif line.startswith("```"):
            lines = [] if line.strip() == "```sh" else None
        elif match := HEADING.fullmatch(line):
            heading = match[1]
    return found


def filled_in(block: Block, words: Mapping[str, str]) -> tuple[str, ...]:
    """Return the commands of a block with what a reader puts in the place of some words.

    Raises:
        ValueError: the block does not have such a word.
    """
    text = "\n".join(block.commands)
    for word, meant in words.items():
        if word not in text:
            raise ValueError(f"“{block.heading}” does not say {word}")
        text = text.replace(word, meant)
    return tuple(_commands(text.splitlines()))


def script(commands: Sequence[str]) -> str:
    """Return a script for bash that runs each command in the same shell, and goes on after one that fails."""
    lines = ["exec 2>&1"]
    for number, command in enumerate(commands):
        lines += ["began=${EPOCHREALTIME/./}", f"{{ {command}", "} </dev/null", "status=$?"]
        lines.append(f'printf "\\n@@{number} %d %d ms\\n" $status $(((${{EPOCHREALTIME/./}} - began) / 1000))')
    return "\n".join(lines) + "\n"


def typed(commands: Sequence[str], output: str) -> list[Typed]:
    """Return how each command ended, from the output of the script; those that it did not reach have status -1."""
    pieces = MARK.split(output)
    ended = {
        int(pieces[i + 1]): (int(pieces[i + 2]), int(pieces[i + 3]), pieces[i]) for i in range(0, len(pieces) - 3, 4)
    }
    found = []
    for number, command in enumerate(commands):
        status, milliseconds, said = ended.get(number, (-1, 0, pieces[-1]))
        found.append(Typed(command, status, milliseconds / 1000, said.strip()))
    return found


def _commands(lines: Sequence[str]) -> list[str]:
    found: list[str] = []
    waiting = ""
    for line in lines:
        waiting += line
        if line.endswith("\\") or line.rstrip().endswith("&&"):
            waiting += "\n"
            continue
        if waiting.strip() and not waiting.lstrip().startswith("#"):
            found.append(waiting)
        waiting = ""
    return found
