"""The Ansible role and the cloud-init example, as far as tests see them: `scripts/kiosk/try-fleet` runs them."""

from __future__ import annotations

import re
import shutil
import subprocess
import textwrap
from pathlib import Path

import pytest

from tests.cloud import ROOT
from tvapp.config.load import load_all
from tvapp.config.secret_references import CredentialElsewhere

FLEET = ROOT / "scripts/kiosk/fleet"
ROLE = FLEET / "roles/tvapp"


def names_in(path: Path, pattern: str) -> set[str]:
    return set(re.findall(pattern, path.read_text(encoding="utf-8"), re.MULTILINE))


def test_the_configuration_of_the_cloud_init_example_is_one_that_the_app_accepts(tmp_path: Path) -> None:
    text = (FLEET / "cloud-init.example.yaml").read_text(encoding="utf-8")
    found = re.search(r"path: /etc/tvapp/config\.toml\n.*?content: \|\n(.*?)\n  - path:", text, re.DOTALL)
    assert found is not None
    config = tmp_path / "config.toml"
    config.write_text(textwrap.dedent(found[1]))
    loaded = load_all(config, {})
    assert [error for error in loaded.errors if not isinstance(error, CredentialElsewhere)] == []
    assert loaded.written.keys() >= {"identity.token_key", "network.proxy_password"}


@pytest.mark.process
def test_the_script_of_the_cloud_init_example_is_one_that_a_shell_reads(tmp_path: Path) -> None:
    text = (FLEET / "cloud-init.example.yaml").read_text(encoding="utf-8")
    found = re.search(r"path: /usr/local/sbin/tvapp-first-start\n.*?content: \|\n(.*?)\nruncmd:", text, re.DOTALL)
    assert found is not None
    script = tmp_path / "first-start"
    script.write_text(textwrap.dedent(found[1]))
    shell = shutil.which("sh")
    assert shell is not None
    done = subprocess.run([shell, "-n", str(script)], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


def test_every_variable_of_the_role_has_a_default_a_type_and_a_line_in_the_manual() -> None:
    defaults = names_in(ROLE / "defaults/main.yml", r"^(tvapp_\w+):")
    assert names_in(ROLE / "meta/argument_specs.yml", r"^ +(tvapp_\w+):") == defaults
    assert names_in(FLEET / "README.md", r"^\| `(tvapp_\w+)`") == defaults
    tasks = "".join(path.read_text() for path in (ROLE / "tasks").glob("*.yml"))
    assert {name for name in defaults if name not in tasks} == set()


def test_the_example_of_an_inventory_sets_only_variables_that_the_role_has() -> None:
    defaults = names_in(ROLE / "defaults/main.yml", r"^(tvapp_\w+):")
    assert names_in(FLEET / "inventory.example.yml", r"^ +(tvapp_[a-z_]+):") <= defaults
