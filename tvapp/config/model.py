"""The settings as frozen values: one dataclass a section, with the defaults.

The line under each field is what the reference says about the key (`scripts/reference`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from tvapp.core.proxies import Outbound, ProxyRules

BaseName = Literal["road", "dark", "imagery", "hybrid"]


@dataclass(frozen=True, slots=True)
class Identity:
    """[identity]: who may sign in, and through which app registration."""

    tenant: str = ""
    """Entra tenant: a verified domain or a GUID."""
    client_id: str = ""
    """Client id of the app registration (a public client): a GUID, except with `oidc_authority`."""
    cloud: Literal["public", "us-government", "china"] = "public"
    """Azure cloud whose sign-in host is used."""
    authority: str = ""
    """Entra-shaped authority on another host, with the tenant as its path; instance discovery is off."""
    oidc_authority: str = ""
    """Issuer of any OpenID provider with the device flow; excludes `authority`."""
    oidc_endpoints: tuple[str, ...] = ()
    """Further addresses to which the provider of `oidc_authority` may have codes and tokens sent."""
    scopes: tuple[str, ...] = ("https://atlas.microsoft.com/user_impersonation",)
    """Scopes to sign in for. With a shared key and `store = "blob"` the default is the scope of Azure Storage."""
    ca_bundle: str = ""
    """The same as `ca_bundle` of `[network]`; both may be set."""
    token_key: tuple[str, ...] = field(default=(), repr=False)
    """Keys that the kept sign-in is encrypted with: the first one writes, the others can still read."""
    app_name: str = "tvapp"
    """Name of the app registration, as the screens show it."""
    organisation: str = ""
    """Name of the organisation, as the screens show it; empty: the tenant."""


MAPS_ENDPOINTS = {"public": "https://atlas.microsoft.com", "us-government": "https://atlas.azure.us", "china": ""}
"""The host of Azure Maps in each cloud (azure-facts 3); empty where none is known."""

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
    """The Azure Maps account's client id (`uniqueId`), sent as `x-ms-client-id`."""
    endpoint: str = "https://atlas.microsoft.com"
    """Host of Azure Maps, or of a geography such as `https://eu.atlas.microsoft.com`. The default of `us-government` is
    `https://atlas.azure.us`; in `china` it has to be set."""
    auth: Literal["entra", "shared-key"] = "entra"
    """How requests to Azure Maps are authorised: with the sign-in, or with a subscription key."""
    subscription_keys: tuple[str, ...] = field(default=(), repr=False)
    """Primary and secondary key, for `auth = "shared-key"`; the other one is tried when one is refused."""
    style: str = "microsoft.base.darkgrey"
    """Base map at the start; a viewer can choose another one."""
    view: str = "Unified"
    """Whose view of disputed borders the map shows."""
    resource_id: str = ""
    """Resource id of the Azure Maps account, for its usage: `az maps account show --query id`."""

    @property
    def base(self) -> BaseName:
        """The short name of `style`."""
        return STYLES[self.style]


@dataclass(frozen=True, slots=True)
class Geofences:
    """[geofences]: where the geofences live, and which kinds a viewer may choose from.

    An empty `store` means that the installer has not decided. `kinds` maps each kind to its names by language; the
    language "" stands for any other.
    """

    store: Literal["", "blob", "map-data", "folder", "url"] = ""
    """Where the geofences live; there is no default."""
    container_url: str = ""
    """Address of a container of Azure Blob Storage, or of a folder in it, for `store = "blob"`."""
    path: str = ""
    """Folder with files of geofences, for `store = "folder"`."""
    urls: tuple[str, ...] = ()
    """Addresses of GeoJSON that is read without credentials, for `store = "url"`."""
    refresh_s: float = 60.0
    """Seconds between two looks at the store."""
    kinds: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Kinds that a viewer can draw, with names by language if wanted; none: the built-in kinds."""
    name_keys: tuple[str, ...] = ()
    """Properties that hold a geofence's name, the first match counts; none: `name`, `title`, `label` and the like."""
    kind_keys: tuple[str, ...] = ()
    """Properties that hold a geofence's kind, the first match counts; none: `kind`, `category` and the like."""


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
    """Where the map starts, and where *Home* leads: longitude and latitude in degrees, and a zoom level."""


@dataclass(frozen=True, slots=True)
class Kiosk:
    """[kiosk]: how the screen behaves. `awake` holds entries of `core.week`; none: on day and night."""

    fullscreen: bool = True
    """Fill the screen; `--windowed` wins."""
    language: str = "en"
    """Language of the map's labels, and of the screens as far as they are translated."""
    units: Literal["metric", "imperial"] = "metric"
    """Units of lengths and areas."""
    read_only: bool = False
    """Offer no drawing, changing and deleting on this screen."""
    closable: bool | None = None
    """Offer to close the app, and end when its window is closed. Default: false where systemd starts it, else true."""
    lock: str = field(default="", repr=False)
    """Hash of a pattern of arrow keys that protects drawing, changing and deleting; `tvapp lock` makes it."""
    motion: bool = True
    """Animate changes of the view and of the screens."""
    renderer: Literal["auto", "accelerated", "software"] = "auto"
    """Renderer to use: with the GPU, in software, or what the machine does best."""
    dim_after_min: float = 60.0
    """Minutes without a key until the picture is dimmed; 0: never."""
    awake: tuple[str, ...] = ()
    """Days and hours (local time) in which the screen is on; outside of them it is black until a key is pressed."""


@dataclass(frozen=True, slots=True)
class Usage:
    """[usage]: the usage page and `tvapp usage`. Prices are by meter; "" stands for any other."""

    endpoint: str = ""
    """Address of Azure Resource Manager; empty: that of `[identity] cloud`."""
    price_per_thousand: Mapping[str, float] = field(default_factory=dict)
    """Price of 1000 transactions; a number or a table by meter: `base`, `imagery`, `traffic`, `weather`, `metadata`."""
    currency: str = ""
    """Currency of the prices, as the screens show it; without prices no cost is shown."""


@dataclass(frozen=True, slots=True)
class Network:
    """[network]: the way out of this network."""

    proxy: str = field(default="", repr=False)
    """Proxy of every request, with http:// or https://; wins over the environment's. It may carry `NAME:PASSWORD@`."""
    proxy_username: str = ""
    """Name that the proxy knows this TV by, where it asks for one."""
    proxy_password: str = field(default="", repr=False)
    """Password for `proxy_username`."""
    no_proxy: tuple[str, ...] = ()
    """Hosts, domains (`.example.com`) and ranges of addresses that are reached without the proxy."""
    ca_bundle: str = ""
    """PEM file that is trusted beside the system's certificates; the environment's bundle counts only without it."""


@dataclass(frozen=True, slots=True)
class Remote:
    """[remote]: more keys, and where to read the ones SDL drops."""

    keys: dict[str, str] = field(default_factory=dict)
    """More keys: a key by SDL name or as `key:CODE` (Linux key code), and the intent that it stands for."""
    devices: tuple[str, ...] = ()
    """Input devices of which every key is read; without them only the keys that SDL drops, from all devices."""
    grab: bool = False
    """Keep the keys of `devices` from every other program."""


@dataclass(frozen=True, slots=True)
class Reference:
    """A reference to a secret as it was written, and what it is relative to."""

    found: Found
    base: Path
    environ: Mapping[str, str] = field(repr=False)
    """The part of the environment that says where credentials are."""


@dataclass(frozen=True, slots=True)
class Metrics:
    """[metrics]: what Prometheus may read of this TV. Needs the extra `tvapp[metrics]`."""

    listen: str = ""
    """IP address and port where the metrics are served over HTTP, to whoever can reach them; empty: nowhere."""

    @property
    def address(self) -> tuple[str, int] | None:
        """`listen` as address and port; None where nothing is served."""
        host, _, port = self.listen.rpartition(":")
        return (host.strip("[]"), int(port)) if port else None


@dataclass(frozen=True, slots=True)
class Config:
    """Everything that can be set, and the file it came from (None: none was found)."""

    identity: Identity = Identity()
    maps: Maps = Maps()
    geofences: Geofences = Geofences()
    view: View = View()
    kiosk: Kiosk = Kiosk()
    usage: Usage = field(default_factory=Usage)
    network: Network = Network()
    remote: Remote = field(default_factory=Remote)
    metrics: Metrics = Metrics()
    source: Path | None = None
    references: Mapping[str, Reference] = field(default_factory=dict, repr=False, compare=False)
    """Where the secrets stand that the settings only refer to, by key."""

    @property
    def needs_sign_in(self) -> bool:
        """Tell whether anything that is configured needs an account."""
        return self.maps.auth == "entra" or self.geofences.store == "blob"

    @property
    def outbound(self) -> Outbound:
        """Return how requests leave this machine."""
        network = self.network
        rules = None
        if network.proxy:
            rules = ProxyRules.of(
                network.proxy, network.no_proxy, username=network.proxy_username, password=network.proxy_password
            )
        bundles = dict.fromkeys(bundle for bundle in (self.identity.ca_bundle, network.ca_bundle) if bundle)
        return Outbound(tuple(bundles), rules, network.no_proxy)

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
    "usage": Usage,
    "network": Network,
    "remote": Remote,
    "metrics": Metrics,
}


@dataclass(frozen=True, slots=True)
class Found:
    """A value as it was written, and where: a file, or the name of an environment variable."""

    value: object
    source: str
    in_environment: bool = False
