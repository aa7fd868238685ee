"""Root looks at the service as the service: its user, its data folder, its environment, its secrets."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.app.diagnosis.rig import snapshot
from tvapp.app.diagnosis.standpoint import Standpoint, choose, is_usable
from tvapp.config.secret_references import CredentialElsewhere
from tvapp.host.systemd.unit import Service

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root looks at the service of another user")

STRANGER = 12345
CONFIG = """
[maps]
auth = "shared-key"
subscription_keys = { credential = "tvapp_maps-key" }
[geofences]
store = "folder"
path = "/srv/geofences"
"""


@pytest.fixture
def service(tmp_path: Path) -> Service:
    data, credentials, config = tmp_path / "data", tmp_path / "credentials", tmp_path / "config.toml"
    data.mkdir()
    os.chown(data, STRANGER, STRANGER)
    credentials.mkdir(mode=0o700)
    (credentials / "maps-key").write_text("a-key-of-the-map\n")
    config.write_text(CONFIG)
    return Service(
        "tvapp.service",
        data_dir=data,
        config=config,
        environment={"SDL_VIDEODRIVER": "kmsdrm"},
        credentials=(("tvapp", credentials),),
    )


def stand(service: Service | None, tmp_path: Path, data_dir: Path | None = None, **environ: str) -> Standpoint:
    return choose(None, data_dir, environ, service, lambda: tmp_path / "own")


def test_without_flags_root_looks_at_the_service(service: Service, tmp_path: Path) -> None:
    at = stand(service, tmp_path, PATH="/bin", DISPLAY=":0", HTTPS_PROXY="http://p:1", XDG_STATE_HOME="/root/x")
    assert at.data_dir == service.data_dir
    assert at.becomes is not None
    assert at.becomes.uid == STRANGER
    assert at.environ == {
        "PATH": "/bin", "SDL_VIDEODRIVER": "kmsdrm", "HOME": "/", "USER": str(STRANGER), "LOGNAME": str(STRANGER),
    }  # fmt: skip


def test_the_secrets_of_the_service_are_read_before_root_is_left(service: Service, tmp_path: Path) -> None:
    before = snapshot(tmp_path)
    at = stand(service, tmp_path)
    assert is_usable(at.loaded)
    assert at.loaded.errors == ()
    assert at.loaded.config.maps.subscription_keys == ("a-key-of-the-map",)
    assert snapshot(tmp_path) == before


def test_elsewhere_a_secret_of_the_service_is_no_error(service: Service, tmp_path: Path) -> None:
    at = choose(service.config, tmp_path / "own", {}, None, lambda: tmp_path / "own")
    assert [type(error) for error in at.loaded.errors] == [CredentialElsewhere]
    assert is_usable(at.loaded)


def test_with_a_folder_of_its_own_root_looks_at_that_as_its_owner(service: Service, tmp_path: Path) -> None:
    own = tmp_path / "another"
    own.mkdir()
    at = stand(service, tmp_path, own, DISPLAY=":0")
    assert (at.data_dir, at.becomes, at.service_user) == (own, None, "")
    assert at.environ == {"DISPLAY": ":0"}


def test_without_a_service_root_looks_at_its_own_folder(tmp_path: Path) -> None:
    at = stand(None, tmp_path)
    assert (at.data_dir, at.becomes) == (tmp_path / "own", None)
    assert not at.data_dir.exists()
