"""Writes the files that an installer of this TV would write: configuration, certificate authority, names of hosts."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

HOSTS = "10.0.2.2 localhost\n127.0.1.1 tv\n"
"""10.0.2.2 is the host as QEMU's guests see it. The local cloud's certificate is for the name localhost."""


def write_share(share: Path, cloud: Mapping[str, str], *, source: bool) -> None:
    """Write what the guest takes over when it boots (`guest/setup`)."""
    share.mkdir(parents=True, exist_ok=True)
    (share / "hosts").write_text(HOSTS)
    (share / "config.toml").write_text(config(cloud))
    shutil.copy(cloud["ca_bundle"], share / "ca.pem")
    marker = share / "use-source"
    marker.unlink(missing_ok=True)
    if source:
        marker.touch()


def config(cloud: Mapping[str, str]) -> str:
    """Return a configuration that uses the local cloud."""
    return f"""\
[identity]
authority = "{cloud["authority"]}"
client_id = "{cloud["client_id"]}"
organisation = "{cloud["organisation"]}"
ca_bundle = "/etc/tvapp/ca.pem"
[maps]
client_id = "{cloud["maps_client_id"]}"
endpoint = "{cloud["endpoint"]}"
[geofences]
store = "map-data"
[view]
home = {{ longitude = 24.9414, latitude = 60.1719, zoom = 14 }}
[remote]
keys = {{ "red" = "menu", "green" = "zoom-in", "yellow" = "zoom-out", "blue" = "back" }}
"""
