"""Makes the disk of a TV from a base root and a package; kept between runs by the package's digest."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import tempfile
from pathlib import Path

from scripts.tvbox_rig.base import Base, Say, in_root
from scripts.tvbox_rig.guest_files import NAME_SERVER, add_guest_files, guest_key

SPARE_MIB = 700
KEPT_IMAGES = 4


def make_image(base: Base, package: Path, cache: Path, say: Say) -> Path:
    """Return the image of a disk with the package installed, made anew unless the cache has it."""
    digest = hashlib.sha256(package.read_bytes() + guest_key().encode()).hexdigest()[:12]
    image = cache / f"image-{base.key}-{digest}.ext4"
    if image.exists():
        image.touch()
        return image
    say(f"making the image with {package.name}")
    images = sorted(cache.glob("image-*.ext4"), key=lambda path: path.stat().st_mtime)
    for old in images[: -KEPT_IMAGES + 1]:
        old.unlink()
    with tempfile.TemporaryDirectory(dir=cache, prefix="root-") as folder:
        root = Path(folder) / "root"
        subprocess.run(["cp", "--archive", "--reflink=auto", str(base.root), str(root)], check=True)
        add_guest_files(root)
        install(root, package, say)
        unfinished = image.with_suffix(".new")
        unfinished.unlink(missing_ok=True)
        size_mib = int(subprocess.check_output(["du", "-sm", str(root)], text=True).split()[0]) + SPARE_MIB
        subprocess.run(
            [
                "mke2fs",
                "-q",
                "-t",
                "ext4",
                "-d",
                str(root),
                "-E",
                "lazy_itable_init=1",
                str(unfinished),
                f"{size_mib}M",
            ],
            check=True,
            stdout=subprocess.DEVNULL,
        )
        unfinished.rename(image)
    return image


def install(root: Path, package: Path, say: Say) -> None:
    """Install a package in a root folder with what it depends on, as `apt-get install ./package.deb` does."""
    inside = root / "tmp" / package.name
    shutil.copy(package, inside)
    fast = ["-o", "DPkg::Options::=--force-unsafe-io", "-o", "APT::Install-Recommends=false"]
    command = ["apt-get", "install", "--yes", "-qq", "--allow-downgrades", *fast, f"/tmp/{package.name}"]
    # No service starts in a root folder.
    policy = root / "usr/sbin/policy-rc.d"
    policy.write_text("#!/bin/sh\nexit 101\n")
    policy.chmod(0o755)
    shutil.copy("/etc/resolv.conf", root / "etc/resolv.conf")
    try:
        try:
            in_root(root, *command)
        except RuntimeError as error:
            say(f"the base lacks something that the package depends on, asking Debian: {str(error).splitlines()[-1]}")
            in_root(root, "apt-get", "update", "-qq")
            in_root(root, *command)
            in_root(root, "apt-get", "clean")
    finally:
        policy.unlink()
        inside.unlink()
        (root / "etc/resolv.conf").write_text(NAME_SERVER)


def make_disk(image: Path, disk: Path) -> None:
    """Make the disk of one machine, which leaves the image as it is."""
    disk.unlink(missing_ok=True)
    subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", "-F", "raw", "-b", str(image), str(disk)], check=True)
