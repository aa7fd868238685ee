"""Writes the commit into wheels and source archives that are built from a clone (a build hook of hatchling)."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class BuildStamp(BuildHookInterface[Any]):
    """Adds `tvapp/commit.txt`. A wheel built from a source archive takes the file of that archive."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Add the stamp to what is built; an editable installation reads the clone itself."""
        sys.path.insert(0, self.root)
        from tvapp.commands.version import stamp
        from tvapp.core.version import STAMP

        text = stamp(Path(self.root))
        if not text or version == "editable":
            return
        self._folder = tempfile.TemporaryDirectory()
        path = Path(self._folder.name) / STAMP
        path.write_text(f"{text}\n", encoding="utf-8")
        build_data["force_include"][str(path)] = f"tvapp/{STAMP}"

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Remove the temporary file."""
        if hasattr(self, "_folder"):
            self._folder.cleanup()
