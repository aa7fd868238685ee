"""Puts the rig's own units into a root folder: the ways in from outside, a network, and a person's account."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

from scripts.tvbox_rig.base import GUEST, in_root

USER = "installer"
"""A person's account with a shell; the password is the same. It shows whether keys reach a login."""
PROGRAMS = ("agent.py", "hang.py", "journal", "setup")
NAME_SERVER = "nameserver 10.0.2.3\n"
"""QEMU's."""
QUIET_UNITS = (
    "apt-daily.timer",
    "apt-daily-upgrade.timer",
    "fstrim.timer",
    "e2scrub_all.timer",
    "serial-getty@ttyS0.service",
)


def guest_key() -> str:
    """Return a digest of the files that `add_guest_files` puts in."""
    digest = hashlib.sha256(Path(__file__).read_bytes())
    for path in sorted(path for path in GUEST.iterdir() if path.suffix != ".pyc" and path.is_file()):
        digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()[:12]


def add_guest_files(root: Path) -> None:
    """Put the files in, and enable the units."""
    library = root / "usr/local/lib/tvbox"
    library.mkdir(parents=True)
    for name in PROGRAMS:
        shutil.copy(GUEST / name, library / name)
    units = [path.name for path in GUEST.glob("*.service")]
    for name in units:
        shutil.copy(GUEST / name, root / "etc/systemd/system" / name)
    (root / "etc/hostname").write_text("tv\n")
    (root / "etc/fstab").write_text("/dev/vda / ext4 defaults 0 0\n")
    (root / "etc/modules-load.d/tvbox.conf").write_text("uinput\nevdev\n9pnet_virtio\n")
    (root / "etc/systemd/network/20-wired.network").write_text("[Match]\nType=ether\n\n[Network]\nDHCP=ipv4\n")
    (root / "etc/resolv.conf").unlink(missing_ok=True)
    (root / "etc/resolv.conf").write_text(NAME_SERVER)
    in_root(root, "systemctl", "enable", "--quiet", "systemd-networkd.service", "getty@tty1.service", *units)
    in_root(root, "systemctl", "mask", "--quiet", *QUIET_UNITS)
    in_root(root, "useradd", "--create-home", "--shell", "/bin/bash", USER)
    in_root(root, "chpasswd", text=f"{USER}:{USER}\nroot:root\n")
