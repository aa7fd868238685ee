"""The small print of HTTP: dates, certificates, what counts as an answer."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.auth.machine import http_client
from tests.cloud import LocalCloud
from tests.net.raw import HandshakeServer, make_authority
from tvapp.auth.http_client import Failed
from tvapp.auth.problems import from_error
from tvapp.core import errors


def test_an_address_without_tls_is_never_asked() -> None:
    with pytest.raises(Failed) as caught:
        http_client("").post("http://localhost:1/token", data={"a": "b"})
    assert isinstance(caught.value.error, errors.ConfigError)


def test_a_name_that_nobody_knows_is_unreachable() -> None:
    with pytest.raises(Failed) as caught:
        http_client("").get("https://nobody.invalid/")
    assert isinstance(caught.value.error, errors.NetworkError)
    assert from_error(caught.value.error).is_network


def test_passwords_in_the_home_folder_are_not_sent(
    cloud: LocalCloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine localhost login me password secret\n")
    monkeypatch.setenv("NETRC", str(netrc))
    client = http_client(ca_bundle=cloud.ca_bundle)
    client.get(f"{cloud.authority}/v2.0/.well-known/openid-configuration")
    (request,) = cloud.requests("discovery")
    assert "authorization" not in {name.lower() for name in request["headers"]}


@pytest.fixture
def early_server(tmp_path: Path) -> Iterator[tuple[int, Path]]:
    """Run a server whose certificate is valid from the day after tomorrow."""
    authority = make_authority(tmp_path / "early", since_days=2, days=4)
    server = HandshakeServer(authority.server)
    yield server.port, authority.ca_file
    server.close()


def test_a_certificate_from_the_future_means_that_the_clock_is_behind(early_server: tuple[int, Path]) -> None:
    port, ca = early_server
    with pytest.raises(Failed) as caught:
        http_client(ca_bundle=str(ca)).get(f"https://localhost:{port}/")
    assert from_error(caught.value.error).kind == "clock-wrong"
