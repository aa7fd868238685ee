"""Reads the network interfaces of the machine from the kernel, and reports changes from a thread of its own.

Hand-written: psutil knows neither carrier nor Wi-Fi, so that half of this file would remain beside it. The kernel's
files (sysfs-class-net) and rtnetlink(7) are stable interfaces.
"""

from __future__ import annotations

import contextlib
import ipaddress
import socket
import struct
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from tvapp.core.connection_messages import LinkChanged
from tvapp.core.connection_steps import Interface, LinkState

SYS_CLASS_NET = Path("/sys/class/net")
RTM_NEWADDR, RTM_GETADDR = 20, 22
REQUEST_DUMP = 0x1 | 0x300
"""NLM_F_REQUEST and NLM_F_DUMP."""
IFA_ADDRESS = 1
_HEADER = struct.Struct("=IHHII")
"""struct nlmsghdr: length, type, flags, number, port."""
_ADDRESS = struct.Struct("=BBBBI")
"""struct ifaddrmsg: family, length of the prefix, flags, scope, index of the interface."""
ANSWER_WITHIN_S = 2.0
RTNETLINK_GROUPS = 0x1 | 0x10 | 0x100
"""RTMGRP_LINK, RTMGRP_IPV4_IFADDR and RTMGRP_IPV6_IFADDR."""
SETTLE_S = 0.3
"""A cable that is plugged in makes several notices; the state is read once they have come."""
POLL_S = 3.0
"""How often to read the state where rtnetlink is not allowed."""


def read_links(
    folder: Path = SYS_CLASS_NET, addresses: Callable[[], Mapping[str, Sequence[str]] | None] | None = None
) -> LinkState:
    """Return the interfaces: the physical ones, or where there are none (in a container) all but the loopback.

    `addresses` returns those of each interface, or None where they cannot be read: then each counts as having one.
    """
    try:
        names = sorted(path.name for path in folder.iterdir())
    except OSError:
        return LinkState()
    physical = [name for name in names if (folder / name / "device").exists()]
    others = [name for name in names if _read(folder / name / "type") not in ("772", "")]  # ARPHRD_LOOPBACK
    known = (addresses or interface_addresses)()

    def read(name: str) -> Interface:
        carrier = _read(folder / name / "carrier")
        return Interface(
            name,
            is_wireless=(folder / name / "phy80211").exists() or (folder / name / "wireless").exists(),
            has_carrier=None if carrier == "" else carrier == "1",
            has_address=known is None or any(map(is_useful_address, known.get(name, ()))),
        )

    interfaces = tuple(read(name) for name in physical or others)
    if any(each.has_carrier for each in interfaces) and not any(each.has_address for each in interfaces):
        # A bridge, a bond or a VPN holds the address of the interfaces below it.
        upper = tuple(each for name in others if name not in physical and (each := read(name)).has_address)
        interfaces += tuple(each for each in upper if each.has_carrier and not each.name.startswith(_PRIVATE))
    return LinkState(interfaces)


_PRIVATE = ("docker", "veth", "virbr", "lxc", "lxd", "cni", "podman")
"""Beginnings of the names of interfaces that lead to containers and virtual machines on this machine."""


def interface_addresses() -> Mapping[str, Sequence[str]] | None:
    """Return the addresses of each interface by its name, from rtnetlink(7); None where that is not allowed."""
    found: dict[str, list[str]] = {}
    request = _HEADER.pack(_HEADER.size + _ADDRESS.size, RTM_GETADDR, REQUEST_DUMP, 1, 0) + bytes(_ADDRESS.size)
    try:
        with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, socket.NETLINK_ROUTE) as asked:
            asked.settimeout(ANSWER_WITHIN_S)
            asked.send(request)
            while _add_addresses(asked.recv(65536), found):
                pass
    except OSError:
        return None
    return found


def _add_addresses(answer: bytes, found: dict[str, list[str]]) -> bool:
    """Take the addresses of one part of the kernel's answer; returns whether more parts follow."""
    at = 0
    while at + _HEADER.size <= len(answer):
        length, kind, _flags, _number, _port = _HEADER.unpack_from(answer, at)
        if kind != RTM_NEWADDR or length < _HEADER.size:
            return False  # NLMSG_DONE, or an error
        _family, _prefix, _more, _scope, index = _ADDRESS.unpack_from(answer, at + _HEADER.size)
        attribute = at + _HEADER.size + _ADDRESS.size
        while attribute + 4 <= at + length:
            size, name = struct.unpack_from("=HH", answer, attribute)
            value = answer[attribute + 4 : attribute + size]
            if name == IFA_ADDRESS and len(value) in (4, 16):
                with contextlib.suppress(OSError):  # the interface is gone
                    found.setdefault(socket.if_indextoname(index), []).append(str(ipaddress.ip_address(value)))
            attribute += max(4, size + 3 & ~3)
        at += length + 3 & ~3
    return True


class LinkWatch:
    """Posts LinkChanged at the start and at each change. It sleeps in the kernel in between."""

    def __init__(
        self,
        post: Callable[[LinkChanged], None],
        *,
        read: Callable[[], LinkState] = read_links,
        open_notices: Callable[[], socket.socket | None] | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._post = post
        self._read = read
        self._open_notices = open_notices or open_rtnetlink
        self._sleep = sleep
        self._stopped = False

    def run(self) -> None:
        """Watch until `stop`; for a thread."""
        notices = self._open_notices()
        former: LinkState | None = None
        with contextlib.ExitStack() as stack:
            if notices is not None:
                stack.enter_context(notices)
            while not self._stopped:
                link = self._read()
                if link != former:
                    former = link
                    self._post(LinkChanged(link))
                if not self._stopped:
                    self._wait(notices)

    def stop(self) -> None:
        """Stop at the next change."""
        self._stopped = True

    def _wait(self, notices: socket.socket | None) -> None:
        """Return when something may have changed."""
        if notices is None:
            self._sleep(POLL_S)
            return
        with contextlib.suppress(OSError):  # ENOBUFS: notices were lost, so there were some
            notices.recv(65536)
        self._sleep(SETTLE_S)
        notices.setblocking(False)
        with contextlib.suppress(OSError):
            while notices.recv(65536):
                pass
        notices.setblocking(True)


def open_rtnetlink() -> socket.socket | None:
    """Return a socket on which the kernel sends a notice of each change; None where that is not allowed."""
    notices = None
    try:
        notices = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, socket.NETLINK_ROUTE)
        notices.bind((0, RTNETLINK_GROUPS))
    except OSError:
        if notices is not None:
            notices.close()
        return None
    return notices


def _read(path: Path) -> str:
    """Return the text of a file of the kernel; empty where it cannot be read: `carrier` of an interface that is off."""
    try:
        return path.read_text().strip()
    except OSError:
        return ""


def is_useful_address(address: str) -> bool:
    """Tell whether a network gave an address: a machine gives link-local ones (RFC 3927, RFC 4291 2.5.6) to itself."""
    return not ipaddress.ip_address(address).is_link_local
