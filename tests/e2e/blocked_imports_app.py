"""The app that cannot import its HTTP and identity libraries until a file exists, for `test_last_view`."""

from __future__ import annotations

import os
import sys
import time
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from pathlib import Path
from types import ModuleType

from tvapp.commands.cli import run
from tvapp.host.process import end

UNBLOCKED = Path(os.environ["HELD_UNTIL"])
BLOCKED = ("tvapp.app.backend", "httpx", "msal")


class BlockedLoader(SourceFileLoader):
    """Executes the module once the file exists."""

    def exec_module(self, module: ModuleType) -> None:
        while not UNBLOCKED.exists():
            time.sleep(0.02)
        super().exec_module(module)


class BlockingFinder(MetaPathFinder):
    """Finds modules that can send a request, with a loader that blocks."""

    def find_spec(self, name: str, path: object, target: object = None) -> ModuleSpec | None:
        if name not in BLOCKED:
            return None
        spec = PathFinder.find_spec(name, path)  # type: ignore[arg-type]
        assert spec is not None
        assert spec.origin is not None
        spec.loader = BlockedLoader(name, spec.origin)
        return spec


sys.meta_path.insert(0, BlockingFinder())
end(run(sys.argv[1:]))
