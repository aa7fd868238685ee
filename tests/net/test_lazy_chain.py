"""The chain that is built when it is first needed, used from another thread as workers do."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.net.raw import make_authority
from tvapp.core.circuit import FAILURES_TO_OPEN
from tvapp.core.clock import RELEASED_AT, ClockSkewed, ManualClock
from tvapp.core.errors import NetworkError, TlsFailed
from tvapp.core.jobs import Inbox, Jobs
from tvapp.core.log import RecordingLog
from tvapp.core.proxies import Outbound
from tvapp.net.lazy_chain import LazyChain
from tvapp.net.request import Request
from tvapp.net.skew import SkewMonitor

RIGHT = RELEASED_AT + 86_400.0


class Server(ThreadingHTTPServer):
    """Answers every GET; `connections` are those that were made to it."""

    daemon_threads = True

    def __init__(self, tls: ssl.SSLContext | None) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.connections: set[object] = set()
        self.hung_up = threading.Event()
        if tls is not None:
            self.socket = tls.wrap_socket(self.socket, server_side=True)
        self.url = f"{'https' if tls else 'http'}://localhost:{self.server_address[1]}/"

    def handle_error(self, request: object, client_address: object) -> None:
        pass  # the client went away


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server

    def do_GET(self) -> None:
        self.server.connections.add(self.client_address)
        self.send_response(200)
        self.send_header("content-length", "2")
        self.end_headers()
        self.wfile.write(b"hi")

    def finish(self) -> None:
        super().finish()
        self.server.hung_up.set()

    def date_time_string(self, timestamp: float | None = None) -> str:
        return formatdate(RIGHT, usegmt=True)

    def log_message(self, *_args: object) -> None:
        pass


@contextmanager
def serving(tls: ssl.SSLContext | None = None) -> Iterator[Server]:
    with Server(tls) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def jobs() -> Iterator[Jobs]:
    jobs = Jobs(Inbox(), RecordingLog())
    yield jobs
    jobs.stop()


def lazy_chain(
    jobs: Jobs, log: RecordingLog, clock: ManualClock, *, ca_bundle: str = "", skew: SkewMonitor | None = None
) -> LazyChain:
    return LazyChain(jobs, clock, log, outbound=Outbound.trusting(ca_bundle), random=lambda: 0.5, skew=skew)


def test_a_request_goes_through_the_one_chain(jobs: Jobs) -> None:
    network = lazy_chain(jobs, RecordingLog(), ManualClock())
    with serving() as server:
        for _ in range(2):
            assert network.send_and_wait(Request("GET", server.url)).body == b"hi"
        assert len(server.connections) == 1
        assert network.get() is network.get()
        network.close()


def test_it_trusts_the_configured_bundle(jobs: Jobs) -> None:
    log = RecordingLog()
    network = lazy_chain(jobs, log, ManualClock(), ca_bundle="/missing.pem")
    with pytest.raises(TlsFailed, match=r"/missing\.pem$"):
        network.send_and_wait(Request("GET", "https://maps.example/"))
    assert log.named("http.failed")
    network.close()


def test_after_a_suspension_connections_are_made_anew(jobs: Jobs) -> None:
    network = lazy_chain(jobs, RecordingLog(), ManualClock())
    with serving() as server:
        network.send_and_wait(Request("GET", server.url))
        network.resumed()
        network.send_and_wait(Request("GET", server.url))
        assert len(server.connections) == 2
        network.close()


def test_hurried_it_asks_a_host_in_trouble_again(jobs: Jobs) -> None:
    network = lazy_chain(jobs, RecordingLog(), ManualClock())

    def was_sent() -> bool:
        with pytest.raises(NetworkError) as caught:
            network.send_and_wait(Request("POST", "http://localhost:1/"))
        return caught.value.was_sent

    assert [was_sent() for _ in range(FAILURES_TO_OPEN + 1)] == [True] * FAILURES_TO_OPEN + [False]
    network.hurry()
    assert was_sent()
    network.close()


def test_closing_ends_its_connections_and_the_next_request_makes_new_ones(jobs: Jobs) -> None:
    network = lazy_chain(jobs, RecordingLog(), ManualClock())
    network.close()  # nothing was built yet
    with serving() as server:
        network.send_and_wait(Request("GET", server.url))
        former = network.get()
        network.close()
        assert server.hung_up.wait(10)
        assert network.get() is not former
        network.close()


def test_listeners_hear_of_every_attempt_whether_they_came_before_the_chain_was_built_or_after(jobs: Jobs) -> None:
    network = lazy_chain(jobs, RecordingLog(), ManualClock())
    heard: list[tuple[str, str]] = []
    network.listen(lambda origin, _error: heard.append(("early", origin)))
    with serving() as server:
        network.send_and_wait(Request("GET", server.url))
        network.listen(lambda origin, _error: heard.append(("late", origin)))
        network.send_and_wait(Request("GET", server.url))
        origin = server.url.removesuffix("/")
        assert heard == [("early", origin), ("early", origin), ("late", origin)]
        network.close()


def test_what_was_never_built_needs_no_hurry() -> None:
    jobs = Jobs(Inbox(), RecordingLog())
    network = lazy_chain(jobs, RecordingLog(), ManualClock())
    before = threading.enumerate()
    network.hurry()
    network.resumed()
    assert threading.enumerate() == before, "the io thread is not started for this"
    jobs.stop()


def test_the_dates_of_its_answers_tell_whether_the_clock_is_wrong(jobs: Jobs, tmp_path: Path) -> None:
    made = make_authority(tmp_path)
    posted: list[ClockSkewed] = []
    clock = ManualClock(epoch=RIGHT - 3600)
    skew = SkewMonitor(clock, RecordingLog(), posted.append)
    network = lazy_chain(jobs, RecordingLog(), clock, ca_bundle=str(made.ca_file), skew=skew)
    with serving(made.server) as server:
        for _ in range(2):
            network.send_and_wait(Request("GET", server.url))
        network.close()
    assert posted == [ClockSkewed(3600.0)]
