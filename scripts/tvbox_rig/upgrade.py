"""Steps with packages: an upgrade to a higher version and back, on a TV that is in use."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from functools import partial
from pathlib import Path

from scripts.tvbox_rig.steps import NotMetError, Step
from scripts.tvbox_rig.troubles import same_map
from scripts.tvbox_rig.tv import BOOT_WITHIN_S, Tv

INSTALL_S = 600.0


def upgrade_steps(tv: Tv, package: Path) -> list[Step]:
    """Return the steps; the TV shows the map, from this package."""
    share = tv.machine.parts.share
    newer = raised(package, share)
    old = share / package.name
    shutil.copy(package, old)
    return [
        Step("upgrade", "a higher version runs: data kept, signed in, same view", partial(install, tv, newer)),
        Step("roll back", "the first version runs: data kept, signed in, same view", partial(install, tv, old)),
    ]


def raised(package: Path, folder: Path) -> Path:
    """Return a package like this one with a higher version, made in a folder."""
    version = field(package, "Version") + "+1"
    path = folder / f"{field(package, 'Package')}_{version}_{field(package, 'Architecture')}.deb"
    with tempfile.TemporaryDirectory() as work:
        tree = Path(work) / "tree"
        subprocess.run(["dpkg-deb", "--raw-extract", str(package), str(tree)], check=True)
        control = tree / "DEBIAN" / "control"
        lines = control.read_text().splitlines()
        control.write_text(
            "\n".join(f"Version: {version}" if line.startswith("Version:") else line for line in lines) + "\n"
        )
        # Unpacked in an emulated machine: what is not packed costs less there.
        subprocess.run(
            ["dpkg-deb", "-Znone", "--root-owner-group", "--build", str(tree), str(path)],
            check=True,
            stdout=subprocess.DEVNULL,
        )
    return path


def field(package: Path, name: str) -> str:
    """Return a field of a package's control file."""
    return subprocess.check_output(["dpkg-deb", "--field", str(package), name], text=True).strip()


def install(tv: Tv, package: Path) -> str:
    """Install a package over the one that runs, as an operator does."""
    before = tv.steady_picture()
    mark = tv.mark()
    done = tv.guest.run(
        "DEBIAN_FRONTEND=noninteractive apt-get install --yes -qq --allow-downgrades"
        f" -o Dpkg::Use-Pty=0 /run/tvbox/share/{package.name}",
        INSTALL_S,
    )
    if done.status != 0:
        raise NotMetError(f"apt-get ends with status {done.status}: {done.output.strip()[-300:]}")
    tv.event("app.started", mark, within_s=BOOT_WITHIN_S)
    restored = tv.event("signin.succeeded", mark).fields.get("restored")
    tv.settled(mark)
    installed = tv.guest.check("dpkg-query --show --showformat='${Version}' tvapp")
    if installed != field(package, "Version"):
        raise NotMetError(f"version {installed} is installed, not {field(package, 'Version')}")
    if not restored:
        raise NotMetError("signed in anew, not from the last time")
    return f"version {installed} runs, signed in as before, {same_map(tv, before)}"
