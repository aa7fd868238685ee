"""Calls `az` and tells its failures apart by what can be done about them."""

from __future__ import annotations

import json
import os
import re
import subprocess
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from scripts.azure_setup.step import Answer, Command, shown

TIMEOUT_S = 900
AT_ONCE = 4
"""How many commands that only read run at once."""
NOT_FOUND = 3
"""The exit status of `az` for something that does not exist."""
QUIET = {
    "AZURE_CORE_ONLY_SHOW_ERRORS": "true",
    "AZURE_CORE_NO_COLOR": "true",
    "AZURE_CORE_COLLECT_TELEMETRY": "false",
    "AZURE_EXTENSION_USE_DYNAMIC_INSTALL": "no",
}
WAITS_S = (2.0, 4.0, 8.0, 16.0, 30.0)
"""Between the tries of what the directory has not spread yet."""

_NO_RIGHTS = re.compile(
    r"AuthorizationFailed|LinkedAuthorizationFailed|Authorization_RequestDenied|Insufficient privileges"
    r"|Directory permission is needed|AccessDenied|required scopes are missing",
    re.IGNORECASE,
)
_NOT_SPREAD = re.compile(
    r"PrincipalNotFound|does not exist in the directory|does not reference a valid application object"
    r"|queried reference-property objects are not present|RoleDefinitionDoesNotExist",
    re.IGNORECASE,
)
_NOT_SIGNED_IN = re.compile(r"az login|AADSTS\d+|No subscription found|interaction is required", re.IGNORECASE)
_ACTION = re.compile(r"perform action '([^']+)'")


@dataclass
class AzFailed(Exception):
    """A command failed; `reason` is what `az` said, without traces."""

    command: Command
    reason: str

    def __str__(self) -> str:
        return f"{self.reason}\n  in: {shown(self.command)}"


class NoRights(AzFailed):
    """The administrator may not do this."""

    @property
    def action(self) -> str:
        """The action of Azure that is not allowed; empty where `az` does not say."""
        found = _ACTION.search(self.reason)
        return found[1] if found else ""


class NotSpread(AzFailed):
    """The directory does not know yet what was just created."""


class NotUsable(AzFailed):
    """`az` is not installed, or nobody is signed in."""


class Az:
    """Runs the real `az`. Answers of reading commands are kept until something is changed."""

    def __init__(
        self,
        *,
        program: str = "az",
        sleep: Callable[[float], None] = time.sleep,
        environ: Mapping[str, str] | None = None,
    ) -> None:
        self._program = program
        self._sleep = sleep
        self._environ = {**(os.environ if environ is None else environ), **QUIET}
        self._kept: dict[Command, Answer | AzFailed] = {}

    def look(self, command: Command) -> Answer:
        """Run a command that only reads; returns its JSON, or None where the thing does not exist.

        Raises:
            AzFailed: or one of its kinds.
        """
        if command not in self._kept:
            self._kept[command] = self._try(command)
        kept = self._kept[command]
        if isinstance(kept, AzFailed):
            raise kept
        return kept

    def look_ahead(self, commands: Iterable[Command]) -> None:
        """Run reading commands that will be needed soon, some at a time: each takes `az` a second or more."""
        fresh = [command for command in dict.fromkeys(commands) if command not in self._kept]
        if len(fresh) > 1:
            with ThreadPoolExecutor(AT_ONCE) as pool:
                self._kept |= zip(fresh, pool.map(self._try, fresh), strict=True)

    def change(self, command: Command) -> Answer:
        """Run a command that changes something, again and again while the directory has not spread what it needs.

        Raises:
            AzFailed: or one of its kinds.
        """
        for wait_s in (*WAITS_S, None):
            self.forget()
            try:
                return self._run(command)
            except NotSpread:
                if wait_s is None:
                    raise
                self._sleep(wait_s)
        raise AssertionError("unreachable")

    def forget(self) -> None:
        """Look anew from now on."""
        self._kept.clear()

    def wait(self, attempt: int) -> bool:
        """Wait before look number `attempt` + 2 at something just changed; False where it is not worth another look."""
        if attempt >= len(WAITS_S):
            return False
        self._sleep(WAITS_S[attempt])
        self.forget()
        return True

    def _try(self, command: Command) -> Answer | AzFailed:
        try:
            return self._run(command, not_found_is_none=True)
        except AzFailed as failure:
            return failure

    def _run(self, command: Command, *, not_found_is_none: bool = False) -> Answer:
        try:
            done = subprocess.run(
                [self._program, *command, "--output", "json"],
                stdin=subprocess.DEVNULL, capture_output=True, text=True, env=self._environ, timeout=TIMEOUT_S,
            )  # fmt: skip
        except FileNotFoundError as error:
            raise NotUsable(command, f"{self._program} is not installed: https://aka.ms/azure-cli") from error
        except subprocess.TimeoutExpired as error:
            raise AzFailed(command, f"az did not end within {TIMEOUT_S // 60} minutes") from error
        if done.returncode == 0:
            return _parsed(command, done.stdout)
        reason = told(done.stderr)
        if _NO_RIGHTS.search(reason):
            raise NoRights(command, reason)
        if not_found_is_none and done.returncode == NOT_FOUND:
            return None
        if _NOT_SPREAD.search(reason):
            raise NotSpread(command, reason)
        if _NOT_SIGNED_IN.search(reason):
            raise NotUsable(command, reason)
        raise AzFailed(command, reason or f"az ended with status {done.returncode}")


def told(stderr: str) -> str:
    """Return the first error that `az` printed, in one line and without traces, warnings and control characters."""
    errors = [line.removeprefix("ERROR: ") for line in stderr.splitlines() if line.startswith("ERROR: ")]
    line = next((each for each in errors if "unexpected error" not in each), "") or stderr.strip()
    return "".join(letter for letter in line[:600] if letter.isprintable() or letter == " ").strip()


def _parsed(command: Command, text: str) -> Answer:
    try:
        return json.loads(text) if text.strip() else {}
    except ValueError as error:
        raise AzFailed(command, "az did not print JSON") from error
