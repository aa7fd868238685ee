"""Fuzzes everything that takes GeoJSON from outside with atheris; only our own errors may come out."""

from __future__ import annotations

import argparse
import contextlib
import importlib
import importlib.util
import sys
import tempfile
from pathlib import Path

from scripts.geojson_seeds import DICTIONARY, SEEDS

TARGETS = ("tvapp.fences", "tvapp.core.errors", "tvapp.geo")


def main() -> int:
    """Fuzz until the time or the number of runs is up; atheris ends the process itself, with 77 for a finding."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--runs", type=int, default=-1, help="-1: as many as there is time for")
    parser.add_argument("--corpus", type=Path, help="kept from run to run; a temporary one otherwise")
    asked = parser.parse_args()
    if importlib.util.find_spec("atheris") is None:
        sys.stdout.write("atheris is not installed here: nothing was tried\n")
        return 0
    atheris = importlib.import_module("atheris")
    with atheris.instrument_imports(include=list(TARGETS)):
        trial = importlib.import_module("scripts.geojson_trial")
    with contextlib.ExitStack() as stack:
        corpus = asked.corpus or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        corpus.mkdir(parents=True, exist_ok=True)
        words = Path(stack.enter_context(tempfile.TemporaryDirectory())) / "words"
        words.write_text("".join(f'"{word}"\n' for word in DICTIONARY))
        for number, seed in enumerate(SEEDS):
            (corpus / f"seed-{number}").write_bytes(seed)
        options = [f"-runs={asked.runs}", f"-max_total_time={asked.seconds}", "-max_len=2000", f"-dict={words}"]
        atheris.Setup([sys.argv[0], *options, f"-artifact_prefix={tempfile.gettempdir()}/", str(corpus)], trial.try_out)
        atheris.Fuzz()
    return 0


if __name__ == "__main__":
    sys.exit(main())
