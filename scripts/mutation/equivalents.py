"""Mutants that are known to change nothing that a test could notice, each with its reason."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

FILE = Path(__file__).with_name("equivalents.toml")
CASELESS = "SQL knows no upper and lower case"
LAX = "`zip(strict=True)` asserts that lengths agree, and they always do"
_SQL = re.compile(r'execute(many|script)?\(f?"')
_STRICT = re.compile(r",strict=(True|False|None)|,(?=\))")


@dataclass(frozen=True, slots=True)
class Equivalents:
    """The known ones: function and changed lines (white space aside) to the reason."""

    reasons: Mapping[tuple[str, str], str]

    @classmethod
    def load(cls, path: Path = FILE) -> Equivalents:
        """Read the file: a table `[[mutant]]` with `function`, `change` and `reason` for each."""
        rows = tomllib.loads(path.read_text(encoding="utf-8")).get("mutant", [])
        return cls({(row["function"], _squeezed(row["change"])): row["reason"] for row in rows})

    def reason(self, name: str, diff: str) -> str | None:
        """Tell why a mutant changes nothing; None where it is not known to."""
        change = _squeezed(diff)
        reason = self.reasons.get((function_of(name), change))
        if reason is None and _is_lax(change):
            return LAX
        return CASELESS if reason is None and _is_sql_in_other_case(change) else reason


def function_of(name: str) -> str:
    """Return the function that a mutant changes; mutmut numbers its mutants, and writes `xǁClassǁmethod`.

    >>> function_of("tvapp.geo.mercator.x_project__mutmut_7")
    'tvapp.geo.mercator.project'
    >>> function_of("tvapp.geo.polygon.xǁRingǁclosed__mutmut_1")
    'tvapp.geo.polygon.Ring.closed'
    """
    module, _, mangled = re.sub(r"__mutmut_\d+$", "", name).rpartition(".")
    plain = mangled.removeprefix("xǁ").replace("ǁ", ".") if mangled.startswith("xǁ") else mangled.removeprefix("x_")
    return f"{module}.{plain}"


def _is_lax(change: str) -> bool:
    """Tell whether a change only switches off `strict=True`."""
    removed, _, added = change.partition("\n+")
    return ",strict=True" in removed and _STRICT.sub("", removed[1:]) == _STRICT.sub("", added)


def _is_sql_in_other_case(change: str) -> bool:
    """Tell whether a change only turns a statement of SQL into lower or upper case."""
    removed, _, added = change.partition("\n+")
    return removed[1:].lower() == added.lower() and _SQL.search(removed) is not None


def _squeezed(change: str) -> str:
    return "\n".join(re.sub(r"\s+", "", line) for line in change.splitlines() if line.strip())
