"""The network interfaces as the kernel reports them: on files of a test, and in a network namespace of its own."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cloud import ROOT
from tvapp.core.connection_messages import LinkChanged
from tvapp.core.connection_steps import Interface, LinkState
from tvapp.host.links import LinkWatch, interface_addresses, open_rtnetlink, read_links


class Machine:
    """A machine whose interfaces are files."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "net"
        self.folder.mkdir()
        self.addresses: dict[str, list[str]] | None = {}

    def add(self, name: str, *parts: str, carrier: str | None = "1", kind: str = "1") -> None:
        path = self.folder / name
        path.mkdir()
        (path / "type").write_text(f"{kind}\n")
        if carrier is not None:
            (path / "carrier").write_text(f"{carrier}\n")
        for part in parts:
            (path / part).mkdir()

    def read(self) -> LinkState:
        return read_links(self.folder, lambda: self.addresses)

    def give(self, name: str, *addresses: str) -> None:
        assert self.addresses is not None
        self.addresses[name] = list(addresses)


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_cables_and_wireless_cards_are_told_apart_and_the_loopback_is_none(machine: Machine) -> None:
    machine.add("lo", kind="772")
    machine.add("enp3s0", "device", carrier="0")
    machine.add("wlan0", "device", "phy80211")
    machine.give("wlan0", "192.0.2.7")
    assert machine.read().interfaces == (
        Interface("enp3s0", has_carrier=False),
        Interface("wlan0", is_wireless=True, has_carrier=True, has_address=True),
    )


def test_an_interface_that_is_switched_off_has_an_unknown_carrier(machine: Machine) -> None:
    machine.add("enp3s0", "device", carrier=None)
    assert machine.read().interfaces == (Interface("enp3s0", has_carrier=None),)


def test_interfaces_of_containers_are_no_way_to_a_network(machine: Machine) -> None:
    machine.add("enp3s0", "device")
    machine.add("docker0")
    machine.give("docker0", "172.17.0.1")
    assert [each.name for each in machine.read().interfaces] == ["enp3s0"]
    assert not machine.read().is_usable


def test_a_bridge_holds_the_address_of_its_cable_while_that_is_plugged_in(machine: Machine) -> None:
    machine.add("enp3s0", "device")
    machine.add("br0")
    machine.give("br0", "192.0.2.7")
    assert machine.read().is_usable
    (machine.folder / "enp3s0" / "carrier").write_text("0")
    assert not machine.read().is_usable


def test_in_a_container_the_virtual_interface_is_the_way(machine: Machine) -> None:
    machine.add("lo", kind="772")
    machine.add("eth0")
    machine.give("eth0", "172.17.0.2")
    assert machine.read().is_usable


@pytest.mark.parametrize(
    ("addresses", "counts"),
    [
        ([], False),
        (["169.254.9.9"], False),
        (["10.0.0.9"], True),
        (["169.254.9.9", "10.0.0.9"], True),
        (["fe80::1"], False),
        (["fe80::1", "2001:db8::7"], True),
    ],
)
def test_an_address_that_the_machine_gave_itself_is_none(machine: Machine, addresses: list[str], counts: bool) -> None:
    machine.add("enp3s0", "device")
    machine.give("enp3s0", *addresses)
    assert machine.read().is_usable is counts


def test_where_addresses_cannot_be_read_none_is_said_to_be_missing(machine: Machine) -> None:
    machine.add("enp3s0", "device")
    machine.addresses = None
    assert machine.read().is_usable


def test_a_system_that_reports_nothing_has_no_interfaces(tmp_path: Path) -> None:
    assert read_links(tmp_path / "none", dict) == LinkState()


def test_the_loopback_has_its_address() -> None:
    addresses = interface_addresses()
    assert addresses is not None
    assert "127.0.0.1" in addresses["lo"]


class Script:
    """A kernel that reports one state after another, and then stops the watch."""

    def __init__(self, *states: LinkState, notices: Callable[[], socket.socket | None]) -> None:
        self.posted: list[LinkState] = []
        self.slept: list[float] = []
        self._states = list(states)
        self.watch = LinkWatch(self._post, read=self._read, open_notices=notices, sleep=self.slept.append)

    def _post(self, message: LinkChanged) -> None:
        self.posted.append(message.link)

    def _read(self) -> LinkState:
        if len(self._states) == 1:
            self.watch.stop()
            return self._states[0]
        return self._states.pop(0)


UP, DOWN = LinkState((Interface("eth0", has_carrier=True),)), LinkState((Interface("eth0"),))


def test_only_changes_are_posted() -> None:
    script = Script(UP, UP, DOWN, DOWN, UP, notices=lambda: None)
    script.watch.run()
    assert script.posted == [UP, DOWN, UP]


def test_several_notices_at_once_are_one_look() -> None:
    near, far = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    with near:
        for _ in range(5):
            near.send(b"a cable was plugged in")
        near.shutdown(socket.SHUT_WR)
        script = Script(DOWN, UP, notices=lambda: far)
        script.watch.run()
    assert script.posted == [DOWN, UP]
    assert len(script.slept) == 1
    assert far.fileno() == -1, "the socket is closed"


def test_the_kernel_gives_a_socket_for_notices() -> None:
    notices = open_rtnetlink()
    assert notices is not None
    notices.close()


def namespace_reason() -> str:
    """Return why no network namespace can be made here; "" if one can."""
    if os.geteuid() != 0:
        return "only root may make a network namespace"
    if shutil.which("ip") is None or shutil.which("unshare") is None:
        return "ip and unshare are needed"
    made = subprocess.run(
        ["unshare", "--net", "ip", "link", "add", "probe0", "type", "veth"], capture_output=True, text=True
    )
    return made.stderr.strip() if made.returncode else ""


@pytest.mark.process
def test_a_cable_that_is_plugged_in_and_out_is_noticed_on_a_real_kernel() -> None:
    if reason := namespace_reason():
        pytest.skip(reason)
    command = [
        "unshare",
        "--net",
        "--mount",
        "sh",
        "-c",
        f"mount -t sysfs none /sys && {sys.executable} -m tests.host.link_changes",
    ]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)
    said = [line.partition(": ")[2] for line in done.stdout.splitlines()]
    assert said == [
        "",  # no interface at all
        "?-eth0 ?-wall",
        "--eth0 ?-wall",
        "+-eth0 +-wall",
        "nothing",  # 169.254.0.0/16
        "+aeth0 +-wall",
        "+-eth0 +-wall",
        "+aeth0 +-wall",
        "-aeth0 ?-wall",  # the address stays
    ], done.stdout + done.stderr
