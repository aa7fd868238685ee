"""Makes the Debian root that every image starts from, and a kernel for it; kept between runs.

A kernel's package would build an initramfs of 40 MB when it is installed, which an emulated machine unpacks for a
quarter of a minute. So the kernel is unpacked, not installed, and the initramfs has the modules for the disk alone.
"""

from __future__ import annotations

import hashlib
import lzma
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from scripts.tvbox_rig.cpio import Cpio

GUEST = Path(__file__).parent / "guest"
MIRROR = "http://deb.debian.org/debian"
SYSTEM = (
    "systemd,systemd-sysv,dbus,udev,kmod,libpam-systemd,login,passwd,iproute2,procps,python3,ca-certificates,"
    "busybox-static,v4l-utils"
)
DEPENDENCIES = "kbd,libgbm1,libdrm2,libegl1,libgles2,libgl1-mesa-dri,libfribidi0"
"""What the package depends on, so that its installation needs no network. What lacks is fetched all the same."""
DISK_MODULES = ("virtio_pci", "virtio_blk", "ext4", "crc32c_generic", "crc32c_intel")
UNUSED = (
    "*/sound/*",
    "*/drivers/media/dvb-*",
    "*/drivers/media/firewire/*",
    "*/drivers/media/i2c/*",
    "*/drivers/media/pci/*",
    "*/drivers/media/platform/*",
    "*/drivers/media/radio/*",
    "*/drivers/media/tuners/*",
    "*/drivers/media/usb/*",
    "*/drivers/staging/*",
    "*/drivers/infiniband/*",
    "*/drivers/scsi/*",
    "*/drivers/net/wireless/*",
    "*/drivers/net/ethernet/*",
    "*/drivers/gpu/drm/amd/*",
    "*/drivers/gpu/drm/i915/*",
    "*/drivers/gpu/drm/nouveau/*",
    "*/drivers/gpu/drm/radeon/*",
    "./usr/share/doc/*",
)
"""Drivers of hardware that QEMU does not have: half of the kernel's package."""

Say = Callable[[str], None]


@dataclass(frozen=True)
class Base:
    """A root folder, and the kernel and initramfs that boot it."""

    root: Path
    kernel: Path
    initrd: Path
    key: str


def base_key(suite: str) -> str:
    """Return what names a base: a digest of what it is made from, but for the versions of Debian's packages."""
    made_from = (suite, SYSTEM, DEPENDENCIES, MIRROR, *UNUSED, *DISK_MODULES, (GUEST / "init").read_text())
    return f"{suite}-{hashlib.sha256(repr(made_from).encode()).hexdigest()[:12]}"


def make_base(suite: str, cache: Path, say: Say) -> Base:
    """Return the base of a Debian suite, made anew unless the cache has it."""
    key = base_key(suite)
    folder = cache / f"base-{key}"
    base = Base(folder / "root", folder / "vmlinuz", folder / "initrd.img", key)
    if (folder / "done").exists():
        return base
    say(f"making the base root of Debian {suite}")
    for old in cache.glob(f"base-{suite}-*"):
        shutil.rmtree(old)
    folder.mkdir(parents=True)
    _bootstrap(suite, base.root)
    release = _unpack_kernel(base)
    base.initrd.write_bytes(_initramfs(base.root, release))
    (folder / "done").touch()
    return base


def _bootstrap(suite: str, root: Path) -> None:
    fetch_kernel = (
        'chroot "$1" sh -c "cd /tmp && apt-get download -qq '
        "\\$(apt-cache depends linux-image-amd64 | sed -n 's/.*Depends: \\(linux-image-[0-9].*\\)/\\1/p')\""
        ' && mv "$1"/tmp/linux-image-*.deb "$1/../"'
    )
    command = ["mmdebstrap", "--quiet", "--mode=root", "--variant=minbase", "--format=directory"]
    command += [f"--include={SYSTEM},{DEPENDENCIES}", f"--customize-hook={fetch_kernel}"]
    command += ['--aptopt=Acquire::Languages "none"', '--aptopt=APT::Install-Recommends "false"']
    for folder in ("doc", "man", "locale", "info"):
        command += [f"--dpkgopt=path-exclude=/usr/share/{folder}/*"]
    command += ["--dpkgopt=force-unsafe-io"]
    subprocess.run([*command, suite, str(root), MIRROR], check=True)


def _unpack_kernel(base: Base) -> str:
    (package,) = base.root.parent.glob("linux-image-*.deb")
    excludes = [f"--exclude={pattern}" for pattern in UNUSED]
    content = subprocess.Popen(["dpkg-deb", "--fsys-tarfile", str(package)], stdout=subprocess.PIPE)
    # Debian's /lib is a link into /usr, which must stay one.
    subprocess.run(
        ["tar", "--extract", "--keep-directory-symlink", "--wildcards", *excludes, "--directory", str(base.root)],
        stdin=content.stdout,
        check=True,
    )
    if content.wait() != 0:
        raise RuntimeError(f"{package.name} cannot be unpacked")
    package.unlink()
    (kernel,) = (base.root / "boot").glob("vmlinuz-*")
    release = kernel.name.removeprefix("vmlinuz-")
    shutil.move(kernel, base.kernel)
    shutil.rmtree(base.root / "boot")
    (base.root / "boot").mkdir()
    in_root(base.root, "depmod", release)
    return release


def _initramfs(root: Path, release: str) -> bytes:
    modules = root / "lib/modules" / release
    needs: dict[str, list[str]] = {}
    paths: dict[str, str] = {}
    for line in (modules / "modules.dep").read_text().splitlines():
        path, _, dependencies = line.partition(":")
        paths[path.rpartition("/")[2].partition(".")[0].replace("-", "_")] = path
        needs[path] = dependencies.split()
    archive = Cpio()
    for folder in ("bin", "dev", "modules", "root"):
        archive.add_folder(folder)
    archive.add_file("bin/busybox", (root / "bin/busybox").read_bytes(), 0o755)
    archive.add_file("init", (GUEST / "init").read_bytes(), 0o755)
    ordered: list[str] = []
    for name in DISK_MODULES:
        if name in paths:  # else it is built in
            # depmod lists what a module depends on from the nearest to the farthest.
            wanted = [*reversed(needs[paths[name]]), paths[name]]
            ordered += [path for path in wanted if path not in ordered]
    for number, path in enumerate(ordered):
        content = (modules / path).read_bytes()
        if path.endswith(".xz"):
            content = lzma.decompress(content)
        archive.add_file(f"modules/{number:02}-{path.rpartition('/')[2].removesuffix('.xz')}", content, 0o644)
    return archive.finish()


def in_root(root: Path, *command: str, text: str | None = None) -> str:
    """Run a command inside a root folder; returns its output.

    Raises:
        RuntimeError: it ends with another status than 0.
    """
    environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C"}
    done = subprocess.run(
        ["chroot", str(root), *command],
        input=text,
        stdin=None if text is not None else subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=environment,
        check=False,
    )
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)}: status {done.returncode}: {done.stdout.strip()}")
    return done.stdout
