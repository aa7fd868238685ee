"""Builds the TLS context: it trusts the system's certificates and the configured bundles, else the environment's."""

from __future__ import annotations

import contextlib
import os
import ssl
from collections.abc import Sequence
from pathlib import Path

from tvapp.core.errors import TlsFailed

UNREADABLE = "cannot read the certificate bundle"
"""The reason of a TlsFailed begins like this where our own list of authorities is at fault, and not the host."""

_BUNDLE_VARIABLES = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")


def trust(ca_bundles: Sequence[str], host: str) -> ssl.SSLContext:
    """Build the TLS context for client connections.

    With configured bundles the environment has no say; without, its bundle stands in for the system's certificates.

    Raises:
        TlsFailed: a bundle cannot be read or holds no certificate; `host` is the host of the request.
    """
    bundle = next((os.environ[name] for name in _BUNDLE_VARIABLES if os.environ.get(name)), "")
    reading = bundle
    try:
        if bundle and not ca_bundles:
            is_dir = os.path.isdir(bundle)  # noqa: PTH112 - a path from the environment, used as it is
            context = ssl.create_default_context(cafile=None if is_dir else bundle, capath=bundle if is_dir else None)
        else:
            reading = "of the system"
            context = _trusting_system()
            for reading in ca_bundles:
                context.load_verify_locations(cafile=reading)
    except (OSError, ssl.SSLError) as error:
        raise TlsFailed(host, f"{UNREADABLE} {reading}") from error
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def _trusting_system() -> ssl.SSLContext:
    """Return a context with the certificates of the system; with certifi's where it has none to list."""
    paths = ssl.get_default_verify_paths()
    # Where OpenSSL was built to look: create_default_context() alone would read SSL_CERT_FILE and SSL_CERT_DIR.
    file, folder = Path(paths.openssl_cafile), Path(paths.openssl_capath)
    with contextlib.suppress(OSError, ssl.SSLError):
        context = ssl.create_default_context(
            cafile=str(file) if file.is_file() else None, capath=str(folder) if folder.is_dir() else None
        )
        if context.cert_store_stats()["x509_ca"]:
            return context
    # No bundle, an unusable one, or a hashed folder that is read on demand.
    import certifi

    return ssl.create_default_context(cafile=certifi.where(), capath=str(folder) if folder.is_dir() else None)
