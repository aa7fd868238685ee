"""Runs `az` in forks of one process, because to import it anew takes most of the time of a call.

Run by the Python of azure-cli, with the path of a socket. Each request runs `python -m azure.cli` unchanged, with the
arguments, the environment, the folder and the open files of the caller (`az_client.py`). The process imports what its
forks have imported, so that the next ones need not.
"""

import contextlib
import importlib
import json
import os
import runpy
import socket
import sys
from typing import Any

MOST_BYTES = 1 << 20


def main(path: str) -> None:
    """Serve until the process is ended."""
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(path)
        server.listen()
        os.write(1, b"ready\n")
        while True:
            connection, _ = server.accept()
            with connection:
                _serve(connection)


def _serve(connection: socket.socket) -> None:
    data, files, _, _ = socket.recv_fds(connection, MOST_BYTES, 3)
    request = json.loads(data)
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        _run(request, files, writing)
    os.close(writing)
    for file in files:
        os.close(file)
    with os.fdopen(reading) as pipe:
        modules = pipe.read().split()
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    connection.sendall(bytes([status & 0xFF]))
    for name in modules:
        if name not in sys.modules and name != "__main__":
            with contextlib.suppress(Exception):
                importlib.import_module(name)


def _run(request: dict[str, Any], files: list[int], writing: int) -> None:
    for number, file in enumerate(files):
        os.dup2(file, number)
    os.environ.clear()
    os.environ.update(request["environ"])
    os.chdir(request["folder"])
    sys.argv = ["az", *request["words"]]
    status = 1
    try:
        runpy.run_module("azure.cli", run_name="__main__", alter_sys=True)
        status = 0
    except SystemExit as ending:
        status = ending.code if isinstance(ending.code, int) else int(ending.code is not None)
    except BaseException as failure:  # noqa: BLE001 - the interpreter would print it too
        sys.stderr.write(f"ERROR: {failure!r}\n")
    with contextlib.suppress(OSError):
        sys.stdout.flush()
        sys.stderr.flush()
        os.write(writing, "\n".join(sys.modules).encode())
    os._exit(status)


if __name__ == "__main__":
    main(sys.argv[1])
