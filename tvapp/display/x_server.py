"""Notices that the X server is gone, before Xlib ends the process.

Xlib calls `exit(1)` when its connection breaks (XSetIOErrorHandler(3)): the handler may not return. Since libX11 1.7
XSetIOErrorExitHandler(3) can keep the process, but SDL 2 then waits without end for the answer to hiding its window
(XIfEvent on a dead connection), so that it can be neither closed nor opened again. So the handler has to start the
program anew.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable

_PROTOTYPE = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p)
_registered: list[object] = []
"""The handler that Xlib calls: it must not be freed."""


def on_x_server_gone(act: Callable[[], None]) -> bool:
    """Call `act` when the X server is gone, on the thread that notices; returns whether Xlib was found.

    When `act` returns, the process ends with status 1.
    """
    try:
        xlib = ctypes.CDLL("libX11.so.6")
    except OSError:
        return False

    def gone(_display: int | None) -> int:
        act()
        return 0

    handler = _PROTOTYPE(gone)
    xlib.XSetIOErrorHandler.argtypes = [_PROTOTYPE]
    xlib.XSetIOErrorHandler.restype = ctypes.c_void_p
    xlib.XSetIOErrorHandler(handler)
    _registered[:] = [handler]
    return True
