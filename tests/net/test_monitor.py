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
        lost_event = {"what": "maps.example", "error": "Unreachable", "reason": "refused"}
        assert net.log.events == [("network.lost", lost_event), ("network.restored", {"after_s": restored.after_s})]
        assert net.log.at_level("warning") == ["network.lost"]
        assert restored.after_s == round(restored.after_s, 1)
        light = Request("HEAD", MAPS + "/", Headers({"accept": "*/*"}), b"", 65536, 5.0, is_probe=True)
        assert [request for _, request in net.requests] == [light] * len(net.requests)
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
    ("states", "expected"),
    [
        ({"lo": "unknown", "eth0": "down"}, False),
        ({"lo": "unknown", "wlan0": "up"}, True),
        ({"eth0": "down", "tun0": "unknown"}, True),
        ({"lo": "up"}, False),
    ],
)
def test_links_are_read_from_the_system(tmp_path: Path, states: dict[str, str], expected: bool) -> None:
    for name, state in states.items():
        (tmp_path / "net" / name).mkdir(parents=True)
        (tmp_path / "net" / name / "operstate").write_text(state + "\n")
    assert has_link(tmp_path / "net") is expected
    assert has_link(tmp_path / "missing")


def test_the_delays_grow_to_15_seconds_and_begin_anew_for_the_next_loss() -> None:
    async def work() -> None:
        error = Unreachable("maps.example", "refused")
        net = Net(down={MAPS: error}, back_at=60.0)
        monitor = net.start()
        for _ in range(2):
            began = net.clock.now
            monitor.observe(MAPS, error)
            await settle()
            assert not lost(monitor)
            times = [at - began for at, _ in net.requests]
            assert times == pytest.approx([1.0, 3.0, 7.0, 15.0, 30.0, 45.0, 60.0])
            net.requests.clear()
            net.back_at = net.clock.now + 60.0

    run(work)


def test_a_request_that_succeeds_restores_the_network_and_the_time_without_it_is_told() -> None:
    async def work() -> None:
        net = Net()
        monitor = net.start()
        monitor.observe(MAPS, Unreachable("", "refused"))
        net.clock.advance(2.34)
        monitor.observe(MAPS, None)
        assert net.posted == [NetworkLost("maps.example", "Unreachable", "refused"), NetworkRestored(2.3)]
        monitor.stop()
        await settle()

    run(work)


def test_a_slow_request_is_looked_into_at_once() -> None:
    async def work() -> None:
        net = Net()
        net.start().observe(MAPS, TimedOut("maps.example"))
        await settle()
        assert [at for at, _ in net.requests] == [0.0]

    run(work)


def test_a_link_that_was_there_all_along_shortens_no_wait_and_one_that_comes_back_does() -> None:
    clock = ManualClock()
    links = iter([True, True, True, False, False, True])

    async def sleep(seconds: float) -> None:
        clock.advance(seconds)

    asyncio.run(ProbeDelay(sleep, lambda: next(links)).wait(9.5))
    assert clock.now == 5.0


def test_a_wait_takes_as_long_as_it_should() -> None:
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    delay = ProbeDelay(sleep, lambda: True)
    delay.hurry()  # of a wait that has not begun
    asyncio.run(delay.wait(2.5))
    assert slept == [1.0, 1.0, 0.5]


def test_a_host_that_is_watched_later_counts_like_the_others() -> None:
    async def work() -> None:
        net = Net(down={"https://store.example": Unreachable("store.example")})
        monitor = net.start()
        monitor.watch("https://store.example/container")
        monitor.watch("no url")
        await asyncio.sleep(0)
        monitor.observe("https://store.example", Unreachable("store.example"))
        assert lost(monitor)
        monitor.stop()
        await settle()

    run(work)


def test_hurried_it_probes_at_once_instead_of_waiting_on() -> None:
    async def work() -> None:
        error = Unreachable("maps.example", "refused")
        net = Net(down={MAPS: error}, back_at=1000.0)
        monitor = net.start()

        def hurry_between_probes(now: float) -> None:
            if now == 85.0:  # between two probes
                net.back_at = 0.0
                monitor.hurry()

        net.at = hurry_between_probes
        monitor.observe(MAPS, error)
        await settle()
        assert not lost(monitor)
        assert net.requests[-1][0] == 85.0

    run(work)
