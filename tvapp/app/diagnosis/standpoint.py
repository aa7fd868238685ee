"""Decides from where a diagnosis on the command line looks: as whom, at which data folder, with whose environment.

Root asks for the service: then the checks run as the user of the service, or as the owner of the data folder, with what
only root may read (the configuration and its secrets) read before.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from tvapp.config.load import Loaded, load_all
from tvapp.config.secret_references import CredentialElsewhere
from tvapp.host import account
from tvapp.host.account import Account
from tvapp.host.systemd.unit import Service

FOREIGN = (
    "DISPLAY", "WAYLAND_DISPLAY", "XAUTHORITY", "SDL_VIDEODRIVER", "DBUS_SESSION_BUS_ADDRESS",
    "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE",
    "CURL_CA_BUNDLE",
)  # fmt: skip
"""What a shell sets for its own programs; the service does not have it."""


@dataclass(frozen=True, slots=True)
class Standpoint:
    """Who looks at what. `becomes` is the user that root becomes first; None: nothing changes."""

    data_dir: Path
    environ: Mapping[str, str]
    loaded: Loaded
    becomes: Account | None = None
    service_user: str = ""


def choose(
    config: Path | None,
    data_dir: Path | None,
    environ: Mapping[str, str],
    service: Service | None,
    default_data_dir: Callable[[], Path],
) -> Standpoint:
    """Return the standpoint for what the command line names; reads the configuration."""
    if os.geteuid() != 0:
        return Standpoint(data_dir or default_data_dir(), environ, load_all(config, environ))
    is_service = service is not None and data_dir in (None, service.data_dir) and service.data_dir is not None
    if service is not None and is_service:
        data_dir, config = service.data_dir, config or service.config
    folder = data_dir or default_data_dir()
    user = service.user if service is not None and is_service else ""
    owner = (account.named(user, service.groups) if service and user else None) or account.owner_of(folder)
    if owner is not None and owner.uid != 0:
        environ = _environment_of(owner, environ, service if is_service else None)
    loaded = _load(config, environ, service if is_service else None)
    becomes = owner if owner is not None and owner.uid != 0 else None
    return Standpoint(folder, environ, loaded, becomes, user)


def is_usable(loaded: Loaded) -> bool:
    """Tell whether the settings can be used. Secrets that only systemd hands out may be missing in a shell."""
    return all(isinstance(error, CredentialElsewhere) for error in loaded.errors)


def _environment_of(owner: Account, environ: Mapping[str, str], service: Service | None) -> dict[str, str]:
    """Return the environment of a user, and for the service that of its unit: not what the shell of root has set."""
    kept = {name: value for name, value in environ.items() if not name.startswith("XDG_")}
    if service is not None:
        foreign = {*FOREIGN, *(name.lower() for name in FOREIGN)}
        kept = {name: value for name, value in kept.items() if name not in foreign} | dict(service.environment)
    return kept | {"HOME": owner.home, "USER": owner.name, "LOGNAME": owner.name}


def _load(config: Path | None, environ: Mapping[str, str], service: Service | None) -> Loaded:
    """Read the configuration with the secrets that systemd hands to the service, from the places of its unit."""
    if service is None or not service.credentials or environ.get("CREDENTIALS_DIRECTORY"):
        return load_all(config, environ)
    with tempfile.TemporaryDirectory(prefix="tvapp-doctor-") as folder:  # of root alone
        for name, path in service.credentials:
            if path.is_dir():
                for file in path.iterdir():
                    Path(folder, f"{name}_{file.name}").symlink_to(file)
            elif path.is_file():
                Path(folder, name).symlink_to(path)
        return load_all(config, {**environ, "CREDENTIALS_DIRECTORY": folder})
