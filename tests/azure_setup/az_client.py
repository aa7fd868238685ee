"""Stands for `az` on the path: lets `az_server.py` run it with this process's arguments, environment and files."""

import json
import os
import socket
import sys


def main() -> int:
    """Return the exit status of `az`."""
    request = {"words": sys.argv[1:], "environ": dict(os.environ), "folder": os.getcwd()}  # noqa: PTH109 - quick to import
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(os.environ["AZ_SERVER"])
        socket.send_fds(connection, [json.dumps(request).encode()], [0, 1, 2])
        answer = connection.recv(1)
    return answer[0] if answer else 1


if __name__ == "__main__":
    sys.exit(main())
