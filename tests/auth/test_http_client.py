"""The small print of HTTP: dates, certificates, what counts as an answer."""

from __future__ import annotations

import datetime
import socket
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.auth.machine import http_client
from tests.cloud import LocalCloud
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
    """Serve TLS with a certificate whose time has not come; returns its port and the certificate."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    begins = datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=2)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(begins)
        .not_valid_after(begins + datetime.timedelta(days=2))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = certificate.public_bytes(serialization.Encoding.PEM)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    ca, both = tmp_path / "early.pem", tmp_path / "both.pem"
    ca.write_bytes(pem)
    both.write_bytes(private + pem)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(both)
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        with connection:
            try:
                context.wrap_socket(connection, server_side=True).close()
            except OSError:
                return

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield listener.getsockname()[1], ca
    listener.close()
    thread.join(5)


def test_a_certificate_from_the_future_means_that_the_clock_is_behind(early_server: tuple[int, Path]) -> None:
    port, ca = early_server
    with pytest.raises(Failed) as caught:
        http_client(ca_bundle=str(ca)).get(f"https://localhost:{port}/")
    assert from_error(caught.value.error).kind == "clock-wrong"
