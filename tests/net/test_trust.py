"""Whom TLS trusts."""

from __future__ import annotations

import ssl
import warnings
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.x509.oid import NameOID

from tests.net.raw import make_authority
from tvapp.core.errors import TlsFailed
from tvapp.net.trust import UNREADABLE, trust

VARIABLES = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")


def names(context: ssl.SSLContext) -> set[str]:
    """Return the common names of the authorities that are trusted."""
    with warnings.catch_warnings(action="ignore"):  # some system's authority has an odd serial number
        subjects = [x509.load_der_x509_certificate(each).subject for each in context.get_ca_certs(binary_form=True)]
    return {str(part.value) for subject in subjects for part in subject.get_attributes_for_oid(NameOID.COMMON_NAME)}


def test_configured_bundles_are_trusted_beside_the_systems_and_the_environments_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = make_authority(tmp_path / "other")
    for name in VARIABLES:
        monkeypatch.setenv(name, str(other.ca_file))
    made = make_authority(tmp_path / "ours")
    second = make_authority(tmp_path / "second")
    context = trust((str(made.ca_file), str(second.ca_file)), "maps.example")
    found = names(context)
    assert found >= {"test CA ours", "test CA second"}
    assert "test CA other" not in found
    assert len(found) > 20
    assert context.minimum_version == ssl.TLSVersion.TLSv1_2
    assert context.check_hostname
    assert context.verify_mode is ssl.CERT_REQUIRED


def test_the_first_bundle_of_the_environment_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in reversed(VARIABLES):
        monkeypatch.setenv(name, str(make_authority(tmp_path / name).ca_file))
        assert names(trust((), "maps.example")) == {f"test CA {name}"}
    monkeypatch.setenv(VARIABLES[0], "")
    assert names(trust((), "maps.example")) == {f"test CA {VARIABLES[1]}"}


def test_without_a_bundle_the_system_or_certifi_is_trusted() -> None:
    assert len(trust((), "maps.example").get_ca_certs()) > 20


def test_a_folder_of_the_environment_may_stand_in_for_a_bundle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path))
    context = trust((), "maps.example")
    assert context.get_ca_certs() == []


@pytest.mark.parametrize("content", [None, "", "no certificate"])
def test_a_bundle_that_cannot_be_used_says_whose_request_it_fails(tmp_path: Path, content: str | None) -> None:
    bundle = tmp_path / "ca.pem"
    if content is not None:
        bundle.write_text(content)
    with pytest.raises(TlsFailed) as caught:
        trust((str(bundle),), "maps.example")
    assert caught.value.host == "maps.example"
    assert caught.value.reason == f"{UNREADABLE} {bundle}"
