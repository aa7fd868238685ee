"""The real program with `[metrics]`: what Prometheus reads of it while it signs in and shows a map."""

from __future__ import annotations

import http.client
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cloud import ROOT, LocalCloud
from tests.conftest import require_tool
from tests.e2e.rig import running, until, with_account
from tests.host.metrics.test_exposition import read, values
from tvapp.core.exit_status import EXIT_CONFIG


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


def answers(port: int) -> bool:
    try:
        read(port)
    except (OSError, http.client.HTTPException):
        return False
    return True


def test_prometheus_reads_what_the_screen_shows(cloud: LocalCloud, tmp_path: Path) -> None:
    port = free_port()
    with running(with_account(cloud, TVAPP_METRICS_LISTEN=f"127.0.0.1:{port}"), tmp_path) as tv:
        until(lambda: answers(port))
        until(lambda: "tvapp_sign_in_needed" in values(read(port)))
        before = values(read(port))
        assert (before["tvapp_sign_in_needed"], before["tvapp_signed_in"], before["tvapp_map_shown"]) == (1, 0, 0)
        code = tv.sign_in(cloud)
        tv.settled()
        until(lambda: values(read(port)).get("tvapp_geofences", 0) > 0)
        text = read(port)
        after = values(text)
        assert (after["tvapp_signed_in"], after["tvapp_map_shown"], after["tvapp_network_up"]) == (1, 1, 1)
        assert after["tvapp_tiles_total{source=network}"] > 0
        assert after["tvapp_tile_requests_total"] >= after["tvapp_tiles_total{source=network}"]
        assert after["tvapp_transactions_total"] == pytest.approx(after["tvapp_tile_requests_total"] / 15, rel=0.2)
        assert after["tvapp_tiles_total{source=drawn}"] > 0
        assert after["tvapp_frame_seconds_count"] > before["tvapp_frame_seconds_count"] > 0
        assert after["tvapp_tile_cache_limit_bytes{cache=disk}"] == 256 << 20
        assert after["tvapp_main_thread_age_seconds"] < 30
        assert [name for name in after if name.startswith("tvapp_token_expiry_timestamp_seconds{")]
        for secret in (code, "aino@", "Bearer"):
            assert secret not in text
        promtool = require_tool("promtool")
        done = subprocess.run([promtool, "check", "metrics"], input=text, capture_output=True, text=True, timeout=60)
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
        assert tv.end() == 0
    assert not answers(port)


@pytest.mark.process
def test_without_the_package_the_configuration_says_what_to_install(tmp_path: Path) -> None:
    blocker = "import sys; sys.modules['prometheus_client'] = None; sys.argv = ['tvapp', 'config', 'check']"
    program = f"{blocker}; from tvapp.__main__ import main; main()"
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**environment, "TVAPP_METRICS_LISTEN": "127.0.0.1:9750", "TVAPP_MAPS_AUTH": "shared-key"},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == EXIT_CONFIG
    assert 'pip install "tvapp[metrics]"' in done.stdout
