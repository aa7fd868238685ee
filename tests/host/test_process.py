"""Signals become messages, and the end comes in time; each in a process of its own."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tvapp.host.process import seconds_since_start

LISTENS = """
import sys, threading
import tvapp.host.process as process
process.LONGEST_STOP_S = 0.2
signals = process.Signals()
threading.Thread(target=lambda: signals.deliver(lambda message: print(message, flush=True)), daemon=True).start()
print("ready", flush=True)
{then}
"""
WORKS = """
import sys, threading, time
import tvapp.host.process as process
threading.Thread(target=lambda: (time.sleep({seconds}), print("worked", flush=True))).start()
process.end(7)
"""


@contextmanager
def listening(then: str = "sys.stdin.read()") -> Iterator[subprocess.Popen[str]]:
    """Run a program that prints what signals mean until its input ends."""
    command = [sys.executable, "-c", LISTENS.format(then=then)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        try:
            yield process
        finally:
            process.kill()


def next_line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


@pytest.mark.process
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_the_system_s_wish_to_stop_is_a_message_with_its_name(number: signal.Signals) -> None:
    with listening() as process:
        process.send_signal(number)
        assert next_line(process) == f"StopRequested(reason='{number.name}')"


@pytest.mark.process
def test_sigusr1_asks_for_a_picture_each_time() -> None:
    with listening() as process:
        for _ in range(2):
            process.send_signal(signal.SIGUSR1)
            assert next_line(process) == "ScreenshotRequested()"


@pytest.mark.process
def test_signals_arrive_while_the_main_thread_is_in_c_code() -> None:
    with listening(then="import ctypes; ctypes.CDLL(None).sleep(60)") as process:
        process.send_signal(signal.SIGUSR1)
        assert next_line(process) == "ScreenshotRequested()"


@pytest.mark.process
def test_a_program_that_does_not_stop_is_ended_and_says_so() -> None:
    with listening() as process:
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 1
        assert process.stderr is not None
        assert "did not end in time" in process.stderr.read()


@pytest.mark.process
def test_the_end_waits_for_work_that_is_nearly_done() -> None:
    done = subprocess.run([sys.executable, "-c", WORKS.format(seconds=0.3)], capture_output=True, text=True, timeout=30)
    assert (done.returncode, done.stdout) == (7, "worked\n")


@pytest.mark.process
def test_the_end_does_not_wait_for_work_that_hangs() -> None:
    began = time.monotonic()
    done = subprocess.run([sys.executable, "-c", WORKS.format(seconds=60)], capture_output=True, text=True, timeout=50)
    assert (done.returncode, done.stdout) == (7, "")
    assert time.monotonic() - began < 50


@pytest.mark.process
def test_it_does_not_wait_for_a_worker_either_that_a_daemon_has_set_to_work() -> None:
    script = """
import threading, time
import tvapp.host.process as process
from tvapp.core.jobs import Inbox, Jobs
from tvapp.core.log import RecordingLog
jobs, begun = Jobs(Inbox(), RecordingLog()), threading.Event()
async def ask():
    await jobs.in_worker(lambda: (begun.set(), time.sleep(60)))
jobs.spawn("ask", ask)
begun.wait()
process.end(7)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=50)
    assert (done.returncode, done.stderr) == (7, "")


@pytest.mark.process
def test_only_the_first_call_takes_objects_out_of_the_search_for_garbage() -> None:
    """What is garbage at such a moment is never found: it must not be made again and again."""
    script = """
import gc
import tvapp.host.process as process
process.freeze_garbage_collection()
before = gc.get_freeze_count()
ring = []
ring.append(ring)
del ring
process.freeze_garbage_collection()
assert gc.get_freeze_count() <= before
assert gc.collect() > 0
"""
    subprocess.run([sys.executable, "-c", script], check=True, timeout=20)


def test_the_time_since_the_start_grows_from_a_plausible_value() -> None:
    first = seconds_since_start()
    assert 0 < first < 24 * 3600
    assert 0 <= seconds_since_start() - first < 60
