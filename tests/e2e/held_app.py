"""The app that cannot load what sends requests until a file is there, for `test_last_view`."""

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

LET_GO = Path(os.environ["HELD_UNTIL"])
HELD = ("tvapp.app.backend", "httpx", "msal")


class Held(SourceFileLoader):
    """Begins to execute the module once it is let go."""

    def exec_module(self, module: ModuleType) -> None:
        while not LET_GO.exists():
            time.sleep(0.02)
        super().exec_module(module)


class Holder(MetaPathFinder):
    """Finds what can send a request, but holds it."""

    def find_spec(self, name: str, path: object, target: object = None) -> ModuleSpec | None:
        if name not in HELD:
            return None
        spec = PathFinder.find_spec(name, path)  # type: ignore[arg-type]
        assert spec is not None
        assert spec.origin is not None
        spec.loader = Held(name, spec.origin)
        return spec


sys.meta_path.insert(0, Holder())
end(run(sys.argv[1:]))
