"""Starts a local cloud for tests and controls it: faults, approvals, settings, recorded requests.

    def test_something(cloud: LocalCloud) -> None:
        cloud.fault("tile", status=429, retry_after=3, times=2)
        ...
        assert cloud.count("tile") == 3

The control API is described in `tvapp.localcloud.control`, the fault fields in `tvapp.localcloud.faults.Fault`.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any

START_TIMEOUT_S = 20.0
ROOT = Path(__file__).resolve().parent.parent
FAST = {"interval_s": 1, "enforce_interval": False, "operation_polls": 1}
"""Settings after each reset: short intervals, so that tests are quick."""


class LocalCloud:
    """A local cloud in its own process. Tiles are flat colours unless `--real-tiles` are asked for."""

    def __init__(
        self,
        *arguments: str,
        real_tiles: bool = False,
        settings: dict[str, object] | None = None,
        module: str = "tvapp.localcloud",
    ) -> None:
        plain = [] if real_tiles else ["--plain-tiles"]
        command = [sys.executable, "-m", module, "--exit-with-parent", *plain, *arguments]
        environment = {**os.environ, "PYTHONWARNINGS": "", "PYTHONPATH": str(ROOT)}
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT, env=environment
        )
        self._settings = dict(FAST if settings is None else settings)
        self.ready: dict[str, Any] = self._wait_until_ready()
        self.authority: str = self.ready["authority"]
        self.oidc_authority: str = self.ready["oidc_authority"]
        self.endpoint: str = self.ready["endpoint"]
        self.ca_bundle: str = self.ready["ca_bundle"]
        self.client_id: str = self.ready["client_id"]
        self.maps_client_id: str = self.ready["maps_client_id"]
        self.tenant: str = self.ready["tenant"]
        self.page: str = self.ready["page"]
        self.control: str = self.ready["control"]
        self.pid: int = self.ready["pid"]
        context = ssl.create_default_context(cafile=self.ca_bundle)
        self._opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context)
        )
        if self._settings:
            self.settings(**self._settings)

    # -- faults -------------------------------------------------------------------------------------------------

    def fault(self, endpoint: str, **fault: object) -> None:
        """Add a fault, e.g. `fault("tile", status=503, times=2)`."""
        self.ask("POST", "/faults", {"endpoint": endpoint, **fault})

    def clear(self, endpoint: str = "") -> None:
        """Lift the faults of one endpoint, or all."""
        self.ask("DELETE", f"/faults?endpoint={endpoint}")

    # -- sign-in -------------------------------------------------------------------------------------------------

    def approve(self, user_code: str, person: str = "aino") -> None:
        """Approve the sign-in as "aino", "ben" or "carla"."""
        self.ask("POST", "/sign-in", {"user_code": user_code, "person": person})

    def decline(self, user_code: str) -> None:
        """Decline the sign-in."""
        self.ask("POST", "/sign-in", {"user_code": user_code, "decline": True})

    def pending(self) -> list[dict[str, Any]]:
        """Return the user codes that are not approved yet, oldest first."""
        answer: list[dict[str, Any]] = self.ask("GET", "/pending")
        return answer

    def issued(self) -> list[dict[str, str]]:
        """Return every secret that was issued since the last reset: `kind` and `secret`."""
        answer: list[dict[str, str]] = self.ask("GET", "/issued")
        return answer

    def revoke(self, *, access: bool = False) -> None:
        """Revoke all refresh tokens, and with `access` the access tokens issued so far."""
        self.ask("POST", "/revoke", {"access": access})

    def challenge(self, **how: bool) -> dict[str, str]:
        """Have Azure Maps challenge the tokens issued so far for claims (`needs_person`, `goes_on`; `off` ends it).

        Returns the `claims` and the WWW-Authenticate `header`.
        """
        answer: dict[str, str] = self.ask("POST", "/challenge", how)
        return answer

    # -- settings and recorded requests --------------------------------------------------------------------------

    def settings(self, **values: object) -> dict[str, Any]:
        """Change settings (`tvapp.localcloud.settings.Settings`); returns all of them."""
        if values:
            self.ask("POST", "/settings", values)
        answer: dict[str, Any] = self.ask("GET", "/settings")
        return answer

    @property
    def subscription_keys(self) -> tuple[str, str]:
        """The account's primary and secondary key."""
        primary, secondary = self.settings()["subscription_keys"]
        return primary, secondary

    def regenerate_key(self, name: str) -> str:
        """Make a new "primary" or "secondary" key, and return it."""
        key: str = self.ask("POST", "/regenerate-key", {"key": name})["key"]
        return key

    def requests(self, endpoint: str) -> list[dict[str, Any]]:
        """Return the latest requests to an endpoint, oldest first: path, query, headers, status, ..."""
        recent: list[dict[str, Any]] = self.ask("GET", f"/requests?endpoint={endpoint}")[endpoint]["recent"]
        return recent

    def count(self, endpoint: str) -> int:
        """Return how many requests an endpoint has had."""
        count: int = self.ask("GET", f"/requests?endpoint={endpoint}")[endpoint]["count"]
        return count

    def statuses(self, endpoint: str) -> dict[str, int]:
        """Return how often each status was sent; "0" stands for a reset connection without one."""
        statuses: dict[str, int] = self.ask("GET", f"/requests?endpoint={endpoint}")[endpoint]["statuses"]
        return statuses

    def most_in_flight(self, endpoint: str) -> int:
        """Return the largest number of simultaneous requests to an endpoint."""
        most: int = self.ask("GET", f"/requests?endpoint={endpoint}")[endpoint]["most_in_flight"]
        return most

    def forget_requests(self) -> None:
        """Reset the counters."""
        self.ask("DELETE", "/requests")

    def add_map_data(self, content: str, description: str = "") -> str:
        """Store a file at once, without checks; returns its udid."""
        udid: str = self.ask("POST", "/map-data", {"content": content, "description": description})["udid"]
        return udid

    def change_map_data(self, udid: str, content: str) -> None:
        """Change the content of a file, as another client would."""
        self.ask("POST", "/map-data", {"udid": udid, "content": content})

    def map_data(self) -> dict[str, Any]:
        """Return the stored `files`, the accepted `changes`, and the number `accepted` by method."""
        answer: dict[str, Any] = self.ask("GET", "/map-data")
        return answer

    def clear_map_data(self) -> None:
        """Remove all files."""
        self.ask("DELETE", "/map-data")

    def reset(self) -> None:
        """Restore the state after the start."""
        self.ask("POST", "/reset", {})
        if self._settings:
            self.settings(**self._settings)

    # -- shortcuts ------------------------------------------------------------------------------------------------

    def sign_in(
        self, person: str = "aino", scope: str = "https://atlas.microsoft.com/user_impersonation"
    ) -> dict[str, Any]:
        """Go through the device flow at once; returns the token endpoint's answer."""
        base = f"{self.authority}/oauth2/v2.0"
        form = {"client_id": self.client_id, "scope": f"{scope} openid profile offline_access", "client_info": "1"}
        flow = self.post_form(f"{base}/devicecode", form)
        self.approve(flow["user_code"], person)
        form = {
            "grant_type": "urn:ietf:params:oauth:grant-type:device_code",
            "client_id": self.client_id,
            "device_code": flow["device_code"],
            "client_info": "1",
        }
        return self.post_form(f"{base}/token", form)

    def bearer(self, person: str = "aino") -> dict[str, str]:
        """Return the headers of a person's requests to Azure Maps."""
        token = self.sign_in(person)["access_token"]
        return {"Authorization": f"Bearer {token}", "x-ms-client-id": self.maps_client_id}

    def post_form(self, url: str, form: dict[str, str]) -> dict[str, Any]:
        """POST a form and return the JSON of the answer, whatever its status."""
        body = urllib.parse.urlencode(form).encode()
        answer: dict[str, Any] = json.loads(self.send("POST", url, body)[2])
        return answer

    def send(
        self, method: str, url: str, body: bytes | None = None, headers: dict[str, str] | None = None
    ) -> tuple[int, dict[str, str], bytes]:
        """Send any request; returns status, headers (lower case) and body."""
        full = url if url.startswith("http") else self.endpoint + url
        request = urllib.request.Request(full, body, headers or {}, method=method)
        try:
            with self._opener.open(request, timeout=20) as response:
                return response.status, {k.lower(): v for k, v in response.headers.items()}, response.read()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, {k.lower(): v for k, v in error.headers.items()}, error.read()

    def ask(self, method: str, path: str, body: object = None) -> Any:
        """Use the control API; raises AssertionError when it refuses."""
        data = None if body is None else json.dumps(body).encode()
        status, _, answer = self.send(method, self.control + path, data, {"Content-Type": "application/json"})
        assert status == 200, f"{method} {path}: {status} {answer.decode(errors='replace')}"
        return json.loads(answer)

    def stop(self) -> int:
        """End the process; returns its exit status."""
        if self._process.poll() is None:
            self._process.terminate()
        try:
            status = self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            status = self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                with contextlib.suppress(OSError):
                    stream.close()
        return status

    def _wait_until_ready(self) -> dict[str, Any]:
        stdout = self._process.stdout
        assert stdout is not None
        deadline = time.monotonic() + START_TIMEOUT_S
        while time.monotonic() < deadline and self._process.poll() is None:
            if select.select([stdout], [], [], 0.1)[0]:
                line = stdout.readline()
                if line:
                    ready: dict[str, Any] = json.loads(line)
                    return ready
        self.stop()
        raise AssertionError("the local cloud did not start")
