"""Reading the commands of the installer's document, and running them as they stand."""

from __future__ import annotations

import subprocess

import pytest

from scripts.kiosk.manual import Block, Typed, blocks, filled_in, script, typed
from scripts.kiosk.readme_trial import HEADINGS
from tests.cloud import ROOT

TEXT = """\
# Title

```toml
key = 1
```

## Install

```sh
# What follows is a command.
sudo apt-get install \\
  one two              # a word about it
first && second &&
third
```

Words.

```sh
last
```
"""


def run(*commands: str) -> list[Typed]:
    done = subprocess.run(["bash", "-c", script(commands)], capture_output=True, text=True, timeout=30)
    return typed(commands, done.stdout)


def test_the_commands_of_a_document_are_those_of_its_sh_blocks_under_their_headings() -> None:
    first, second = blocks(TEXT)
    assert first.heading == second.heading == "Install"
    assert first.commands == (
        "sudo apt-get install \\\n  one two              # a word about it",
        "first && second &&\nthird",
    )
    assert second.commands == ("last",)


def test_a_word_that_the_reader_replaces_has_to_be_there() -> None:
    block = Block("Install", ("git clone REPOSITORY tvapp",))
    assert filled_in(block, {"REPOSITORY": "git://here"}) == ("git clone git://here tvapp",)
    with pytest.raises(ValueError, match="does not say ELSEWHERE"):
        filled_in(block, {"ELSEWHERE": "git://here"})


@pytest.mark.process
def test_commands_share_a_shell_and_each_tells_how_it_ended() -> None:
    results = run("cd /usr   # a comment", "pwd", "echo lost >&2; false", "cat", "printf end")
    assert [(result.status, result.output) for result in results] == [
        (0, ""),
        (0, "/usr"),
        (1, "lost"),
        (0, ""),
        (0, "end"),
    ]


@pytest.mark.process
def test_commands_that_the_shell_did_not_come_to_have_not_succeeded() -> None:
    assert [result.status for result in run("true", "exit 3", "true")] == [0, -1, -1]


def test_every_command_of_the_installers_document_is_tried() -> None:
    found = blocks((ROOT / "scripts" / "kiosk" / "README.md").read_text(encoding="utf-8"))
    assert {block.heading for block in found} == HEADINGS
