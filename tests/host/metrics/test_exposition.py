"""What Prometheus reads, over real HTTP, judged by the real promtool; and what a client cannot do to it."""

from __future__ import annotations

import contextlib
import gzip
import http.client
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.conftest import require_tool
from tvapp.core.log import RecordingLog
from tvapp.host.metrics.collector import Sources
from tvapp.host.metrics.server import AGAIN_AFTER_S, MetricsServer
from tvapp.host.metrics.snapshot import FRAME_BUCKETS_S, CacheUse, FrameTimes, Snapshot

FULL = Snapshot(
    taken_at=90.0,
    started_at=1_790_000_000.0,
    screen="map",
    is_signed_in=True,
    has_map=True,
    geofences=42,
    geofences_at=1_790_000_900.0,
    changes_waiting=1,
    frame_counts=(5, 0, 3, 1, 0, 0, 0, 0, 0, 0, 2),
    frame_sum_s=7.5,
    frame_at=1_790_000_990.0,
    tiles={"network": 30, "disk": 12, "drawn": 24},
    tile_requests=45,
    transactions=3.0,
    memory_cache=CacheUse(10_000_000, 40_000_000),
    notices=("disk", "store"),
    token_expiry={"https://atlas.microsoft.com": 1_790_003_600.0},
    alive_at=95.0,
    clock_skew_s=2.0,
)
"""A snapshot in which everything is known."""


def sources(snapshot: Snapshot | None = FULL) -> Sources:
    return Sources(
        lambda: snapshot,
        lambda: 100.0,
        lambda: {"info": 20, "warning": 3},
        lambda: {"tile.failed": 2, "disk.failed": 1},
        lambda: CacheUse(1_000_000, 256 << 20),
        "0.1.0",
    )


@contextlib.contextmanager
def serving(wanted: Sources, host: str = "127.0.0.1") -> Iterator[int]:
    """Serve on a free port; yields it."""
    server = MetricsServer((host, 0), wanted, RecordingLog()).bind()
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def scraped(wanted: Sources) -> str:
    with serving(wanted) as port:
        return read(port)


def read(port: int, host: str = "127.0.0.1", **headers: str) -> str:
    connection = http.client.HTTPConnection(host, port, timeout=10)
    try:
        connection.request("GET", "/metrics", headers=headers)
        answer = connection.getresponse()
        body = answer.read()
        assert answer.status == 200
        return (gzip.decompress(body) if answer.getheader("Content-Encoding") == "gzip" else body).decode()
    finally:
        connection.close()


def values(text: str) -> dict[str, float]:
    """Return each sample by its name and labels."""
    return {
        sample.name + "".join(f"{{{key}={value}}}" for key, value in sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_everything_that_is_known_is_told() -> None:
    found = values(scraped(sources()))
    assert found["tvapp_signed_in"] == 1
    assert found["tvapp_main_thread_age_seconds"] == 10.0
    assert found["tvapp_watchdog_age_seconds"] == 5.0
    assert found["tvapp_tiles_total{source=network}"] == 30
    assert found["tvapp_tiles_total{source=memory}"] == 0
    assert found["tvapp_tile_requests_total"] == 45
    assert found["tvapp_transactions_total"] == 3.0
    assert found["tvapp_tile_cache_bytes{cache=disk}"] == 1_000_000
    assert found["tvapp_notice{area=store}"] == 1
    assert found["tvapp_log_events_total{level=warning}"] == 3
    assert found["tvapp_problems_total{event=tile.failed}"] == 2
    assert found["tvapp_token_expiry_timestamp_seconds{resource=https://atlas.microsoft.com}"] == 1_790_003_600.0
    assert found["tvapp_screen{screen=map}"] == 1
    assert any(name.startswith("tvapp_build_info{") and "{version=0.1.0}" in name for name in found)
    assert found["process_resident_memory_bytes"] > 1e6


def test_frames_are_a_histogram_whose_parts_agree() -> None:
    found = values(scraped(sources()))
    assert found["tvapp_frame_seconds_bucket{le=0.002}"] == 5
    assert found["tvapp_frame_seconds_bucket{le=0.0167}"] == 9
    assert found["tvapp_frame_seconds_bucket{le=1}"] == 9
    assert found["tvapp_frame_seconds_bucket{le=+Inf}"] == found["tvapp_frame_seconds_count"] == 11
    assert found["tvapp_frame_seconds_sum"] == 7.5


@pytest.mark.parametrize("took_s", [0.0, 0.002, 0.0021, 0.0167, 1.0, 9.0])
def test_a_frame_falls_into_the_buckets_that_hold_it(took_s: float) -> None:
    frames = FrameTimes()
    frames.add(took_s, 1_790_000_000.0)
    (bucket,) = [index for index, count in enumerate(frames.counts) if count]
    assert bucket == sum(took_s > bound for bound in FRAME_BUCKETS_S)
    assert (frames.sum_s, frames.last_at) == (took_s, 1_790_000_000.0)


def test_what_is_unknown_is_left_out() -> None:
    bare = values(scraped(sources(Snapshot(100.0, 1_790_000_000.0))))
    for name in ("tvapp_geofences", "tvapp_watchdog_age_seconds", "tvapp_frame_timestamp_seconds"):
        assert name not in bare
    assert bare["tvapp_signed_in"] == 0
    before = values(scraped(sources(None)))
    assert "tvapp_signed_in" not in before
    assert before["tvapp_log_events_total{level=error}"] == 0
    assert "tvapp_clock_skew_seconds" not in values(scraped(sources(replace(FULL, clock_skew_s=float("inf")))))


@pytest.mark.process
@pytest.mark.parametrize("snapshot", [FULL, Snapshot(100.0, 1_790_000_000.0), None], ids=["full", "bare", "none"])
def test_promtool_finds_nothing_to_complain_about(snapshot: Snapshot | None) -> None:
    promtool = require_tool("promtool")
    text = scraped(sources(snapshot))
    done = subprocess.run([promtool, "check", "metrics"], input=text, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_no_label_can_break_the_format() -> None:
    odd = replace(FULL, screen='a"b\\c\nd', token_expiry={"é\u202e": 1.0})
    assert values(scraped(sources(odd)))['tvapp_screen{screen=a"b\\c\nd}'] == 1


def test_compressed_answers_and_ipv6_are_served() -> None:
    with serving(sources()) as port:
        assert "tvapp_signed_in 1.0" in read(port, **{"Accept-Encoding": "gzip"})
    try:
        with serving(sources(), "::1") as port:
            assert "tvapp_signed_in 1.0" in read(port, "::1")
    except OSError as error:
        pytest.skip(f"no IPv6 here: {error}")


@pytest.mark.parametrize(
    "request_",
    [b"", b"\r\n\r\n", b"\x16\x03\x01\x02\x00", b"GET\r\n\r\n", b"GET /" + b"x" * 100_000, b"POST / HTTP/1.1\r\n\r\n"],
    ids=["nothing", "empty", "tls", "half", "huge", "post"],
)
def test_what_is_no_scrape_leaves_the_next_one_alone(request_: bytes) -> None:
    with serving(sources()) as port:
        with socket.create_connection(("127.0.0.1", port), timeout=10) as client, contextlib.suppress(OSError):
            client.sendall(request_)
            client.shutdown(socket.SHUT_WR)
            client.recv(4096)
        assert "tvapp_signed_in" in read(port)


def test_a_client_that_dribbles_holds_nobody_up_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tvapp.host.metrics.server.CLIENT_WITHIN_S", 0.3)
    with serving(sources()) as port, socket.create_connection(("127.0.0.1", port), timeout=10) as client:
        began = time.monotonic()
        client.sendall(b"G")
        scrape = threading.Thread(target=read, args=(port,))
        scrape.start()
        while scrape.is_alive() and time.monotonic() - began < 10:
            with contextlib.suppress(OSError):
                client.sendall(b"x")
            scrape.join(0.05)
        assert not scrape.is_alive()


def test_an_address_in_use_is_told_once_and_tried_again() -> None:
    log, slept = RecordingLog(), []

    class Enough(Exception):
        pass

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        if len(slept) == 3:
            raise Enough

    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(Enough):
            MetricsServer(("127.0.0.1", port), sources(), log, sleep=sleep).run()
    assert slept == [AGAIN_AFTER_S] * 3
    (told,) = log.named("metrics.not_served")
    assert told["address"] == f"127.0.0.1:{port}"
    assert "in use" in str(told["reason"])
