"""Switching the TV over HDMI-CEC: what the kernel is asked for, in structures of the kernel's own layout."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.app.rig import FakeJobs
from tvapp.core.clock import ManualClock
from tvapp.core.log import RecordingLog
from tvapp.host import cec
from tvapp.host.cec import TRIES, CecAdapter, CecError, Power, TvPower, adapters, opened

PHYSICAL = 0x1000


@dataclass
class Kernel:
    """An adapter as the kernel behaves (Documentation/userspace-api/media/cec): it fills structures and sends."""

    physical: int = PHYSICAL
    capabilities: int = 0x16
    address: int = cec.LOG_ADDR_INVALID
    claims: list[bytes] = field(default_factory=list)
    sent: list[str] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    """What becomes of the next transmissions; OK where nothing is said."""
    errors: dict[int, int] = field(default_factory=dict)
    """Requests that fail, with the number of the error."""
    claimable: bool = True

    def __call__(self, number: int, request: int, buffer: bytearray) -> int:
        if error := self.errors.get(request):
            raise OSError(error, os.strerror(error))
        match request:
            case cec.ADAP_G_CAPS:
                assert len(buffer) == 76
                buffer[68:72] = self.capabilities.to_bytes(4, "little")
            case cec.ADAP_G_PHYS_ADDR:
                buffer[:] = self.physical.to_bytes(2, "little")
            case cec.ADAP_G_LOG_ADDRS:
                buffer[0], buffer[7] = self.address, int(self.address != cec.LOG_ADDR_INVALID)
            case cec.ADAP_S_LOG_ADDRS:
                self.claims.append(bytes(buffer))
                self.address = 4 if self.claimable else cec.LOG_ADDR_INVALID
                buffer[0] = self.address
            case cec.TRANSMIT:
                assert len(buffer) == 56
                length = int.from_bytes(buffer[16:20], "little")
                initiator, destination = divmod(buffer[32], 16)
                if self.physical == cec.PHYS_ADDR_INVALID and (initiator, destination) != (15, 0):
                    raise OSError(errno.ENONET, "Machine is not on the network")
                self.sent.append(buffer[32 : 32 + length].hex(":"))
                buffer[50] = self.statuses.pop(0) if self.statuses else cec.TX_STATUS_OK
            case _:
                raise OSError(errno.ENOTTY, "Inappropriate ioctl for device")
        return 0


def switch(kernel: Kernel, power: Power) -> list[str]:
    CecAdapter(3, kernel).switch(power)
    return kernel.sent


def test_the_tv_goes_to_standby() -> None:
    assert switch(Kernel(), "standby") == ["40:36"]


def test_the_tv_wakes_and_shows_this_input() -> None:
    assert switch(Kernel(physical=0x2100), "on") == ["40:04", "4f:82:21:00"]


def test_an_address_that_was_claimed_before_is_used() -> None:
    kernel = Kernel(address=8)
    assert switch(kernel, "standby") == ["80:36"]
    assert kernel.claims == []


def test_an_address_is_claimed_once_as_a_playback_device_with_the_keys_of_the_tv() -> None:
    kernel = Kernel()
    switch(kernel, "standby")
    switch(kernel, "on")
    (claim,) = kernel.claims
    assert (claim[6], claim[7], claim[16:21], claim[31], claim[35], claim[39]) == (5, 1, b"tvapp", 4, 3, 0x10)
    assert int.from_bytes(claim[12:16], "little") == 3


def test_a_tv_that_withdrew_its_address_in_standby_is_woken_all_the_same() -> None:
    kernel = Kernel(physical=cec.PHYS_ADDR_INVALID)
    assert switch(kernel, "on") == ["f0:04"]
    assert kernel.claims == []


def test_without_a_free_address_only_the_tv_is_told() -> None:
    assert switch(Kernel(claimable=False), "on") == ["f0:04"]


def test_an_adapter_that_cannot_send_is_not_used() -> None:
    with pytest.raises(CecError, match="cannot send"):
        switch(Kernel(capabilities=0x10), "standby")


@pytest.mark.parametrize(
    ("request_", "reason"),
    [
        (cec.ADAP_G_CAPS, "the adapter does not answer"),
        (cec.ADAP_G_PHYS_ADDR, "no physical address"),
        (cec.ADAP_G_LOG_ADDRS, "no logical address"),
        (cec.ADAP_S_LOG_ADDRS, "no logical address"),
        (cec.TRANSMIT, "not sent"),
    ],
)
def test_each_refusal_of_the_kernel_is_named(request_: int, reason: str) -> None:
    with pytest.raises(CecError, match=f"{reason}: Device or resource busy"):
        switch(Kernel(errors={request_: errno.EBUSY}), "standby")


def test_a_tv_that_does_not_acknowledge_is_told_apart() -> None:
    with pytest.raises(CecError, match=r"did not acknowledge.*0x24"):
        switch(Kernel(statuses=[0x24]), "standby")


def test_adapters_are_found_by_their_names(tmp_path: Path) -> None:
    for name in ("cec1", "cec0", "video0", "fb0"):
        (tmp_path / name).touch()
    assert [path.name for path in adapters(tmp_path)] == ["cec0", "cec1"]


def test_a_file_that_is_no_adapter_is_refused_and_closed(tmp_path: Path) -> None:
    path = tmp_path / "cec0"
    path.touch()
    with pytest.raises(CecError, match="Inappropriate ioctl"), opened(path) as adapter:
        adapter.switch("standby")
    with pytest.raises(CecError, match="No such file"), opened(tmp_path / "cec1"):
        pass


class Tv:
    """TvPower over kernels of a test, with jobs that run when the test says so."""

    def __init__(self, folder: Path, *kernels: Kernel) -> None:
        self.kernels = {}
        for number, kernel in enumerate(kernels):
            path = folder / f"cec{number}"
            path.touch()
            self.kernels[path] = kernel
        self.log = RecordingLog()
        self.slept: list[float] = []
        self.jobs = FakeJobs(ManualClock(), done=("cec.switch",))
        self.power = TvPower(
            self.jobs,  # type: ignore[arg-type]
            self.log,
            folder=folder,
            open_adapter=self.open,
            sleep=self.slept.append,
        )

    @contextlib.contextmanager
    def open(self, path: Path) -> Iterator[CecAdapter]:
        yield CecAdapter(3, self.kernels[path])


def test_every_adapter_is_told_and_the_log_says_so(tmp_path: Path) -> None:
    tv = Tv(tmp_path, Kernel(), Kernel(physical=0x2000))
    tv.power.want("on")
    assert [kernel.sent for kernel in tv.kernels.values()] == [["40:04", "4f:82:10:00"], ["40:04", "4f:82:20:00"]]
    assert [fields["power"] for fields in tv.log.named("tv.switched")] == ["on", "on"]


def test_a_tv_that_sleeps_deeply_is_told_again(tmp_path: Path) -> None:
    tv = Tv(tmp_path, Kernel(statuses=[0x24, 0x24]))
    tv.power.want("on")
    assert len(tv.slept) == 2
    assert len(tv.log.named("tv.switched")) == 1
    assert not tv.log.named("tv.not_switched")


def test_a_tv_without_cec_is_given_up_after_some_tries_and_logged_once(tmp_path: Path) -> None:
    tv = Tv(tmp_path, Kernel(statuses=[0x24] * 10))
    tv.power.want("standby")
    assert len(tv.slept) == TRIES - 1
    (failed,) = tv.log.named("tv.not_switched")
    assert (failed["power"], failed["device"]) == ("standby", str(tmp_path / "cec0"))


def test_a_machine_without_an_adapter_says_nothing(tmp_path: Path) -> None:
    tv = Tv(tmp_path)
    tv.power.want("standby")
    assert tv.log.events == []


def test_the_last_wish_counts_when_several_wait_for_a_worker(tmp_path: Path) -> None:
    tv = Tv(tmp_path, Kernel())
    tv.jobs.done = ()
    tv.power.want("standby")
    tv.jobs.done = ("cec.switch",)
    tv.power.want("on")
    assert tv.kernels[tmp_path / "cec0"].sent == ["40:04", "4f:82:10:00"]


PROBE = r"""
#include <stddef.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <linux/cec.h>
int main(void) {
  printf("%lu %lu %lu %lu %lu\n", (unsigned long)CEC_ADAP_G_CAPS, (unsigned long)CEC_ADAP_G_PHYS_ADDR,
    (unsigned long)CEC_ADAP_G_LOG_ADDRS, (unsigned long)CEC_ADAP_S_LOG_ADDRS, (unsigned long)CEC_TRANSMIT);
  printf("%zu %zu %zu\n", sizeof(struct cec_caps), sizeof(struct cec_log_addrs), sizeof(struct cec_msg));
  printf("%zu %zu %zu %zu %zu %zu %zu %zu %zu %zu %zu\n", offsetof(struct cec_log_addrs, log_addr_mask),
    offsetof(struct cec_log_addrs, cec_version), offsetof(struct cec_log_addrs, num_log_addrs),
    offsetof(struct cec_log_addrs, vendor_id), offsetof(struct cec_log_addrs, flags),
    offsetof(struct cec_log_addrs, osd_name), offsetof(struct cec_log_addrs, primary_device_type),
    offsetof(struct cec_log_addrs, log_addr_type), offsetof(struct cec_log_addrs, all_device_types),
    offsetof(struct cec_log_addrs, features), offsetof(struct cec_caps, capabilities));
  printf("%zu %zu %zu\n", offsetof(struct cec_msg, len), offsetof(struct cec_msg, msg),
    offsetof(struct cec_msg, tx_status));
  printf("%d %d %d %d %d %d %d %d %d %u %d %d %d %d\n", CEC_CAP_TRANSMIT, CEC_TX_STATUS_OK, CEC_PHYS_ADDR_INVALID,
    CEC_LOG_ADDR_INVALID, CEC_MSG_IMAGE_VIEW_ON, CEC_MSG_STANDBY, CEC_MSG_ACTIVE_SOURCE, CEC_LOG_ADDR_TV,
    CEC_LOG_ADDR_UNREGISTERED, CEC_VENDOR_ID_NONE, CEC_OP_CEC_VERSION_1_4, CEC_OP_PRIM_DEVTYPE_PLAYBACK,
    CEC_LOG_ADDR_TYPE_PLAYBACK, CEC_OP_ALL_DEVTYPE_PLAYBACK);
  printf("%d\n", CEC_LOG_ADDRS_FL_ALLOW_UNREG_FALLBACK | CEC_LOG_ADDRS_FL_ALLOW_RC_PASSTHRU);
  return 0;
}
"""


@pytest.mark.process
def test_numbers_and_structures_are_those_of_the_kernel_s_header(tmp_path: Path) -> None:
    if shutil.which("gcc") is None or not Path("/usr/include/linux/cec.h").exists():
        pytest.skip("gcc and linux-libc-dev are needed")
    (tmp_path / "probe.c").write_text(PROBE)
    subprocess.run(["gcc", "-o", str(tmp_path / "probe"), str(tmp_path / "probe.c")], check=True)
    printed = subprocess.run([str(tmp_path / "probe")], capture_output=True, text=True, check=True).stdout
    requests, sizes, parts, message, numbers, flags = (list(map(int, line.split())) for line in printed.splitlines())
    assert requests == [
        cec.ADAP_G_CAPS, cec.ADAP_G_PHYS_ADDR, cec.ADAP_G_LOG_ADDRS, cec.ADAP_S_LOG_ADDRS, cec.TRANSMIT,
    ]  # fmt: skip
    assert sizes == [cec.CAPS.size, cec.LOG_ADDRS.size, cec.MESSAGE.size]
    assert parts == [4, 6, 7, 8, 12, 16, 31, 35, 39, 43, 68]
    assert message == [16, 32, 50]
    packed = cec.LOG_ADDRS.pack(b"", 0, 1, 2, 0, 0, b"n", b"p", b"t", b"a", b"f")
    assert [packed.index(value) for value in (b"\1", b"\2", b"n", b"p", b"t", b"a", b"f")] == [6, 7, 16, 31, 35, 39, 43]
    assert numbers == [
        cec.CAP_TRANSMIT, cec.TX_STATUS_OK, cec.PHYS_ADDR_INVALID, cec.LOG_ADDR_INVALID, cec.IMAGE_VIEW_ON,
        cec.STANDBY, cec.ACTIVE_SOURCE, cec.TV, cec.UNREGISTERED, cec.VENDOR_NONE, cec.CEC_VERSION_1_4,
        cec.PLAYBACK_DEVICE, cec.PLAYBACK_ADDRESS, cec.PLAYBACK_ALL,
    ]  # fmt: skip
    assert flags == [cec.ALLOW_FALLBACK_AND_KEYS]
