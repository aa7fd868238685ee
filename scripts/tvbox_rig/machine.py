"""One virtual machine: QEMU with a disk, a graphics card, a keyboard and ways in from the rig."""

from __future__ import annotations

import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from scripts.tvbox_rig.guest_client import Guest
from scripts.tvbox_rig.qmp import Qmp

GPUS = {
    "virtio": ["-device", "virtio-gpu-pci,id=gpu,xres=1280,yres=720"],
    "bochs": ["-device", "VGA,id=gpu,edid=on,xres=1280,yres=720"],
}
"""Graphics cards without 3D: virtio-gpu has a render node all the same, bochs-drm has none."""
CONSOLE = "root=/dev/vda rw console=tty0 console=ttyS0 systemd.log_target=journal-or-kmsg quiet loglevel=3"
START_S = 20.0


@dataclass(frozen=True)
class Parts:
    """What a machine is made of."""

    kernel: Path
    initrd: Path
    disk: Path
    share: Path
    source: Path | None = None
    memory_mib: int = 1536


class Machine:
    """A machine that is switched on by `power_on`; `folder` is for its sockets and logs."""

    def __init__(self, parts: Parts, folder: Path) -> None:
        self.parts = parts
        self.folder = folder
        self.journal = folder / "journal.jsonl"
        self.console = folder / "console.log"
        self.powered_on_at = 0.0
        self.guest = Guest(folder / "agent.sock")
        self._process: subprocess.Popen[bytes] | None = None
        self._qmp: Qmp | None = None

    def power_on(self, gpu: str = "virtio") -> None:
        """Switch the machine on with this graphics card; returns as soon as QEMU runs."""
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "qmp.sock").unlink(missing_ok=True)
        self.powered_on_at = time.time()
        with (self.folder / "qemu.log").open("ab") as log:
            self._process = subprocess.Popen(
                command(self.parts, self.folder, gpu), stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        until = time.monotonic() + START_S
        while not (self.folder / "qmp.sock").exists():
            if self._process.poll() is not None or time.monotonic() > until:
                raise RuntimeError(f"QEMU did not start: {(self.folder / 'qemu.log').read_text().strip()}")
            time.sleep(0.05)

    @property
    def qmp(self) -> Qmp:
        """The connection to QEMU."""
        if self._qmp is None:
            self._qmp = Qmp(self.folder / "qmp.sock")
        return self._qmp

    @property
    def pid(self) -> int:
        """The process id of QEMU."""
        assert self._process is not None
        return self._process.pid

    def wait(self) -> int:
        """Wait until QEMU ends; returns its exit status."""
        assert self._process is not None
        return self._process.wait()

    def pull_plug(self) -> None:
        """Cut the power: what the guest has not written to its disk is lost."""
        self.guest.close()
        if self._qmp is not None:
            self._qmp.close()
            self._qmp = None
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None


def command(parts: Parts, folder: Path, gpu: str) -> list[str]:
    """Return the command line of QEMU for a machine."""
    shares = [("share", parts.share, "")]
    if parts.source is not None:
        shares.append(("source", parts.source, ",readonly=on"))
    line = ["qemu-system-x86_64", "-nodefaults", "-no-user-config", "-display", "none"]
    line += ["-machine", "q35", "-accel", "tcg,tb-size=512", "-cpu", "max", "-smp", "2", "-m", str(parts.memory_mib)]
    line += ["-kernel", str(parts.kernel), "-initrd", str(parts.initrd), "-append", CONSOLE]
    line += ["-drive", f"file={parts.disk},if=virtio,format=qcow2,cache=writeback"]
    line += ["-netdev", "user,id=net", "-device", "virtio-net-pci,id=nic,netdev=net,romfile="]
    line += ["-device", "virtio-rng-pci", "-rtc", "base=utc"]
    line += ["-serial", f"file:{folder / 'console.log'}"]
    line += ["-qmp", f"unix:{folder / 'qmp.sock'},server=on,wait=off"]
    line += ["-device", "virtio-serial-pci"]
    line += ["-chardev", f"socket,id=agent,path={folder / 'agent.sock'},server=on,wait=off"]
    line += ["-device", "virtserialport,chardev=agent,name=tvbox.agent"]
    line += ["-chardev", f"file,id=journal,path={folder / 'journal.jsonl'},append=on"]
    line += ["-device", "virtserialport,chardev=journal,name=tvbox.journal"]
    for tag, path, options in shares:
        line += ["-virtfs", f"local,path={path},mount_tag={tag},security_model=none,multidevs=remap{options}"]
    return [*line, *GPUS[gpu]]
