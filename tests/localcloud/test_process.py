"""The local cloud as a process: its ready line, its listeners, its end."""

from __future__ import annotations

import json
import os
import signal
import socket
import ssl
import stat
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from cryptography import x509

from tests.cloud import ROOT, LocalCloud
from tvapp.localcloud.__main__ import main
from tvapp.localcloud.server import lan_address


def test_the_ready_line_tells_all_that_a_client_needs(cloud: LocalCloud) -> None:
    assert cloud.ready["event"] == "localcloud.ready"
    port = urlsplit(cloud.endpoint).port
    assert cloud.authority == f"https://localhost:{port}/{cloud.tenant}"
    assert cloud.oidc_authority == f"https://localhost:{port}/oidc"
    assert cloud.page == f"https://localhost:{port}/device"
    assert cloud.ready["pid"] == cloud.pid


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_the_certificate_is_good_for_this_machine(cloud: LocalCloud, host: str) -> None:
    context = ssl.create_default_context(cafile=cloud.ca_bundle)
    with (
        socket.create_connection(("127.0.0.1", urlsplit(cloud.endpoint).port or 0), 5) as raw,
        context.wrap_socket(raw, server_hostname=host) as secure,
    ):
        assert secure.version() in ("TLSv1.2", "TLSv1.3")


def test_nobody_else_can_read_the_key_and_the_authority_has_none(cloud: LocalCloud) -> None:
    folder = Path(cloud.ca_bundle).parent

    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}

    assert modes == {"ca.pem": 0o600, "server.pem": 0o600, "server.key": 0o600}
    authority = x509.load_pem_x509_certificate((folder / "ca.pem").read_bytes())
    constraints = authority.extensions.get_extension_for_class(x509.NameConstraints).value
    assert x509.DNSName("localhost") in (constraints.permitted_subtrees or [])


def test_it_listens_on_loopback_only(cloud: LocalCloud) -> None:
    port = urlsplit(cloud.endpoint).port
    listening = {
        line.split()[1].split(":")[0]
        for table in ("/proc/net/tcp", "/proc/net/tcp6")
        for line in Path(table).read_text().splitlines()[1:]
        if line.split()[3] == "0A" and int(line.split()[1].split(":")[1], 16) == port
    }

    assert listening <= {"0100007F", "00000000000000000000000001000000"}
    assert listening


@pytest.mark.process
def test_with_lan_the_page_and_only_the_page_is_open_to_others() -> None:
    cloud = LocalCloud("--lan-address", "127.0.0.2")
    try:
        assert cloud.page.startswith("http://127.0.0.2:")
        assert cloud.ready["control"].startswith("https://localhost:")
        form = {"client_id": cloud.client_id, "scope": "openid"}
        flow = cloud.post_form(f"{cloud.authority}/oauth2/v2.0/devicecode", form)
        assert flow["verification_uri"] == cloud.page

        base = cloud.page.removesuffix("/device")
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(cloud.page, timeout=5) as answer:
            assert b'name="user_code"' in answer.read()
        for path in (
            "/_control",
            f"/{cloud.tenant}/v2.0/.well-known/openid-configuration",
            "/oidc/keys",
            "/map/tile",
            "/mapData",
            "/common/discovery/instance",
        ):
            assert cloud.send("GET", base + path)[0] == 404

        # Here and not over TLS, where Python's ssl module reports a reset as an end of file.
        cloud.fault("page", reset="before")
        with pytest.raises(ConnectionResetError):
            opener.open(cloud.page, timeout=5)
    finally:
        cloud.stop()


@pytest.mark.process
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_ends_it_with_status_0(number: signal.Signals, tmp_path: Path) -> None:
    cloud = LocalCloud("--data-dir", str(tmp_path))
    started = time.monotonic()
    os.kill(cloud.pid, number)

    assert cloud.stop() == 0
    assert time.monotonic() - started < 2
    assert (tmp_path / "localcloud" / "ca.pem").exists()


@pytest.mark.process
def test_a_temporary_folder_is_gone_after_the_end() -> None:
    cloud = LocalCloud()
    folder = Path(cloud.ca_bundle).parent

    cloud.stop()

    assert not folder.exists()


@pytest.mark.process
def test_it_ends_when_its_parent_has_ended() -> None:
    command = [sys.executable, "-m", "tvapp.localcloud", "--exit-with-parent", "--plain-tiles"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        process.stdout.readline()
        process.stdin.close()
        assert process.wait(5) == 0


def test_a_port_in_use_is_explained_and_ends_with_status_3(cloud: LocalCloud) -> None:
    port = str(urlsplit(cloud.endpoint).port)
    command = [sys.executable, "-m", "tvapp.localcloud", "--port", port, "--plain-tiles"]

    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=20)

    assert (ended.returncode, ended.stdout) == (3, "")
    assert "cannot start" in ended.stderr


@pytest.mark.process
def test_it_can_start_with_other_files(tmp_path: Path) -> None:
    (tmp_path / "b.geojson").write_text('{"type": "FeatureCollection", "features": [], "description": "Second"}')
    (tmp_path / "a-first.geojson").write_text("not json at all")
    cloud = LocalCloud("--seed-dir", str(tmp_path))
    try:
        body = cloud.send("GET", "/mapData?api-version=2.0", headers=cloud.bearer())[2]
    finally:
        cloud.stop()

    assert [file["description"] for file in json.loads(body)["mapDataList"]] == ["A first", "Second"]


def test_without_an_address_in_a_network_lan_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tvapp.localcloud.__main__.lan_address", lambda: None)

    assert main(["--lan"]) == 3


def test_the_address_in_the_network_is_not_loopback() -> None:
    address = lan_address()

    assert address is None or not address.startswith("127.")
