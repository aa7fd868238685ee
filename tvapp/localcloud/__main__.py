"""`python -m tvapp.localcloud`: start the local cloud and print one JSON line when it is ready."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import logging
import os
import signal
import stat
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

from tvapp.core.errors import DataError, StorageError
from tvapp.localcloud.server import LocalServer, Options, lan_address
from tvapp.localcloud.settings import Settings, changed
from tvapp.localcloud.tile_source import basemap_painter, paint_plain

PARENT_CHECK_S = 1.0
EXIT_USAGE, EXIT_CANNOT_START = 2, 3


def main(argv: list[str] | None = None, adapt: Callable[[Options], Options] = lambda options: options) -> int:
    """Run until SIGTERM, SIGINT or SIGHUP; returns the exit status (3: it could not start).

    `adapt` has the last word on what the arguments ask for.
    """
    arguments = _parser().parse_args(argv)
    logging.basicConfig(level=logging.WARNING, format="localcloud: %(message)s")
    logging.getLogger("uvicorn.error").addFilter(_is_unexpected)
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)
    address = None
    if arguments.lan or arguments.lan_address:
        address = arguments.lan_address or lan_address()
        if address is None:
            print("localcloud: this machine has no address in a local network", file=sys.stderr)
            return EXIT_CANNOT_START
    kept_tiles = arguments.data_dir / "tiles" if arguments.data_dir else None
    with _data_dir(arguments.data_dir) as data_dir:
        try:
            options = Options(
                data_dir=data_dir,
                port=arguments.port,
                lan_address=address,
                lan_port=arguments.lan_port,
                seed_dir=arguments.seed_dir,
                settings=_settings(arguments),
                painter=paint_plain if arguments.plain_tiles else basemap_painter(kept_tiles),
            )
            server = LocalServer(adapt(options))
        except (OSError, StorageError, DataError) as error:
            print(f"localcloud: cannot start: {error}", file=sys.stderr)
            return EXIT_CANNOT_START
        asyncio.run(_run(server, exit_with_parent=arguments.exit_with_parent))
    return 0


async def _run(server: LocalServer, *, exit_with_parent: bool) -> None:
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        loop.add_signal_handler(number, stop.set)
    watch = asyncio.create_task(_watch_parent(stop)) if exit_with_parent else None

    def ready() -> None:
        # The parent process may be gone already; then nothing reads the line.
        with contextlib.suppress(BrokenPipeError):
            print(json.dumps({**server.ready_line(), "pid": os.getpid()}), flush=True)

    await server.serve(ready, stop)
    if watch is not None:
        watch.cancel()


async def _watch_parent(stop: asyncio.Event) -> None:
    """Set `stop` when the parent process ends: standard input closes, or we get another parent."""
    parent = os.getppid()
    loop = asyncio.get_running_loop()
    if _is_pipe(sys.stdin.fileno()):
        # A daemon thread and not a task: a blocking read cannot be cancelled, and must not hold up the exit.
        def wait_for_end() -> None:
            with contextlib.suppress(OSError, RuntimeError):
                while os.read(0, 4096):
                    pass
                loop.call_soon_threadsafe(stop.set)

        threading.Thread(target=wait_for_end, daemon=True).start()
    # Not every parent hands us a pipe, and no event tells that it ended.
    while os.getppid() == parent:  # noqa: ASYNC110
        await asyncio.sleep(PARENT_CHECK_S)
    stop.set()


def _is_pipe(fd: int) -> bool:
    try:
        mode = os.fstat(fd).st_mode
    except OSError:
        return False
    return stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode)


def _is_unexpected(record: logging.LogRecord) -> bool:
    # What a fault cuts short is meant to be cut short, and so is what still runs when the process is told to end.
    if record.exc_info is not None and isinstance(record.exc_info[1], asyncio.CancelledError):
        return False
    message = record.getMessage()
    return "returned without" not in message and "graceful shutdown" not in message


@contextlib.contextmanager
def _data_dir(chosen: Path | None) -> Iterator[Path]:
    if chosen is not None:
        yield chosen
        return
    with tempfile.TemporaryDirectory(prefix="tvapp-localcloud-") as folder:
        yield Path(folder)


def _settings(arguments: argparse.Namespace) -> Settings:
    names = ("code_lifetime_s", "interval_s", "token_lifetime_s", "tile_latency_ms")
    given = {name: getattr(arguments, name) for name in names}
    return changed(Settings(), {name: value for name, value in given.items() if value is not None})


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tvapp.localcloud",
        description="A stand-in for Entra ID and Azure Maps on this machine, with a throw-away certificate authority.",
    )
    parser.add_argument("--port", type=int, default=0, help="TCP port on loopback (default: any free one)")
    parser.add_argument("--lan", action="store_true", help="open the sign-in page, and only that, to the local network")
    parser.add_argument("--lan-address", help="the address to do that on (default: this machine's own)")
    parser.add_argument("--lan-port", type=int, default=0, help="the port to do that on (default: any free one)")
    parser.add_argument(
        "--data-dir", type=Path, help="for certificates and painted tiles (default: a temporary folder)"
    )
    parser.add_argument("--seed-dir", type=Path, help="*.geojson files to start with (default: the samples)")
    parser.add_argument("--tile-latency-ms", type=int, help="added to each tile")
    parser.add_argument("--code-lifetime-s", type=int, help="how long a user code can be used (default: 900)")
    parser.add_argument("--interval-s", type=int, help="seconds between polls (default: 2)")
    parser.add_argument("--token-lifetime-s", type=int, help="lifetime of access tokens (default: 3600)")
    parser.add_argument("--plain-tiles", action="store_true", help="flat colours instead of a map, for tests")
    parser.add_argument("--exit-with-parent", action="store_true", help="end when the starting process ends")
    return parser


if __name__ == "__main__":
    sys.exit(main())
