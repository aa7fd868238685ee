import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tvapp.core.clock import ManualClock
from tvapp.core.errors import NetworkError, TimedOut, UnexpectedReply, Unreachable
from tvapp.core.headers import Headers
from tvapp.core.jobs import Inbox
from tvapp.core.log import RecordingLog
from tvapp.net.messages import NetworkLost, NetworkRestored
from tvapp.net.monitor import NetworkMonitor, ProbeDelay, has_link
from tvapp.net.request import Request, Response

MAPS = "https://maps.example"
ENTRA = "https://login.example"


@dataclass
class RunningLoop:
    inbox: Inbox

    def io_loop(self) -> asyncio.AbstractEventLoop:
        return asyncio.get_running_loop()


@dataclass
class Net:
    """A network that can be switched off, host by host; sleeping moves the clock."""

    clock: ManualClock = field(default_factory=ManualClock)
    log: RecordingLog = field(default_factory=RecordingLog)
    inbox: Inbox = field(default_factory=Inbox)
    down: dict[str, NetworkError | UnexpectedReply] = field(default_factory=dict)
    back_at: float = float("inf")
    link: bool = True
    link_back_at: float = float("inf")
    requests: list[tuple[float, Request]] = field(default_factory=list)
    told: list[NetworkError | None] = field(default_factory=list)
    at: Callable[[float], None] = lambda _now: None
    """Called after each part of a wait."""

    def start(self) -> NetworkMonitor:
        monitor = NetworkMonitor(
            RunningLoop(self.inbox),
            self,
            [MAPS + "/map", ENTRA],
            clock=self.clock,
            log=self.log,
            random=lambda: 0.5,
            delay=ProbeDelay(self.sleep, lambda: self.link or self.clock.now >= self.link_back_at),
        )
        monitor.subscribe(self.told.append)
        return monitor

    async def send(self, request: Request) -> Response:
        self.requests.append((self.clock.now, request))
        await asyncio.sleep(0)
        for origin, error in self.down.items():
            if request.url.startswith(origin) and self.clock.now < self.back_at:
                raise error
        return Response(404, Headers(), b"", request.url)

    async def sleep(self, seconds: float) -> None:
        self.clock.advance(seconds)
        self.at(self.clock.now)
        await asyncio.sleep(0)

    @property
    def posted(self) -> list[object]:
        return list(self.inbox.drain())


def run(work: Callable[[], Awaitable[None]]) -> None:
    async def main() -> None:
        await work()

    asyncio.run(main())


def lost(monitor: NetworkMonitor) -> bool:
    return monitor.is_lost


async def settle() -> None:
    for _ in range(500):
        await asyncio.sleep(0)


def test_a_network_that_works_is_never_asked() -> None:
    async def work() -> None:
        net = Net()
        monitor = net.start()
        for _ in range(5):
            monitor.observe(MAPS, None)
        await settle()
        assert net.requests == []
        assert net.posted == []

    run(work)


def test_losing_and_regaining_it_is_told_once_each() -> None:
    async def work() -> None:
        net = Net(back_at=40.0)
        error = Unreachable("maps.example", "refused")
        net.down = {MAPS: error}
        monitor = net.start()
        monitor.observe(MAPS, error)
        monitor.observe(MAPS, Unreachable("maps.example", "no route"))
        assert lost(monitor)
        await settle()
        assert not lost(monitor)
        first, restored = net.posted
        assert first == NetworkLost("maps.example", "Unreachable", "refused")
        assert isinstance(restored, NetworkRestored)
        assert 40.0 <= restored.after_s <= 40.0 + 30.0
        assert net.told == [error, None]
        assert net.log.named("network.lost")[0]["what"] == "maps.example"
        assert net.log.named("network.restored")[0]["after_s"] == restored.after_s
        for _, request in net.requests:
            assert request.method == "HEAD"
            assert "authorization" not in request.headers
        gaps = [b[0] - a[0] for a, b in zip(net.requests, net.requests[1:], strict=False)]
        assert gaps == sorted(gaps)
        assert max(gaps) <= 18.0

    run(work)


def test_one_slow_request_is_not_believed_but_a_failed_probe_is() -> None:
    async def work() -> None:
        net = Net()
        monitor = net.start()
        monitor.observe(MAPS, TimedOut("maps.example"))
        await settle()
        assert len(net.requests) == 1
        assert net.posted == []
        net.down, net.back_at = {MAPS: TimedOut("maps.example")}, 20.0
        monitor.observe(MAPS, TimedOut("maps.example"))
        await settle()
        assert [type(message) for message in net.posted] == [NetworkLost, NetworkRestored]

    run(work)


def test_all_hosts_that_matter_must_answer_and_others_do_not_count() -> None:
    async def work() -> None:
        net = Net(back_at=30.0)
        net.down = {MAPS: Unreachable("maps.example"), ENTRA: Unreachable("login.example")}
        monitor = net.start()
        monitor.observe("https://feeds.example", Unreachable("feeds.example"))
        assert not lost(monitor)
        monitor.observe(MAPS, Unreachable("maps.example"))
        monitor.observe(ENTRA, Unreachable("login.example"))
        monitor.observe(MAPS, None)
        assert lost(monitor)
        await settle()
        assert [type(message) for message in net.posted] == [NetworkLost, NetworkRestored]

    run(work)


def test_an_odd_answer_is_an_answer() -> None:
    async def work() -> None:
        net = Net()
        net.down = {MAPS: UnexpectedReply("maps.example", 200)}
        net.start().observe(MAPS, Unreachable("maps.example"))
        await settle()
        assert [type(message) for message in net.posted] == [NetworkLost, NetworkRestored]

    run(work)


def test_a_cable_put_back_is_noticed_before_the_next_probe_is_due() -> None:
    async def work() -> None:
        net = Net(link=False, link_back_at=50.0, back_at=50.0)
        net.down = {MAPS: Unreachable("maps.example")}
        net.start().observe(MAPS, Unreachable("maps.example"))
        await settle()
        restored = net.posted[1]
        assert isinstance(restored, NetworkRestored)
        assert restored.after_s <= 51.5

    run(work)


def test_after_the_end_nothing_is_asked() -> None:
    async def work() -> None:
        net = Net()
        net.down = {ENTRA: Unreachable("login.example")}
        monitor = net.start()
        monitor.observe(ENTRA, Unreachable("login.example"))
        assert lost(monitor)
        monitor.stop()
        await settle()
        count = len(net.requests)
        monitor.observe(MAPS, Unreachable("maps.example"))
        await settle()
        assert len(net.requests) == count

    run(work)


@pytest.mark.parametrize(
    ("states", "expected"), [({"lo": "unknown", "eth0": "down"}, False), ({"lo": "unknown", "wlan0": "up"}, True)]
)
def test_links_are_read_from_the_system(tmp_path: Path, states: dict[str, str], expected: bool) -> None:
    for name, state in states.items():
        (tmp_path / "net" / name).mkdir(parents=True)
        (tmp_path / "net" / name / "operstate").write_text(state + "\n")
    assert has_link(tmp_path / "net") is expected
    assert has_link(tmp_path / "missing")


def test_hurried_it_probes_at_once_instead_of_waiting_on() -> None:
    async def work() -> None:
        error = Unreachable("maps.example", "refused")
        net = Net(down={MAPS: error}, back_at=1000.0)
        monitor = net.start()

        def hurry_at_ninety(now: float) -> None:
            if now == 90.0:
                net.back_at = 0.0
                monitor.hurry()

        net.at = hurry_at_ninety
        monitor.observe(MAPS, error)
        await settle()
        assert not lost(monitor)
        assert net.requests[-1][0] == 90.0

    run(work)
