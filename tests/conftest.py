"""Fixtures for every test: a clean environment, the local cloud, Azurite, and the rule about missing tools."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from typing import TYPE_CHECKING, NoReturn

import pytest
from hypothesis import HealthCheck, settings

from tests.cloud import LocalCloud
from tests.matrix.report import pytest_terminal_summary  # noqa: F401 - a hook, which only this file may import
from tests.quick import no_process, pytest_addoption, pytest_collection_modifyitems  # noqa: F401 - hooks too

if TYPE_CHECKING:
    from tests.azurite import Azurite

# Before anything imports pygame.
os.environ["SDL_VIDEODRIVER"] = "dummy"
os.environ["SDL_AUDIODRIVER"] = "dummy"
os.environ["PYGAME_HIDE_SUPPORT_PROMPT"] = "1"

# The time of an example depends on the load of the machine.
settings.register_profile("tvapp", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("quick", settings.get_profile("tvapp"), max_examples=20)
settings.load_profile("tvapp")

FOREIGN = (
    "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE",
    "CURL_CA_BUNDLE", "SSLKEYLOGFILE", "NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID", "LANG", "LC_ALL",
)  # fmt: skip


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Keep the developer's proxies, certificates, settings and home folder out of the tests."""
    for name in FOREIGN:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    for name in [name for name in os.environ if name.startswith("TVAPP_")]:
        monkeypatch.delenv(name)
    # Beside the folder of the test, which a test may use as a folder of geofences.
    home = tmp_path_factory.mktemp("home")
    for name, folder in (
        ("HOME", home),
        ("XDG_CONFIG_HOME", home / ".config"),
        ("XDG_DATA_HOME", home / ".local/share"),
        ("XDG_STATE_HOME", home / ".local/state"),
        ("XDG_CACHE_HOME", home / ".cache"),
        ("XDG_RUNTIME_DIR", home / "run"),
    ):
        folder.mkdir(parents=True, exist_ok=True)
        monkeypatch.setenv(name, str(folder))
    monkeypatch.setenv("TZ", "UTC")


@pytest.fixture(scope="session")
def azurite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Azurite]:
    """Run Azurite; each test creates its own container."""
    from tests.azurite import running_azurite

    with running_azurite(tmp_path_factory.mktemp("azurite")) as running:
        yield running


@pytest.fixture(scope="session")
def cloud_process() -> Iterator[LocalCloud]:
    """Run one local cloud for all tests. Tests use `cloud`."""
    running = LocalCloud()
    yield running
    running.stop()


@pytest.fixture
def cloud(cloud_process: LocalCloud) -> LocalCloud:
    """Return the local cloud in the state after its start: no faults, no codes, the sample files."""
    cloud_process.reset()
    return cloud_process


def require_tool(name: str) -> str:
    """Return the path of a program that a test needs.

    Where it is missing the test is skipped on a developer's machine and fails on CI.
    """
    path = shutil.which(name)
    return path if path is not None else do_without(f"{name} is not installed")


def do_without(reason: str) -> NoReturn:
    """Skip a test that lacks an external dependency on a developer's machine; fail it on CI."""
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)
