"""Settings: TOML and environment in, frozen dataclasses out."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal


@dataclass(frozen=True, slots=True)
class Identity:
    """[identity]: who may sign in, and through which app registration."""

    tenant: str = ""
    client_id: str = ""
    cloud: Literal["public", "us-government", "china"] = "public"
    authority: str = ""
    oidc_authority: str = ""
    scopes: tuple[str, ...] = ("https://atlas.microsoft.com/user_impersonation",)
    ca_bundle: str = ""
    app_name: str = "tvapp"
    organisation: str = ""


@dataclass(frozen=True, slots=True)
class Maps:
    """[maps]: the Azure Maps account."""

    client_id: str = ""
    endpoint: str = "https://atlas.microsoft.com"
    auth: Literal["entra", "shared-key"] = "entra"
    subscription_keys: tuple[str, ...] = field(default=(), repr=False)
    style: str = "microsoft.base.darkgrey"
    view: str = "Unified"


@dataclass(frozen=True, slots=True)
class Geofences:
    """[geofences]: where the geofences live. An empty `store` means that the installer has not decided."""

    store: Literal["", "blob", "map-data", "folder", "url"] = ""
    container_url: str = ""
    path: str = ""
    urls: tuple[str, ...] = ()
    refresh_s: float = 60.0


@dataclass(frozen=True, slots=True)
class Home:
    """[view] home: where the map starts; longitude and latitude in degrees."""

    longitude: float = 0.0
    latitude: float = 20.0
    zoom: float = 2.0


@dataclass(frozen=True, slots=True)
class View:
    """[view]."""

    home: Home | None = None


@dataclass(frozen=True, slots=True)
class Kiosk:
    """[kiosk]: how the screen behaves."""

    fullscreen: bool = True
    language: str = "en"
    units: Literal["metric", "imperial"] = "metric"
    read_only: bool = False
    motion: bool = True
    renderer: Literal["auto", "accelerated", "software"] = "auto"


@dataclass(frozen=True, slots=True)
class Remote:
    """[remote]: more keys, and where to read the ones SDL drops."""

    keys: dict[str, str] = field(default_factory=dict)
    devices: tuple[str, ...] = ()
    grab: bool = False


@dataclass(frozen=True, slots=True)
class Config:
    """Everything that can be set, and the file it came from (None: none was found)."""

    identity: Identity = Identity()
    maps: Maps = Maps()
    geofences: Geofences = Geofences()
    view: View = View()
    kiosk: Kiosk = Kiosk()
    remote: Remote = field(default_factory=Remote)
    source: Path | None = None
