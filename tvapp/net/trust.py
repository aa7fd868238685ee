"""Builds the TLS context: it trusts the configured bundle alone, else the environment's, else the system's."""

from __future__ import annotations

import os
import ssl

from tvapp.core.errors import TlsFailed

UNREADABLE = "cannot read the certificate bundle"
"""The reason of a TlsFailed begins like this where our own list of authorities is at fault, and not the host."""

_BUNDLE_VARIABLES = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")


def trust(ca_bundle: str, host: str) -> ssl.SSLContext:
    """Build the TLS context for client connections.

    Raises:
        TlsFailed: a bundle cannot be read or holds no certificate; `host` is the host of the request.
    """
    bundle = ca_bundle or next((os.environ[name] for name in _BUNDLE_VARIABLES if os.environ.get(name)), "")
    try:
        if bundle:
            # create_default_context(cafile=...) loads nothing else: the environment has no say.
            is_dir = os.path.isdir(bundle)  # noqa: PTH112 - a path from the environment, used as it is
            context = ssl.create_default_context(cafile=None if is_dir else bundle, capath=bundle if is_dir else None)
        else:
            context = ssl.create_default_context()
            if not context.cert_store_stats()["x509_ca"]:
                # A system without a bundle file, or with a hashed directory that is read on demand.
                import certifi

                context.load_verify_locations(cafile=certifi.where())
    except (OSError, ssl.SSLError) as error:
        raise TlsFailed(host, f"{UNREADABLE} {bundle or 'of the system'}") from error
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context
