"""Hosts whose failures are hints only: the network is lost when the hosts that matter fail as well."""

from __future__ import annotations

import asyncio

from tests.net.test_monitor import ENTRA, MAPS, Net, lost, run, settle
from tvapp.core.errors import Unreachable
from tvapp.net.messages import NetworkLost, NetworkRestored

STORE = "https://store.example"


def test_a_store_that_is_down_by_itself_is_not_the_networks_fault() -> None:
    async def work() -> None:
        net = Net()
        monitor = net.start()
        monitor.watch_hint(STORE + "/fences")
        await asyncio.sleep(0)
        for _ in range(3):
            monitor.observe(STORE, Unreachable("store.example"))
        await settle()
        assert not lost(monitor)
        assert net.posted == []
        assert sorted(request.url for _, request in net.requests) == sorted([MAPS + "/", ENTRA + "/"])

    run(work)


def test_a_store_that_fails_with_the_network_tells_of_it() -> None:
    async def work() -> None:
        net = Net(back_at=20.0)
        net.down = {MAPS: Unreachable("maps.example"), ENTRA: Unreachable("login.example")}
        monitor = net.start()
        monitor.watch_hint(STORE)
        await asyncio.sleep(0)
        monitor.observe(STORE, Unreachable("store.example"))
        await settle()
        assert [type(message) for message in net.posted] == [NetworkLost, NetworkRestored]
        assert not lost(monitor)

    run(work)


def test_others_are_none_of_its_business() -> None:
    async def work() -> None:
        net = Net()
        monitor = net.start()
        monitor.watch_hint("no url")
        monitor.observe(STORE, Unreachable("store.example"))
        await settle()
        assert net.requests == []

    run(work)
