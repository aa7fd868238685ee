"""Run in a network namespace of its own: plugs a cable in and out there, and prints what LinkWatch posts."""

from __future__ import annotations

import queue
import subprocess
import sys
import threading

from tvapp.core.connection_messages import LinkChanged
from tvapp.host.links import LinkWatch

STEPS = (
    "link add eth0 type veth peer name wall",
    "link set eth0 up",
    "link set wall up",
    "addr add 169.254.7.7/16 dev eth0",
    "addr add 192.0.2.7/24 dev eth0",
    "addr del 192.0.2.7/24 dev eth0",
    "-6 addr add 2001:db8::7/64 dev eth0 nodad",
    "link set wall down",
)


def main() -> None:
    """Carry out the steps, one after another, and print the state after each that changes it."""
    posted: queue.Queue[LinkChanged] = queue.Queue()
    watch = LinkWatch(posted.put)
    threading.Thread(target=watch.run, daemon=True).start()
    show("start", posted, 10.0)
    for step in STEPS:
        subprocess.run(["ip", *step.split()], check=True)
        show(step, posted, 2.0)


def show(step: str, posted: queue.Queue[LinkChanged], within_s: float) -> None:
    try:
        message = posted.get(timeout=within_s)
    except queue.Empty:
        sys.stdout.write(f"{step}: nothing\n")
        return
    state = [
        "-+?"[2 if it.has_carrier is None else it.has_carrier] + "-a"[it.has_address] + it.name
        for it in message.link.interfaces
    ]
    sys.stdout.write(f"{step}: {' '.join(state)}\n")


if __name__ == "__main__":
    main()
