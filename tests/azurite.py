"""Runs Azurite, Microsoft's emulator of Blob Storage, over TLS with bearer tokens.

    with running_azurite(folder) as azurite:
        fences = azurite.container()
        fences.put("a.json", b"...")
        ...

It is installed at first use, from the lock file in `azurite/`, into a cache for later runs.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import select
import shutil
import ssl
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from urllib.parse import quote

import httpx
import jwt

from tests.conftest import do_without, require_tool
from tests.net.raw import Authority, make_authority

LISTS = Path(__file__).resolve().parent / "azurite"
CACHE = LISTS.parent.parent / ".cache" / "azurite"
ACCOUNT = "devstoreaccount1"
START_TIMEOUT_S = 60.0
VERSION = "2021-12-02"
TENANT = "7a11ce55-0000-4000-8000-00000000beef"

_LISTENS = re.compile(rb"successfully listens on https://127\.0\.0\.1:(\d+)")


def installed() -> Path:
    """Return the folder with Azurite and its packages; several test workers may call this at once."""
    npm = require_tool("npm")
    require_tool("node")
    lists = [LISTS / "package.json", LISTS / "package-lock.json"]
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in lists)).hexdigest()[:16]
    folder = CACHE / digest
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if folder.exists():
            return folder
        fresh = CACHE / f"{digest}.new"
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir()
        for path in lists:
            shutil.copy(path, fresh)
        command = [npm, "ci", "--ignore-scripts", "--engine-strict=false", "--no-audit", "--no-fund", "--no-progress"]
        done = subprocess.run(command, cwd=fresh, capture_output=True, text=True)
        if done.returncode != 0:
            do_without(f"Azurite cannot be installed: {done.stderr.strip()[-300:]}")
        fresh.rename(folder)
    return folder


def mint_token(*, audience: str = "https://storage.azure.com", lifetime_s: int = 3600) -> str:
    """Return an access token in the form of Entra v1; Azurite checks all but the signature."""
    now = int(time.time())
    claims = {
        "iss": f"https://sts.windows.net/{TENANT}/",
        "aud": audience,
        "iat": now - 600,
        "nbf": now - 600,
        "exp": now + lifetime_s,
        "tid": TENANT,
        "scp": "user_impersonation",
    }
    return jwt.encode(claims, "k" * 32, algorithm="HS256")


@dataclass
class Fences:
    """A container, used over plain HTTP as other tools do."""

    url: str
    http: httpx.Client = field(repr=False)

    def ask(self, method: str, name: str, body: bytes = b"", **fields: str) -> httpx.Response:
        """Send a request about a blob; field names have _ for -. Any status but success fails the test."""
        headers = {name.replace("_", "-"): value for name, value in fields.items()}
        response = self.http.request(method, f"{self.url}/{quote(name)}", content=body, headers=headers)
        assert response.is_success, (response.status_code, response.text)
        return response

    def put(self, name: str, body: bytes, **fields: str) -> str:
        """Write a blob; returns its ETag."""
        return self.ask("PUT", name, body, x_ms_blob_type="BlockBlob", **fields).headers["etag"]

    def get(self, name: str) -> bytes:
        """Return the content of a blob."""
        return self.ask("GET", name).content

    def delete(self, name: str) -> None:
        """Delete a blob."""
        self.ask("DELETE", name)

    def names(self) -> list[str]:
        """Return the names of all blobs."""
        response = self.http.get(self.url, params={"restype": "container", "comp": "list"})
        assert response.status_code == 200, response.text
        return [re.sub("&amp;", "&", name) for name in re.findall(r"<Name>(.*?)</Name>", response.text)]


class Azurite:
    """A running Azurite; all data is in memory."""

    def __init__(self, url: str, authority: Authority) -> None:
        self.url = url
        self.authority = authority
        self.token = mint_token()
        headers = {"authorization": f"Bearer {self.token}", "x-ms-version": VERSION}
        context = ssl.create_default_context(cafile=str(authority.ca_file))
        self.http = httpx.Client(verify=context, headers=headers, trust_env=False)
        self._numbers = count(1)

    def container(self) -> Fences:
        """Create a container for one test."""
        url = f"{self.url}/{ACCOUNT}/fences-{next(self._numbers)}"
        response = self.http.put(url, params={"restype": "container"})
        assert response.status_code == 201, response.text
        return Fences(url, self.http)


@contextmanager
def running_azurite(folder: Path) -> Iterator[Azurite]:
    """Run Azurite until the block ends; its certificate is made in `folder`."""
    modules = installed()
    authority = make_authority(folder)
    pem = str(folder / "server.pem")
    command = [
        *(require_tool("node"), str(LISTS / "start.js")),
        *("--oauth", "basic", "--cert", pem, "--key", pem),
        *("--blobHost", "127.0.0.1", "--blobPort", "0"),
        *("--inMemoryPersistence", "--disableTelemetry", "--silent"),
    ]
    environment = {**os.environ, "AZURITE_MODULES": str(modules)}
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=environment, cwd=folder
    )
    try:
        azurite = Azurite(f"https://localhost:{_port(process)}", authority)
        with azurite.http:
            yield azurite
    finally:
        process.kill()
        process.communicate()


def _port(process: subprocess.Popen[bytes]) -> int:
    assert process.stdout is not None
    said = b""
    deadline = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < deadline:
        if not select.select([process.stdout], [], [], 0.5)[0]:
            continue
        more = os.read(process.stdout.fileno(), 65536)
        said += more
        found = _LISTENS.search(said)
        if found:
            return int(found.group(1))
        if not more:
            break
    raise AssertionError(f"Azurite did not start: {said[-500:].decode(errors='replace')}")
