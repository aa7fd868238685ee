"""Runs inside the guest: stops one thread of a process, as a driver that never returns would; the others run on.

Usage: hang.py PID SECONDS. The thread is the main one. It goes on when the time is over or the process has ended.
"""

from __future__ import annotations

import ctypes
import os
import sys
import time

PTRACE_SEIZE, PTRACE_INTERRUPT = 0x4206, 0x4207
WALL = 0x40000000


def main() -> int:
    """Hold the main thread of a process; returns 1 if it may not be held."""
    process, seconds = int(sys.argv[1]), float(sys.argv[2])
    ptrace = ctypes.CDLL(None, use_errno=True).ptrace
    ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
    if ptrace(PTRACE_SEIZE, process, None, None) != 0 or ptrace(PTRACE_INTERRUPT, process, None, None) != 0:
        print(f"ptrace: {os.strerror(ctypes.get_errno())}", file=sys.stderr)
        return 1
    os.waitpid(process, WALL)
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        # Its end is told to us first; until we have heard of it, its parent does not.
        ended, status = os.waitpid(process, WALL | os.WNOHANG)
        if ended and (os.WIFEXITED(status) or os.WIFSIGNALED(status)):
            break
        time.sleep(0.2)
    return 0


if __name__ == "__main__":
    sys.exit(main())
