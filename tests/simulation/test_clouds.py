"""Clouds and geographies, with a sign-in and with keys: whom the app contacts, for what, and with which credentials.

The whole app runs behind a proxy that leads every host to the local cloud, and remembers each. The configuration alone
says which hosts these are.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from scripts.simulation.rig import simulated
from tests.cloud import ROOT, LocalCloud
from tests.net.named_cloud import BLOB, CONTAINER
from tests.net.proxy import Proxy, running_proxy
from tvapp.config.load import ConfigErrors, load
from tvapp.localcloud.people import TENANT_ID

PUBLIC, GOVERNMENT, CHINA = "login.microsoftonline.com", "login.microsoftonline.us", "login.partner.microsoftonline.cn"
ATLAS, US, EU, GOV = "atlas.microsoft.com", "us.atlas.microsoft.com", "eu.atlas.microsoft.com", "atlas.azure.us"
CHINESE = "maps.example.cn"
BLOBS = "acct.blob.core.windows.net"
GOV_BLOBS, CHINESE_BLOBS = "acct.blob.core.usgovcloudapi.net", "acct.blob.core.chinacloudapi.cn"
NAMES = (PUBLIC, GOVERNMENT, CHINA, ATLAS, US, EU, GOV, CHINESE, BLOBS, GOV_BLOBS, CHINESE_BLOBS)
MAPS_SCOPE = "https://atlas.microsoft.com/user_impersonation"
STORAGE_SCOPE = "https://storage.azure.com/user_impersonation"
RESERVED = {"openid", "profile", "offline_access"}


@dataclass(frozen=True)
class Case:
    """A cloud, a way of authentication, a host of Azure Maps (empty: the default) and one of Blob Storage, if any."""

    cloud: str
    auth: str
    endpoint: str = ""
    blobs: str = ""

    def __str__(self) -> str:
        return f"{self.cloud}-{self.auth}-{self.maps}-{self.blobs or 'folder'}"

    @property
    def login(self) -> str:
        return {"public": PUBLIC, "us-government": GOVERNMENT, "china": CHINA}[self.cloud]

    @property
    def maps(self) -> str:
        return self.endpoint or {"public": ATLAS, "us-government": GOV}[self.cloud]

    @property
    def needs_sign_in(self) -> bool:
        return self.auth == "entra" or bool(self.blobs)

    def hosts(self) -> set[str]:
        return {self.maps, *([self.login] if self.needs_sign_in else []), *([self.blobs] if self.blobs else [])}

    def settings(self, cloud: LocalCloud, proxy: Proxy) -> dict[str, str]:
        chosen = {
            "TVAPP_IDENTITY_CLOUD": self.cloud,
            "TVAPP_IDENTITY_TENANT": TENANT_ID,
            "TVAPP_IDENTITY_AUTHORITY": "",
            "TVAPP_MAPS_ENDPOINT": f"https://{self.endpoint}" if self.endpoint else "",
            "TVAPP_MAPS_AUTH": self.auth,
            "TVAPP_MAPS_SUBSCRIPTION_KEYS": ",".join(cloud.subscription_keys) if self.auth == "shared-key" else "",
            "TVAPP_NETWORK_PROXY": proxy.url,
            "TVAPP_GEOFENCES_STORE": "blob" if self.blobs else "folder",
            "TVAPP_GEOFENCES_PATH": str(ROOT / "assets/samples"),
        }
        if self.blobs:
            chosen["TVAPP_GEOFENCES_CONTAINER_URL"] = f"https://{self.blobs}{CONTAINER}"
        return chosen


CASES = [
    Case("public", "entra"),
    Case("public", "entra", EU, BLOBS),
    Case("public", "entra", US),
    Case("public", "shared-key", EU),
    Case("public", "shared-key", US, BLOBS),
    Case("us-government", "entra", "", GOV_BLOBS),
    Case("us-government", "shared-key"),
    Case("china", "entra", CHINESE, CHINESE_BLOBS),
    Case("china", "shared-key", CHINESE),
]


@pytest.fixture(scope="module")
def far_cloud() -> Iterator[LocalCloud]:
    cloud = LocalCloud(",".join(NAMES), module="tests.net.named_cloud")
    yield cloud
    cloud.stop()


@pytest.mark.process
@pytest.mark.parametrize(
    "case", CASES, ids=lambda case: f"{case.cloud}-{case.auth}-{case.maps}-{case.blobs or 'folder'}"
)
def test_a_configuration_alone_says_who_is_contacted_and_what_each_is_told(
    far_cloud: LocalCloud, tmp_path: Path, case: Case
) -> None:
    far_cloud.reset()
    with (
        running_proxy(urlsplit(far_cloud.endpoint).port or 0) as gate,
        simulated(far_cloud, tmp_path, case.settings(far_cloud, gate)) as tv,
    ):
        if case.needs_sign_in:
            tv.approve()
        tv.run_until("geofences.loaded", test=lambda fields: bool(fields["count"]))
        assert tv.settle()["missing"] == 0
        assert gate.hosts == case.hosts()

    asked = {name: far_cloud.requests(name) for name in ("devicecode", "token", "refresh", "tile", "attribution", BLOB)}
    signing_in = [*asked["devicecode"], *asked["token"], *asked["refresh"]]
    assert {each["headers"]["host"] for each in signing_in} == ({case.login} if case.needs_sign_in else set())
    assert all(each["path"].startswith(f"/{TENANT_ID}/oauth2/v2.0/") for each in signing_in)
    scopes = {scope for each in [*asked["devicecode"], *asked["refresh"]] for scope in each["scope"].split()}
    expected = {MAPS_SCOPE} if case.auth == "entra" else set()
    assert scopes - RESERVED == expected | ({STORAGE_SCOPE} if case.blobs else set())

    maps = [*asked["tile"], *asked["attribution"]]
    assert maps
    assert {each["headers"]["host"] for each in maps} == {case.maps}
    has_token = {"authorization" in each["headers"] for each in maps}
    has_key = {"subscription-key" in each["headers"] for each in maps}
    assert (has_token, has_key) == (({True}, {False}) if case.auth == "entra" else ({False}, {True}))
    assert {each["headers"]["host"] for each in asked[BLOB]} == ({case.blobs} if case.blobs else set())
    assert not any("subscription-key" in each["headers"] for each in [*asked[BLOB], *signing_in])
    assert not any("authorization" in each["headers"] for each in signing_in)


BASE = {
    "TVAPP_IDENTITY_TENANT": "contoso.com",
    "TVAPP_IDENTITY_CLIENT_ID": "11111111-2222-3333-4444-555555555555",
    "TVAPP_MAPS_CLIENT_ID": "30d7cc00-0000-4000-8000-000000009f55",
    "TVAPP_GEOFENCES_STORE": "map-data",
}


@pytest.mark.parametrize(("cloud", "endpoint"), [("public", f"https://{ATLAS}"), ("us-government", f"https://{GOV}")])
def test_a_cloud_has_its_own_host_of_azure_maps(cloud: str, endpoint: str) -> None:
    assert load(None, BASE | {"TVAPP_IDENTITY_CLOUD": cloud}).maps.endpoint == endpoint


def test_where_no_host_is_known_it_has_to_be_set() -> None:
    with pytest.raises(ConfigErrors) as caught:
        load(None, BASE | {"TVAPP_IDENTITY_CLOUD": "china"})
    ((key, found, allowed),) = [(error.key, error.found, error.allowed) for error in caught.value.errors]
    assert (key, found) == ("maps.endpoint", "nothing")
    assert "china" in allowed
