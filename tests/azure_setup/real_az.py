"""Runs the real `az`, and the commands of `scripts/azure` on it, against the local cloud.

`az` is installed at first use (730 MB), from the pins in `azure-cli.txt`, into a cache for later runs. It has a
configuration folder of its own, and knows no cloud but the local one: nothing can reach Azure. The commands of
`scripts/azure` find an `az` on the path that runs in a fork of one process (`az_server.py`), a quarter of the time.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from tests.cloud import ROOT, LocalCloud
from tests.conftest import do_without

HERE = Path(__file__).resolve().parent
PINS = HERE / "azure-cli.txt"
CACHE = ROOT / ".cache" / "azure-cli"
COMMANDS = ROOT / "scripts" / "azure"
READS = ("listKeys", "getByIds", "getMemberGroups", "checkMemberGroups", "checkNameAvailability")
"""What POST requests end with that change nothing."""


def installed() -> Path:
    """Return the folder with the program `az`; several runs may call this at once."""
    digest = hashlib.sha256(PINS.read_bytes() + sys.version.encode()).hexdigest()[:16]
    folder = CACHE / digest
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if (folder / "done").exists():
            return folder / "bin"
        shutil.rmtree(folder, ignore_errors=True)
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        words = ("--quiet", "--no-deps", "--only-binary", ":all:", "--require-hashes", "-r", str(PINS))
        pip = [str(folder / "bin" / "python"), "-m", "pip", "install", "--disable-pip-version-check", *words]
        done = subprocess.run(pip, capture_output=True, text=True)
        if done.returncode != 0:
            do_without(f"azure-cli cannot be installed: {done.stderr.strip()[-300:]}")
        (folder / "done").touch()
    return folder / "bin"


@dataclass(frozen=True)
class Done:
    """A command that ended, with everything that it printed."""

    status: int
    said: str

    @property
    def commands(self) -> list[str]:
        """The commands of `az` in what was printed."""
        lines = (line.strip().removeprefix("$ ") for line in self.said.splitlines())
        return [line for line in lines if line.startswith("az ")]


class Admin:
    """An administrator of the local cloud's tenant, at a shell with `az`."""

    def __init__(self, cloud: LocalCloud, folder: Path) -> None:
        self.cloud = cloud
        self.folder = folder
        self.config = folder / "config.toml"
        self.tenant: dict[str, Any] = cloud.ask("GET", "/tenant")
        program = installed()
        home = folder / "azure"
        home.mkdir(exist_ok=True)
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("AZURE_", "ARM_"))}
        self.environ = {
            **kept,
            "PATH": f"{folder / 'bin'}:{program}:{os.environ['PATH']}",
            "AZ_SERVER": str(folder / "az.socket"),
            "HOME": str(folder),
            "AZURE_CONFIG_DIR": str(home),
            "AZURE_CORE_INSTANCE_DISCOVERY": "false",
            "AZURE_CORE_COLLECT_TELEMETRY": "false",
            "AZURE_CORE_NO_COLOR": "true",
            "REQUESTS_CA_BUNDLE": cloud.ca_bundle,
        }
        self._az = str(program / "az")
        shim = folder / "bin" / "az"
        shim.parent.mkdir()
        shim.write_text(f'#!/bin/sh\nexec {sys.executable} -E -S {HERE / "az_client.py"} "$@"\n')
        shim.chmod(0o755)
        self._server = subprocess.Popen(
            [program / "python", HERE / "az_server.py", self.environ["AZ_SERVER"]],
            env=self.environ, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        )  # fmt: skip
        assert self._server.stdout is not None
        assert self._server.stdout.readline() == b"ready\n"
        # If this fails, the sign-in would go to the public cloud.
        self.must("cloud", "register", "--name", "Local", "--endpoint-resource-manager", cloud.endpoint)
        self.must("cloud", "set", "--name", "Local")

    def sign_in(self, operator: str = "owner") -> None:
        """Sign in as one of `tvapp.localcloud.tenant.operators`."""
        who = ("--username", self.tenant["operators"][operator], "--password", self.tenant["secret"])
        self.must("login", "--service-principal", *who, "--tenant", self.cloud.tenant)

    def stop(self) -> None:
        """End the process behind `az`."""
        self._server.kill()
        self._server.communicate()

    def az(self, *words: str) -> Done:
        """Run the program `az` itself."""
        return self._run([self._az, *words])

    def must(self, *words: str) -> str:
        """Run `az`, which has to succeed; returns what it printed."""
        done = self.az(*words)
        assert done.status == 0, done.said
        return done.said

    def run(self, command: str) -> Done:
        """Run a command line that was printed."""
        return self._run(shlex.split(command))

    def script(self, name: str, *words: str) -> Done:
        """Run one of the commands of `scripts/azure`."""
        more = ("--config", str(self.config)) if name == "provision" else ()
        endpoint = ("--endpoint", self.cloud.endpoint)
        return self._run([str(COMMANDS / name), *more, *endpoint, *words])

    # -- what others do, without `az` ------------------------------------------------------------------------------

    def graph(self, method: str, path: str, body: object = None) -> Any:
        """Send a request to Microsoft Graph as the owner; returns the JSON of the answer."""
        url = self.tenant["graph"]
        return self._send(method, f"{url}/v1.0{path}", self._bearer(url), body)

    def arm(self, method: str, path: str, body: object = None) -> Any:
        """Send a request to Resource Manager as the owner; returns the JSON of the answer."""
        url = f"{self.cloud.endpoint}{path}?api-version=2022-01-01"
        return self._send(method, url, self._bearer("https://management.azure.com/"), body)

    @property
    def state(self) -> dict[str, Any]:
        """The state of the tenant."""
        state: dict[str, Any] = self.cloud.ask("GET", "/tenant")["state"]
        return state

    def changes(self) -> list[str]:
        """Return the requests that changed something since `LocalCloud.forget_requests`."""
        found = [*self.cloud.requests("arm"), *self.cloud.requests("graph")]
        return [f"{each['method']} {each['path']}" for each in found
                if each["method"] != "GET" and not each["path"].endswith(READS)]  # fmt: skip

    @cached_property
    def _tokens(self) -> dict[str, str]:
        return {}

    def _bearer(self, resource: str) -> str:
        if resource not in self._tokens:
            form = {
                "grant_type": "client_credentials",
                "client_id": self.tenant["operators"]["owner"],
                "client_secret": self.tenant["secret"],
                "scope": f"{resource}/.default",
            }
            answer = self.cloud.post_form(f"{self.cloud.authority}/oauth2/v2.0/token", form)
            self._tokens[resource] = answer["access_token"]
        return self._tokens[resource]

    def _send(self, method: str, url: str, token: str, body: object) -> Any:
        data = None if body is None else json.dumps(body).encode()
        status, _, answer = self.cloud.send(method, url, data, {"Authorization": f"Bearer {token}"})
        assert 200 <= status < 300, (method, url, status, answer)
        return json.loads(answer) if answer else None

    def _run(self, command: list[str]) -> Done:
        done = subprocess.run(
            command, env=self.environ, cwd=self.folder, stdin=subprocess.DEVNULL, capture_output=True, text=True
        )
        return Done(done.returncode, done.stdout + done.stderr)
