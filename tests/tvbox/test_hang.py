"""A main thread that hangs: how the guest makes one, for as long as its process lives."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from scripts.tvbox_rig.base import GUEST

TALKER = """
import sys, threading, time
def other():
    while True:
        print("other", flush=True)
        time.sleep(0.001)
threading.Thread(target=other, daemon=True).start()
print("main", flush=True)
while True:
    print("main", flush=True)
    time.sleep(0.01)
"""


def state(process: int) -> str:
    """Return the state of the main thread: "t" while a debugger holds it."""
    return Path(f"/proc/{process}/task/{process}/stat").read_text().rpartition(")")[2].split()[0]


@pytest.mark.process
def test_the_main_thread_is_held_and_the_others_run_on_until_the_process_is_killed() -> None:
    talker = subprocess.Popen([sys.executable, "-c", TALKER], stdout=subprocess.PIPE, text=True)
    assert talker.stdout is not None
    assert talker.stdout.readline()
    hang = subprocess.Popen([sys.executable, str(GUEST / "hang.py"), str(talker.pid), "60"])
    until = time.monotonic() + 20
    while state(talker.pid) != "t":
        assert time.monotonic() < until
        assert hang.poll() is None, "this machine lets nobody trace a process"
        time.sleep(0.02)
    # What the main thread wrote before it was held is still in the pipe.
    others = 0
    while others < 100:
        assert time.monotonic() < until
        others = others + 1 if talker.stdout.readline() == "other\n" else 0
    talker.kill()
    assert talker.wait(20) == -9
    assert hang.wait(20) == 0
    talker.stdout.close()
