"""Makes findings: the words of an outcome come from `ui.words`, by the name of the fault."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from tvapp.core.diagnosis import Finding, Outcome
from tvapp.core.errors import TvappError
from tvapp.ui.words.lookup import error_words, knows, problem_words, words


@dataclass(frozen=True, slots=True)
class Check:
    """One check, before it is done; its methods return its finding.

    >>> Check("data-dir", "data-dir", "/var/lib/tvapp").warned("disk-low", folder="/srv", free=7).found
    'only 7 MB are free in /srv'
    """

    id: str
    name: str
    looked_at: str
    language: str = "en"

    def passed(self, key: str, **fields: object) -> Finding:
        """Return a pass, in the words of `diagnosis.ok.KEY`."""
        return self._finding("pass", words(f"diagnosis.ok.{key}", self.language, **fields), details=fields)

    def warned(self, fault: str, **fields: object) -> Finding:
        """Return a warning about a fault."""
        return self._wrong("warn", fault, fields)

    def failed(self, fault: str, **fields: object) -> Finding:
        """Return a failure with a fault."""
        return self._wrong("fail", fault, fields)

    def skipped(self, because: str) -> Finding:
        """Return that the check was not done, because another one failed."""
        return self._finding("skip", words("diagnosis.skipped", self.language, check=because), because=because)

    def said(self, outcome: Outcome, fault: str, found: str, remedy: str) -> Finding:
        """Return a finding in words that come from elsewhere."""
        return self._finding(outcome, found, remedy, fault)

    def error(self, fault: str, error: TvappError, **fields: object) -> Finding:
        """Return a failure whose evidence is an error; without words of its own it has those of the error's kind."""
        remedy = self._remedy(fault, fields) or error_words(error, "advice", self.language)
        title = words(f"diagnosis.{fault}", self.language, **fields) if knows(f"diagnosis.{fault}") else ""
        return self._finding("fail", f"{title} ({error})" if title else str(error), remedy, fault, fields)

    def problem(self, fault: str, kind: str, detail: str, **fields: object) -> Finding:
        """Return a failure of the sign-in, of a kind of `auth.problems`; `detail` is for an administrator."""
        title = problem_words(kind, "title", self.language)
        remedy = self._remedy(fault, fields) or problem_words(kind, "admin", self.language)
        remedy = remedy or problem_words(kind, "advice", self.language)
        return self._finding("fail", f"{title} ({detail})" if detail else title, remedy, fault, fields)

    def _remedy(self, fault: str, fields: Mapping[str, object]) -> str:
        key = f"diagnosis.{fault}.remedy"
        return words(key, self.language, **fields) if knows(key) else ""

    def _wrong(self, outcome: Outcome, fault: str, fields: Mapping[str, object]) -> Finding:
        found = words(f"diagnosis.{fault}", self.language, **fields)
        return self._finding(outcome, found, self._remedy(fault, fields), fault, fields)

    def _finding(
        self,
        outcome: Outcome,
        found: str,
        remedy: str = "",
        fault: str = "",
        details: Mapping[str, object] = MappingProxyType({}),
        because: str = "",
    ) -> Finding:
        facts = {name: str(value) for name, value in details.items() if value != ""}
        return Finding(self.id, self.name, outcome, self.looked_at, found, remedy, fault, because, facts)
