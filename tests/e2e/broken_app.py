"""The app with a defect where everything behind the map is built, for `test_offscreen`."""

from __future__ import annotations

import sys
import types

from tvapp.commands.cli import run


def build_backend(*_arguments: object) -> None:
    raise RuntimeError("a defect with a token eyJhbGciOi.eyJzdWIiOi.c2lnbmF0dXJl in it")


# The real module is not even imported: its libraries start threads, before which signals have to be blocked.
backend = types.ModuleType("tvapp.app.backend")
backend.build_backend = build_backend  # type: ignore[attr-defined]
sys.modules["tvapp.app.backend"] = backend
sys.exit(run(sys.argv[1:]))
