"""The real program in a network whose only way out is a proxy with a login."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.cloud import LocalCloud
from tests.e2e.rig import running, with_account
from tests.net.proxy import Proxy, running_proxy

LOGIN, MAPS = "login.corp.example", "maps.corp.example"
SECRET = "s3:cr@t"


@pytest.fixture(scope="module")
def far_cloud() -> Iterator[LocalCloud]:
    """A local cloud under names that cannot be looked up here."""
    cloud = LocalCloud(f"{LOGIN},{MAPS}", module="tests.net.named_cloud")
    yield cloud
    cloud.stop()


@pytest.fixture
def gate(far_cloud: LocalCloud) -> Iterator[Proxy]:
    far_cloud.reset()
    with running_proxy(urlsplit(far_cloud.endpoint).port or 0, login=f"tv:{SECRET}") as proxy:
        yield proxy


def behind(gate: Proxy, cloud: LocalCloud, folder: Path, **more: str) -> dict[str, str]:
    password = folder / "proxy-password"
    password.write_text(SECRET)
    password.chmod(0o600)
    settings = with_account(cloud) | {
        "TVAPP_IDENTITY_AUTHORITY": f"https://{LOGIN}/{cloud.tenant}",
        "TVAPP_IDENTITY_CA_BUNDLE": "",
        "TVAPP_MAPS_ENDPOINT": f"https://{MAPS}",
        "TVAPP_NETWORK_PROXY": gate.url,
        "TVAPP_NETWORK_PROXY_USERNAME": "tv",
        "TVAPP_NETWORK_PROXY_PASSWORD": f'{{ file = "{password}" }}',
        "TVAPP_NETWORK_CA_BUNDLE": cloud.ca_bundle,
        "HTTPS_PROXY": "http://127.0.0.1:1",
    }
    return settings | more


@pytest.mark.process
def test_sign_in_map_and_geofences_all_go_through_the_proxy(far_cloud: LocalCloud, gate: Proxy, tmp_path: Path) -> None:
    with running(behind(gate, far_cloud, tmp_path), tmp_path) as tv:
        used = tv.wait_for("proxy.used")
        assert (used["proxy"], used["source"]) == (gate.url, "configuration")
        tv.sign_in(far_cloud)
        assert tv.wait_for("geofences.loaded")["count"]
        tv.settled()
        assert gate.hosts == {LOGIN, MAPS}

        # The proxy forgets the host of the map: the screen says so, and the map comes back by itself.
        gate.refused = {MAPS}
        gate.drop()
        tv.press("zoom-in")
        lost = tv.wait_for("network.lost")
        assert (lost["what"], lost["reason"]) == (MAPS, "proxy: 403 Forbidden")
        gate.refused = set()
        tv.wait_for("network.restored")
        tv.settled()
        assert tv.end() == 0
    files = [path for path in tmp_path.rglob("*") if path.is_file() and path.name != "proxy-password"]
    kept = b"".join(path.read_bytes() for path in files)
    assert b"cr@t" not in kept
    assert b"cr%40t" not in kept


@pytest.mark.process
def test_a_wrong_login_is_told_on_the_start_screen_and_mends_by_itself(
    far_cloud: LocalCloud, gate: Proxy, tmp_path: Path
) -> None:
    gate.login = "tv:another"
    with running(behind(gate, far_cloud, tmp_path), tmp_path) as tv:
        failed = tv.wait_for("connection.step_failed")
        assert (failed["step"], failed["reason"], failed["host"]) == ("service", "proxy-login", LOGIN)
        gate.login = f"tv:{SECRET}"
        tv.wait_for("connection.step_restored")
        tv.sign_in(far_cloud)
        assert tv.end() == 0
