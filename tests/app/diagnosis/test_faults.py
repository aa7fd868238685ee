"""Each fault is really planted, and the doctor names it with its remedy: one row a fault."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from xml.sax.saxutils import escape

import pytest

from tests.app.diagnosis.rig import Doctor, Report, as_command, open_folder, serving_meanwhile, sign_in
from tests.cloud import ROOT, LocalCloud
from tests.e2e.rig import with_account, with_key
from tests.fences.stores.server import Answer, Asked, serve
from tests.net.proxy import proxy
from tests.net.raw import HandshakeServer, make_authority
from tvapp.core.record import RecordFormat
from tvapp.display.libraries import built_in_drivers

STRANGER = 12345
"""A user of no name, who owns a data folder."""
TIBETAN = "བོད་ལྗོངས"
"""A script for which no font is installed with the tests' packages."""
DEVICES = """
set -e
mount -t tmpfs tmpfs /dev
mkdir /dev/dri /dev/input
for node in null:3 zero:5 random:8 urandom:9; do mknod -m 666 /dev/${node%:*} c 1 ${node#*:}; done
mknod -m 660 /dev/dri/card0 c 226 0
mknod -m 660 /dev/input/event0 c 13 64
exec "$@"
"""
"""Gives a process of its own devices: a graphics card and a remote that root alone may use."""


@dataclass
class Planted:
    """What a row of the table prepares: the doctor's environment, its data folder, and how it is started."""

    environment: dict[str, str]
    data_dir: Path
    arguments: tuple[str, ...] = ()
    before: tuple[str, ...] = ()
    is_own_process: bool = False
    stack: contextlib.ExitStack = field(default_factory=contextlib.ExitStack)


@dataclass
class Ground:
    """What a fault can be planted in."""

    cloud: LocalCloud
    folder: Path
    stack: contextlib.ExitStack

    @property
    def data_dir(self) -> Path:
        return self.folder / "data"

    def with_key(self, **extra: str) -> Planted:
        return Planted({**with_key(self.cloud), **extra}, self.data_dir)

    def signed_in(self, person: str = "aino", **extra: str) -> Planted:
        environment = with_account(self.cloud, **extra)
        sign_in(self.cloud, environment, self.data_dir, person)
        return Planted(environment, self.data_dir)

    def of_stranger(self, planted: Planted) -> Planted:
        """Give the data folder to a user who may do little, which only root can."""
        if os.geteuid():
            pytest.skip("only root may give folders to others")
        bundle = self.folder / "cloud.pem"
        bundle.write_bytes(Path(self.cloud.ca_bundle).read_bytes())
        bundle.chmod(0o644)
        planted.environment["TVAPP_IDENTITY_CA_BUNDLE"] = str(bundle)
        self.data_dir.mkdir(exist_ok=True)
        for path in (self.data_dir, *self.data_dir.rglob("*")):
            os.chown(path, STRANGER, STRANGER)
        planted.is_own_process = True
        return planted

    def with_storage(self, code: str, status: int = 403, **fields: str) -> Planted:
        """Plant a storage account that refuses with a code."""
        text = f"<?xml version='1.0'?><Error><Code>{escape(code)}</Code><Message>No.</Message></Error>"
        refusal = Answer(status, text.encode(), {"x-ms-error-code": code, "content-type": "application/xml", **fields})
        return self.at_storage(lambda asked: refusal)

    def at_storage(self, answers: Callable[[Asked], Answer]) -> Planted:
        authority = make_authority(self.folder / "storage")
        server = self.stack.enter_context(serving_meanwhile(lambda: serve(authority, answers)))
        both = self.folder / "both.pem"
        both.write_bytes(Path(self.cloud.ca_bundle).read_bytes() + authority.ca_file.read_bytes())
        own = {
            "TVAPP_IDENTITY_CA_BUNDLE": str(both),
            "TVAPP_GEOFENCES_STORE": "blob",
            "TVAPP_GEOFENCES_CONTAINER_URL": f"{server.url}/acct/fences",
        }
        return self.signed_in(**own)


def wrong_sdl(ground: Ground) -> Planted:
    if "kmsdrm" in built_in_drivers():
        pytest.skip("this SDL draws on a console")
    return ground.with_key(SDL_VIDEODRIVER="kmsdrm")


def missing_library(ground: Ground) -> Planted:
    broken = ground.folder / "libraries"
    broken.mkdir()
    (broken / "libXcursor.so.1").write_bytes(b"")
    planted = ground.with_key(SDL_VIDEODRIVER="x11", DISPLAY=":77", LD_LIBRARY_PATH=str(broken))
    planted.is_own_process = True
    return planted


def own_devices(ground: Ground) -> Planted:
    planted = ground.of_stranger(ground.with_key(SDL_VIDEODRIVER="kmsdrm"))
    words = ("unshare", "--mount", "sh", "-c", DEVICES, "devices")
    tried = subprocess.run([*words, "true"], capture_output=True, text=True)
    if tried.returncode:
        pytest.skip(f"no devices of its own: {tried.stderr.strip()}")
    planted.before = words
    return planted


def wrong_user(ground: Ground) -> Planted:
    planted = ground.of_stranger(ground.signed_in())
    os.chown(ground.data_dir / "auth" / "tokens.json", 0, 0)
    return planted


def unreadable_config(ground: Ground) -> Planted:
    planted = ground.of_stranger(ground.with_key())
    file = ground.folder / "config.toml"
    file.write_text('[kiosk]\nlanguage = "en"\n')
    file.chmod(0o600)
    planted.arguments = ("--config", str(file))
    return planted


def byte_order_mark(ground: Ground) -> Planted:
    planted = ground.with_key()
    file = ground.folder / "config.toml"
    file.write_bytes(b'\xef\xbb\xbf[kiosk]\r\nlanguage = "en"\r\n')
    planted.arguments = ("--config", str(file))
    return planted


def wrong_clock(ground: Ground) -> Planted:
    ground.cloud.settings(clock_skew_s=1800)
    return ground.with_key()


def unknown_name(ground: Ground) -> Planted:
    return ground.with_key(TVAPP_MAPS_ENDPOINT="https://maps.tvapp.invalid")


def intercepted(ground: Ground) -> Planted:
    server = HandshakeServer(make_authority(ground.folder / "Contoso Inspection").server)
    ground.stack.callback(server.close)
    return ground.with_key(TVAPP_MAPS_ENDPOINT=f"https://localhost:{server.port}")


def proxy_with_login(ground: Ground) -> Planted:
    guarded = ground.stack.enter_context(serving_meanwhile(lambda: proxy(1, login="tv:secret")))
    return ground.with_key(HTTPS_PROXY=guarded.url, TVAPP_MAPS_ENDPOINT="https://maps.tvapp.invalid")


def portal(ground: Ground) -> Planted:
    ground.cloud.fault("discovery", html=True)
    return Planted(with_account(ground.cloud), ground.data_dir)


def blocked_host(ground: Ground) -> Planted:
    planted = ground.signed_in()
    planted.environment["TVAPP_MAPS_ENDPOINT"] = "https://localhost:1"
    return planted


def wrong_tenant(ground: Ground) -> Planted:
    authority = f"{ground.cloud.authority.rpartition('/')[0]}/nobody.example.com"
    return Planted(with_account(ground.cloud, TVAPP_IDENTITY_AUTHORITY=authority), ground.data_dir)


def public_client_off(ground: Ground) -> Planted:
    ground.cloud.fault("token", aadsts=7000218, status=401)
    return Planted(with_account(ground.cloud), ground.data_dir)


def no_consent(ground: Ground) -> Planted:
    ground.cloud.settings(storage_consent=False)
    return ground.at_storage(lambda asked: Answer(500))


def wrong_maps_account(ground: Ground) -> Planted:
    return ground.signed_in(TVAPP_MAPS_CLIENT_ID="30d7cc00-0000-4000-8000-000000000bad")


def empty_store(ground: Ground) -> Planted:
    ground.cloud.clear_map_data()
    return ground.signed_in()


def strange_names(ground: Ground) -> Planted:
    shutil.copytree(ROOT / "assets" / "samples", ground.folder / "fences")
    circle = {"type": "Point", "coordinates": [24.9, 60.1]}
    properties = {"geometryId": "x", "name": TIBETAN, "subType": "Circle", "radius": 50}
    feature = {"type": "Feature", "geometry": circle, "properties": properties}
    (ground.folder / "fences" / "tibetan.geojson").write_text(json.dumps(feature))
    return Planted(with_key(ground.cloud, ground.folder / "fences"), ground.data_dir)


def another_instance(ground: Ground) -> Planted:
    ground.data_dir.mkdir()
    code = (
        "import sys, pathlib; from tvapp.core.log import RecordingLog; from tvapp.host.instance import Instance; "
        "held = Instance.hold(pathlib.Path(sys.argv[1]), RecordingLog()); print('held', flush=True); sys.stdin.read()"
    )
    words = [sys.executable, "-c", code, str(ground.data_dir)]
    holder = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT)
    ground.stack.callback(holder.wait)
    for pipe in (holder.stdout, holder.stdin):
        assert pipe is not None
        ground.stack.callback(pipe.close)
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    return ground.with_key()


def later_version(ground: Ground) -> Planted:
    planted = ground.signed_in()
    file = ground.data_dir / "auth" / "tokens.json"
    file.write_bytes(RecordFormat("token-cache", 99).pack(b"{}"))
    return planted


Plant = Callable[[Ground], Planted]

TABLE: dict[str, tuple[Plant, str, str, str]] = {
    # fault: how it is planted, the part that it is found in, the outcome, what the remedy says
    "sdl-driver": (wrong_sdl, "display", "fail", "pygame-ce"),
    "library-missing": (missing_library, "display", "fail", "libxcursor1"),
    "drm-rights": (own_devices, "display", "fail", f"usermod -aG video,render {STRANGER}"),
    "input-rights": (own_devices, "remote", "fail", f"usermod -aG input {STRANGER}"),
    "files-of-another": (wrong_user, "user", "fail", f"chown -R {STRANGER}:"),
    "config-unreadable": (unreadable_config, "config", "fail", "chmod 0640"),
    "config-bom": (byte_order_mark, "config", "warn", "UTF-8"),
    "clock-wrong": (wrong_clock, "clock", "fail", "timedatectl"),
    "dns": (unknown_name, "network", "fail", "(DNS)"),
    "tls-interception": (intercepted, "network", "fail", "ca_bundle"),
    "proxy-login": (proxy_with_login, "network", "fail", "proxy_username"),
    "captive-portal": (portal, "sign-in", "fail", "welcome page"),
    "host-blocked": (blocked_host, "network", "fail", "firewall"),
    "tenant-wrong": (wrong_tenant, "sign-in", "fail", "[identity] tenant"),
    "public-client-off": (public_client_off, "sign-in", "fail", "--is-fallback-public-client true"),
    "consent-missing": (no_consent, "token", "fail", "storage.azure.com"),
    "maps-role": (lambda ground: ground.signed_in("carla"), "maps", "fail", "Azure Maps Data Reader"),
    "maps-client-id": (wrong_maps_account, "maps", "fail", "uniqueId"),
    "storage-role": (
        lambda ground: ground.with_storage("AuthorizationPermissionMismatch"),
        "store", "fail", "Storage Blob Data Reader",
    ),
    "storage-firewall": (
        lambda ground: ground.with_storage("AuthorizationFailure"), "store", "fail", "network-rule",
    ),
    "store-empty": (empty_store, "store", "warn", "*.geojson"),
    "fonts-missing": (strange_names, "fonts", "warn", "apt-get install fonts-unifont"),
    "another-instance": (another_instance, "instance", "warn", "kill "),
    "version-old": (later_version, "version", "fail", "newest version"),
}  # fmt: skip
ALSO: dict[str, set[str]] = {
    # Faults that come with another one: of the console of the machine that the tests run on, or planted together.
    "sdl-driver": {"no-graphics-card", "drm-rights", "no-screen", "input-rights"},
    "drm-rights": {"sdl-driver", "input-rights"},
    "input-rights": {"sdl-driver", "drm-rights"},
    "maps-client-id": {"store-trouble"},
    # Nobody is signed in.
    "version-old": {"signed-out"},
    "captive-portal": {"signed-out"},
    "tenant-wrong": {"signed-out"},
    "public-client-off": {"signed-out"},
}


@pytest.fixture
def ground(cloud: LocalCloud) -> Iterator[Ground]:
    with open_folder() as folder, contextlib.ExitStack() as stack:
        yield Ground(cloud, folder, stack)


def examine(doctor: Doctor, planted: Planted) -> Report:
    if planted.is_own_process:
        return as_command(planted.environment, planted.data_dir, *planted.arguments, before=planted.before)
    return doctor(planted.environment, planted.data_dir, *planted.arguments)


@pytest.mark.parametrize("fault", TABLE)
def test_each_planted_fault_is_found_with_its_remedy(fault: str, ground: Ground, doctor: Doctor) -> None:
    plant, part, outcome, remedy = TABLE[fault]
    report = examine(doctor, plant(ground))
    wrong = report.wrong()
    assert fault in wrong, wrong
    assert (wrong[fault]["name"], wrong[fault]["outcome"]) == (part, outcome)
    assert remedy in wrong[fault]["remedy"]
    # Nothing else is blamed.
    assert wrong.keys() - {fault} <= ALSO.get(fault, set()), wrong


def test_a_full_disk_is_found_with_its_remedy(cloud: LocalCloud, full_disk: Path, doctor: Doctor) -> None:
    report = doctor(with_key(cloud), full_disk)
    assert set(report.wrong()) == {"disk-full"}
    assert f"df -h {full_disk}" in report.wrong()["disk-full"]["remedy"]
