"""Which implementation is built for which setting."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.surroundings import surroundings
from tvapp.app.backend import build_backend
from tvapp.auth.service import build_sign_in
from tvapp.config.load import load
from tvapp.config.model import Config
from tvapp.core.clock import ManualClock
from tvapp.core.errors import Unreachable
from tvapp.core.jobs import Inbox, Jobs
from tvapp.core.log import RecordingLog
from tvapp.core.proxies import Outbound
from tvapp.net.lazy_chain import LazyChain
from tvapp.net.messages import NetworkLost
from tvapp.net.request import Request

SIGN_IN = {"TVAPP_IDENTITY_TENANT": "contoso.com", "TVAPP_IDENTITY_CLIENT_ID": "11111111-2222-3333-4444-555555555555"}
MAPS = {"TVAPP_MAPS_CLIENT_ID": "30d7cc00-0000-4000-8000-000000009f55"}
KEYS = {"TVAPP_MAPS_AUTH": "shared-key", "TVAPP_MAPS_SUBSCRIPTION_KEYS": "a-key-of-maps"}
CONTAINER = {"TVAPP_GEOFENCES_CONTAINER_URL": "https://acct.blob.core.windows.net/fences"}
BLOB = {"TVAPP_GEOFENCES_STORE": "blob", **CONTAINER}
URL = {"TVAPP_GEOFENCES_STORE": "url", "TVAPP_GEOFENCES_URLS": "https://example.com/fences.geojson"}
MAP_DATA = {"TVAPP_GEOFENCES_STORE": "map-data"}
FOLDER = {"TVAPP_GEOFENCES_STORE": "folder", "TVAPP_GEOFENCES_PATH": "/srv"}


@pytest.fixture
def jobs() -> Iterator[Jobs]:
    running = Jobs(Inbox(), RecordingLog())
    yield running
    running.stop()


def network(jobs: Jobs) -> LazyChain:
    return LazyChain(jobs, ManualClock(), RecordingLog(), outbound=Outbound(), random=lambda: 0.5)


def configured(**environ: str) -> Config:
    return load(None, environ, system_file=Path("/nowhere/config.toml"))


@pytest.mark.parametrize(
    ("settings", "name"),
    [
        (SIGN_IN | MAPS | BLOB, "blob"),
        (SIGN_IN | MAPS | URL, "url"),
        (SIGN_IN | MAPS | MAP_DATA, "map-data"),
        (SIGN_IN | MAPS | FOLDER, "folder"),
        (SIGN_IN | KEYS | BLOB, "blob"),
        (KEYS | URL, "url"),
    ],
)
def test_each_store_is_opened_by_its_name(jobs: Jobs, tmp_path: Path, settings: dict[str, str], name: str) -> None:
    config, around = configured(**settings), surroundings(tmp_path, jobs)
    tokens = build_sign_in(config, around, network(jobs)).tokens if config.needs_sign_in else None
    backend = build_backend(config, around, tokens, network(jobs).get(), 1.0)
    assert backend.fences is not None
    assert backend.fences.store.name == name
    backend.close()


def test_with_a_key_for_the_map_the_account_is_asked_for_the_storage_alone() -> None:
    assert configured(**SIGN_IN, **KEYS, **BLOB).identity.scopes == ("https://storage.azure.com/user_impersonation",)
    chosen = configured(**SIGN_IN, **KEYS, **BLOB, TVAPP_IDENTITY_SCOPES="https://acct.blob.core.windows.net/.default")
    assert chosen.identity.scopes == ("https://acct.blob.core.windows.net/.default",)
    assert configured(**SIGN_IN, **MAPS, **BLOB).identity.scopes == ("https://atlas.microsoft.com/user_impersonation",)


def test_what_was_kept_of_one_list_of_addresses_is_not_that_of_another(jobs: Jobs, tmp_path: Path) -> None:
    def store_key(**more: str) -> str:
        config = configured(**KEYS, **URL | more)
        backend = build_backend(config, surroundings(tmp_path, jobs), None, network(jobs).get(), 1.0)
        backend.close()
        return backend.store_key

    other = store_key(TVAPP_GEOFENCES_URLS="https://example.com/others.geojson")
    assert store_key() == store_key() != other


def test_what_the_sign_in_meets_with_tells_whether_the_network_is_there(jobs: Jobs, tmp_path: Path) -> None:
    posted = threading.Event()
    jobs.inbox.wake = posted.set
    line = network(jobs)
    config = configured(**SIGN_IN, **MAPS, **FOLDER, TVAPP_IDENTITY_AUTHORITY="https://localhost:1/tenant")
    around = surroundings(tmp_path, jobs)
    tokens = build_sign_in(config, around, line).tokens
    backend = build_backend(config, around, tokens, line.get(), 1.0)
    with pytest.raises(Unreachable):
        line.send_and_wait(Request("POST", "https://localhost:1/tenant/oauth2/v2.0/token"))
    messages: list[object] = []
    while not any(isinstance(message, NetworkLost) for message in messages):
        assert posted.wait(10.0)
        posted.clear()
        messages += jobs.inbox.drain()
    backend.close()
    line.close()
