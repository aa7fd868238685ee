"""The app's only import of httpx: without its command line, which loads click and pygments where somebody has them.

They are 2 MB and a third of the time that loading httpx takes.
"""

from __future__ import annotations

import sys
from typing import Any, cast

_COMMAND_LINE = "httpx._main"
_modules = cast(dict[str, Any], sys.modules)
_is_hidden = "httpx" not in _modules
if _is_hidden:
    # None makes an import fail, which httpx expects: most people have not installed what its command line needs.
    _modules[_COMMAND_LINE] = None
try:
    import httpx
finally:
    if _is_hidden:
        del _modules[_COMMAND_LINE]

__all__ = ["httpx"]
