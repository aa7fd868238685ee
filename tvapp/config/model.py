"""The settings as frozen values: one dataclass a section, with the defaults."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

BaseName = Literal["road", "dark", "imagery", "hybrid"]


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


STYLES: Mapping[str, BaseName] = {
    "microsoft.base.road": "road",
    "microsoft.base.darkgrey": "dark",
    "microsoft.imagery": "imagery",
    "microsoft.base.hybrid.road": "hybrid",
}
"""Values of `maps.style`, each of which may be written as its short name too."""


@dataclass(frozen=True, slots=True)
class Maps:
    """[maps]: the Azure Maps account."""

    client_id: str = ""
    endpoint: str = "https://atlas.microsoft.com"
    auth: Literal["entra", "shared-key"] = "entra"
    subscription_keys: tuple[str, ...] = field(default=(), repr=False)
    style: str = "microsoft.base.darkgrey"
    view: str = "Unified"

    @property
    def base(self) -> BaseName:
        """The short name of `style`."""
        return STYLES[self.style]


@dataclass(frozen=True, slots=True)
class Geofences:
    """[geofences]: where the geofences live, and which kinds the viewer may choose from.

    An empty `store` means that the installer has not decided. `kinds` are names by language for each key ("" stands
    for any language); none at all: the built-in kinds.
    """

    store: Literal["", "blob", "map-data", "folder", "url"] = ""
    container_url: str = ""
    path: str = ""
    urls: tuple[str, ...] = ()
    refresh_s: float = 60.0
    kinds: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


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
    """[kiosk]: how the screen behaves. `lock` is the hash of a pattern that opens editing; empty: it is open.

    `dim_after_min` 0: never. `awake` are entries of `core.week`; none: day and night.
    """

    fullscreen: bool = True
    language: str = "en"
    units: Literal["metric", "imperial"] = "metric"
    read_only: bool = False
    lock: str = field(default="", repr=False)
    motion: bool = True
    renderer: Literal["auto", "accelerated", "software"] = "auto"
    dim_after_min: float = 60.0
    awake: tuple[str, ...] = ()


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

    @property
    def needs_sign_in(self) -> bool:
        """Tell whether anything that is configured needs an account."""
        return self.maps.auth == "entra" or self.geofences.store == "blob"

    @property
    def can_edit(self) -> bool:
        """Tell whether geofences may be drawn, changed and deleted on this screen, and the store takes changes."""
        return self.geofences.store in ("blob", "map-data", "folder") and not self.kiosk.read_only

    @property
    def has_lock(self) -> bool:
        """Tell whether there is a lock, and something that it keeps closed."""
        return self.can_edit and bool(self.kiosk.lock)


SECTIONS: Mapping[str, type] = {
    "identity": Identity,
    "maps": Maps,
    "geofences": Geofences,
    "view": View,
    "kiosk": Kiosk,
    "remote": Remote,
}


@dataclass(frozen=True, slots=True)
class Found:
    """A value as it was written, and where: a file, or the name of an environment variable."""

    value: object
    source: str
    in_environment: bool = False
