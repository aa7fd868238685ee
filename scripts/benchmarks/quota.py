"""Gives the app a part of a core: a control group with a CPU quota, by any means that the machine offers.

A command that starts with the group's `prefix` runs in the group from its exec on. Before anything is measured, a few
processes that use all the CPU they get prove that the quota holds.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from tvapp.host.process import STARTED_AT

CGROUPS = Path("/sys/fs/cgroup")
PERIOD_US = 100_000
PROOF_S = 1.0
TOLERANCE = 0.15
"""Part of a core that the proof may get beyond the quota: an unused first period, and the end of the last one."""

Means = Literal["cgroup-v1", "cgroup-v2", "systemd", "systemd-user"]

_START_CLOCK = f"read up _ </proc/uptime; export {STARTED_AT}=$up; "
"""The app counts from its own exec, not from that of the command that put it into the group."""

_BURN = """
import os, time
until = time.monotonic() + {seconds}
pids = []
for _ in range({processes}):
    pid = os.fork()
    if pid == 0:
        while time.monotonic() < until:
            pass
        os._exit(0)
    pids.append(pid)
for pid in pids:
    os.waitpid(pid, 0)
times = os.times()
print(times.children_user + times.children_system)
"""


class QuotaImpossible(Exception):
    """No CPU quota can be set here; the text names what is missing."""


@dataclass(frozen=True, slots=True)
class Machine:
    """The means of a machine: control groups that can be written, and a systemd that can be asked."""

    cgroup_v1: bool = False
    cgroup_v2: bool = False
    systemd: bool = False
    user_manager: bool = False
    is_root: bool = False


def choose(machine: Machine) -> Means:
    """Choose the means to set a quota.

    systemd comes first: where it runs, it owns the tree of groups.

    Raises:
        QuotaImpossible: there are none.
    """
    if machine.systemd and machine.is_root:
        return "systemd"
    if machine.systemd and machine.user_manager:
        return "systemd-user"
    if machine.cgroup_v2:
        return "cgroup-v2"
    if machine.cgroup_v1:
        return "cgroup-v1"
    raise QuotaImpossible(
        "A CPU quota needs systemd (as root, or with a user manager that may delegate the cpu controller), or a "
        f"control group tree at {CGROUPS} that can be written and has the cpu controller; this machine has neither"
    )


def this_machine() -> Machine:
    """Find out the means of this machine."""
    controllers = CGROUPS / "cgroup.controllers"
    v2 = controllers.is_file() and "cpu" in controllers.read_text().split()
    runtime = os.environ.get("XDG_RUNTIME_DIR", "")
    return Machine(
        cgroup_v1=(CGROUPS / "cpu/cpu.cfs_quota_us").is_file() and os.access(CGROUPS / "cpu", os.W_OK),
        cgroup_v2=v2 and os.access(CGROUPS, os.W_OK),
        systemd=Path("/run/systemd/system").is_dir() and shutil.which("systemd-run") is not None,
        user_manager=bool(runtime) and Path(runtime, "systemd").is_dir(),
        is_root=os.geteuid() == 0,
    )


@dataclass(frozen=True, slots=True)
class Quota:
    """A quota that is in force for commands that start with `prefix`."""

    part: float
    means: Means
    prefix: tuple[str, ...]
    proved_part: float
    """The part of a core that busy processes got in the proof."""


@contextlib.contextmanager
def cpu_quota(part: float) -> Iterator[Quota]:
    """Provide a group that gets `part` of a core, while the context lasts.

    Raises:
        QuotaImpossible: this machine has no means, or the quota does not hold.
    """
    means = choose(this_machine())
    group = _group(means) if means.startswith("cgroup") else None
    try:
        prefix = _systemd_prefix(means, part) if group is None else _cgroup_prefix(means, group, part)
        proved = _prove(prefix)
        if proved > part + TOLERANCE:
            raise QuotaImpossible(f"The quota of {part} of a core does not hold ({means}): {proved:.2f} were used")
        yield Quota(part, means, prefix, round(proved, 3))
    except (OSError, subprocess.SubprocessError) as error:
        raise QuotaImpossible(f"The quota could not be set ({means}): {error}") from error
    finally:
        if group is not None:
            _remove(group)


def _group(means: Means) -> Path:
    return (CGROUPS / "cpu" if means == "cgroup-v1" else CGROUPS) / f"tvapp-bench-{os.getpid()}"


def _cgroup_prefix(means: Means, group: Path, part: float) -> tuple[str, ...]:
    quota = max(1000, round(part * PERIOD_US))
    if means == "cgroup-v2":
        (CGROUPS / "cgroup.subtree_control").write_text("+cpu")
    group.mkdir()
    if means == "cgroup-v1":
        (group / "cpu.cfs_period_us").write_text(str(PERIOD_US))
        (group / "cpu.cfs_quota_us").write_text(str(quota))
    else:
        (group / "cpu.max").write_text(f"{quota} {PERIOD_US}")
    return ("sh", "-c", f'{_START_CLOCK}echo $$ > "$0" && exec "$@"', str(group / "cgroup.procs"))


def _systemd_prefix(means: Means, part: float) -> tuple[str, ...]:
    manager = ("--user",) if means == "systemd-user" else ()
    scope = ("systemd-run", *manager, "--scope", "--quiet", "--collect", "-p", f"CPUQuota={part * 100:g}%", "--")
    return (*scope, "sh", "-c", f'{_START_CLOCK}exec "$@"', "sh")


def _prove(prefix: tuple[str, ...]) -> float:
    """Return the part of a core that busy processes get."""
    script = _BURN.format(seconds=PROOF_S, processes=os.cpu_count() or 1)
    began = time.monotonic()
    done = subprocess.run(
        [*prefix, sys.executable, "-S", "-c", script], capture_output=True, text=True, timeout=60, check=True
    )
    return float(done.stdout) / (time.monotonic() - began)


def _remove(group: Path) -> None:
    for _ in range(20):
        try:
            group.rmdir()
        except FileNotFoundError:
            return
        except OSError:
            time.sleep(0.1)  # the last process is still ending
        else:
            return
