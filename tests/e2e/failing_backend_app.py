"""The app with a defect that raises while the backend is built, for `test_secrets`."""

from __future__ import annotations

import sys
import types

from tvapp.commands.cli import run


def build_backend(*_arguments: object) -> None:
    raise RuntimeError("a defect with a token eyJhbGciOi.eyJzdWIiOi.c2lnbmF0dXJl in it")


# The real module is not imported at all: its libraries start threads, and signals have to be blocked before that.
backend = types.ModuleType("tvapp.app.backend")
backend.build_backend = build_backend  # type: ignore[attr-defined]
sys.modules["tvapp.app.backend"] = backend
sys.exit(run(sys.argv[1:]))
