"""How the service runs is read from its unit: the one that the repository ships, and what installers make of it."""

from __future__ import annotations

from pathlib import Path

from tests.cloud import ROOT
from tvapp.host.systemd.unit import Service, installed_service, read_service

PACKAGED = """
[Service]
User=tv
SupplementaryGroups=video
Environment=A=1
ExecStart=/usr/bin/tvapp run --data-dir /old
"""
DROP_IN_USER = """
[Service]
User=kiosk
SupplementaryGroups=
SupplementaryGroups=input
"""
DROP_IN_DATA = """
# comment
[Service]
ExecStart=
ExecStart=/usr/bin/tvapp run \\
  --config '/etc/my tv.toml' --data-dir=/srv/tv
Environment="B=2 3" C=4
[Install]
User=wrong
"""


def install(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return folder


def test_the_shipped_unit_is_understood(tmp_path: Path) -> None:
    install(tmp_path, "tvapp.service", (ROOT / "scripts/kiosk/tvapp.service").read_text())
    service = installed_service([tmp_path])
    assert service is not None
    assert (service.unit, service.user) == ("tvapp.service", "tv")
    assert service.groups == ("video", "render", "input")
    assert service.data_dir == Path("/var/lib/tvapp")
    assert service.environment == {"SDL_VIDEODRIVER": "kmsdrm"}
    assert service.credentials == (("tvapp", Path("/etc/tvapp/credentials")),)


def test_the_unit_under_a_compositor_is_understood(tmp_path: Path) -> None:
    install(tmp_path, "tvapp-cage.service", (ROOT / "scripts/kiosk/debian/tvapp-cage.service").read_text())
    service = installed_service([tmp_path])
    assert service is not None
    assert (service.unit, service.user, service.data_dir) == ("tvapp-cage.service", "tv", Path("/var/lib/tvapp"))
    assert service.environment["SDL_VIDEODRIVER"] == "wayland"


def test_of_two_units_the_enabled_one_counts(tmp_path: Path) -> None:
    for name in ("tvapp.service", "tvapp-cage.service"):
        install(tmp_path, name, "[Service]\nUser=tv\n")
    install(tmp_path, "graphical.target.wants/tvapp-cage.service", "")
    service = installed_service([tmp_path])
    assert service is not None
    assert service.unit == "tvapp-cage.service"


def test_without_a_unit_there_is_no_service(tmp_path: Path) -> None:
    assert installed_service([tmp_path, tmp_path / "none"]) is None


def test_drop_ins_count_in_the_order_of_their_names_and_the_administrator_s_win(tmp_path: Path) -> None:
    own, packaged = tmp_path / "etc", tmp_path / "lib"
    install(packaged, "tvapp.service", PACKAGED)
    install(packaged, "tvapp.service.d/20-user.conf", "[Service]\nUser=nobody\n")
    install(own, "tvapp.service.d/20-user.conf", DROP_IN_USER)
    install(own, "tvapp.service.d/30-data.conf", DROP_IN_DATA)
    assert read_service("tvapp.service", [own, packaged]) == Service(
        "tvapp.service",
        user="kiosk",
        groups=("input",),
        data_dir=Path("/srv/tv"),
        config=Path("/etc/my tv.toml"),
        environment={"A": "1", "B": "2 3", "C": "4"},
    )


def test_a_unit_that_makes_no_sense_is_read_as_far_as_it_goes(tmp_path: Path) -> None:
    install(tmp_path, "tvapp.service", "[Service\nUser\n=\n[Service]\nUser=tv\nExecStart='unclosed --data-dir /srv\n\\")
    (tmp_path / "tvapp.service.d").write_bytes(b"\0")
    assert read_service("tvapp.service", [tmp_path]).user == "tv"
