"""Imports httpx. All changes that the app makes to `sys.modules` for the HTTP library are here.

Both were measured with httpx 0.28.1 and httpcore 1.0.9 on Python 3.11:

- `httpx` imports its command line, and with it click (which uvicorn brings along) and pygments: 15 of the 125 ms of CPU
  time that the import takes, and 2 MB. Obsolete once httpx no longer imports `httpx._main` in its `__init__`.
- httpcore imports sniffio a dozen times for each request. Python does not remember that a module is missing, and
  searches the whole path each time: a fifth of the CPU time of a request. Obsolete once httpcore remembers the outcome
  (in `httpcore._synchronization.current_async_library`), or once a dependency of ours brings sniffio along.
"""

from __future__ import annotations

import sys
from importlib.util import find_spec
from typing import Any, cast

_COMMAND_LINE = "httpx._main"
# None makes an import fail at once with ModuleNotFoundError, which both libraries expect.
_modules = cast(dict[str, Any], sys.modules)
_is_first_import = "httpx" not in _modules
if _is_first_import:
    _modules[_COMMAND_LINE] = None
try:
    import httpx
finally:
    if _is_first_import:
        del _modules[_COMMAND_LINE]

if find_spec("sniffio") is None:
    _modules["sniffio"] = None

__all__ = ["httpx"]
