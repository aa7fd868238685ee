"""Provides access tokens for requests: renewed ahead of expiry, one renewal at a time, without delaying a request."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tvapp.auth.gateway import Gateway, Grant
from tvapp.auth.messages import PersonNeeded, TokensChanged
from tvapp.auth.permission import MissingPermission
from tvapp.auth.problems import Problem, from_error, user_can_resolve
from tvapp.auth.provider import resource, resource_name
from tvapp.core.backoff import Backoff
from tvapp.core.clock import Clock
from tvapp.core.errors import NetworkError, SignInError, TvappError
from tvapp.core.jobs import Jobs
from tvapp.core.log import Log

if TYPE_CHECKING:
    import asyncio

RETRY_BACKOFF = Backoff(first_s=2.0, ceiling_s=60.0)
REJECTED_PAUSE_S = 30.0
"""A new token that is rejected too is not replaced at once: the next one would be no better."""

CHALLENGED_PAUSE = Backoff(first_s=REJECTED_PAUSE_S, ceiling_s=600.0)
"""Between tokens for a challenge that comes again after it was answered."""

ABOUT_ONE_RESOURCE = frozenset(
    {
        "consent-needed", "consent-declined", "service-missing", "no-licence", "scope-unknown", "not-assigned",
        # Policies may be about one resource too. A new code would only be refused again.
        "blocked-by-policy", "device-not-allowed", "risk-blocked", "more-proof",
    }
)  # fmt: skip
"""Problems with an extra resource that say nothing about the sign-in itself; its token is tried again later."""

LAST_MOMENT_S = 5.0
"""A token this close to its expiry would expire on the way."""


@dataclass(frozen=True, slots=True)
class AccessToken:
    """A secret for one resource; `expires_at` is monotonic."""

    secret: str = field(repr=False)
    expires_at: float


@dataclass(slots=True)
class _Slot:
    """The token of one scope, and the state of its renewal, for the present account."""

    token: AccessToken | None = None
    obtained_at: float = 0.0
    renew_at: float = 0.0
    retry_at: float = 0.0
    quiet_until: float = 0.0
    failures: int = 0
    reported: str = ""
    error: SignInError | NetworkError | None = None
    missing: Problem | None = None  # what a person could grant
    affects_sign_in: bool = True
    is_renewing: bool = False
    claims: str = field(default="", repr=False)  # of a challenge without a token yet
    met_claims: str = field(default="", repr=False)  # of the challenge that the token answers
    challenges_met: int = 0  # tokens in a row that answered a challenge
    task: asyncio.Task[None] | None = None


class TokenProvider:
    """Provides access tokens of the account that is signed in.

    `get` and `renew` run on the io thread, the rest on the main thread.
    """

    def __init__(
        self,
        gateway: Gateway,
        jobs: Jobs,
        clock: Clock,
        log: Log,
        *,
        primary: str = "",
        post: Callable[[PersonNeeded | TokensChanged], None] = lambda _: None,
        random: Callable[[], float] = lambda: 0.5,
    ) -> None:
        self._gateway = gateway
        self._jobs = jobs
        self._clock = clock
        self._log = log
        self._primary = resource(primary)
        self._post = post
        self._random = random
        self._lock = threading.Lock()
        self._home_id: str | None = None
        self._slots: dict[str, _Slot] = {}

    # -- main thread ------------------------------------------------------------------------------------------------

    def use_account(self, home_id: str | None) -> None:
        """Provide tokens of this account from now on, forgetting all others; None: of no account."""
        with self._lock:
            self._home_id = home_id
            self._slots = {}

    def missing(self) -> tuple[MissingPermission, ...]:
        """Return the scopes that were refused and that the person signed in could grant with a code."""
        with self._lock:
            return tuple(
                MissingPermission(scope, slot.missing)
                for scope, slot in self._slots.items()
                if slot.missing is not None
            )

    def permitted(self, scope: str) -> None:
        """Forget that `scope` was refused: a person has granted it."""
        with self._lock:
            if scope in self._slots:
                self._slots[scope] = _Slot()

    def expiries(self) -> dict[str, float]:
        """Return when the token for each resource ends (monotonic), for who watches from outside."""
        with self._lock:
            return {
                resource_name(scope): slot.token.expires_at
                for scope, slot in self._slots.items()
                if slot.token is not None
            }

    def next_renewal(self) -> float | None:
        """Return when `renew_due` will next return a scope."""
        with self._lock:
            return min((_due_at(slot) for slot in self._slots.values() if _is_kept(slot)), default=None)

    def renew_due(self, now: float) -> tuple[str, ...]:
        """Return the scopes to `renew` now; each is returned once until its renewal has ended."""
        with self._lock:
            due = [scope for scope, slot in self._slots.items() if _is_kept(slot) and _due_at(slot) <= now]
            for scope in due:
                self._slots[scope].is_renewing = True
            return tuple(due)

    def network_restored(self) -> None:
        """Retry at once what failed for want of a network."""
        with self._lock:
            for slot in self._slots.values():
                slot.retry_at = slot.quiet_until

    # -- io thread --------------------------------------------------------------------------------------------------

    async def get(self, scope: str, *, rejected: str | None = None, claims: str = "") -> AccessToken:
        """Return an access token for `scope` (or several of one resource, with spaces between).

        When a service has rejected a token, pass its secret as `rejected` to get another one (the same one where there
        is no better one for now). After a claims challenge also pass its `claims` (JSON), which the next token is
        requested with.

        Raises:
            SignInError: `needs_person` tells *sign in again* from *retry later*.
            NetworkError: no token left, and nobody to renew it.
        """
        import asyncio

        slot = self._slot(scope)
        now = self._clock.monotonic()
        token = slot.token
        if _needs_person(slot) and (slot.affects_sign_in or now < slot.retry_at):
            # The map goes on with the access token until it expires, while a person signs in again.
            if token is not None and token.secret != rejected and now < token.expires_at - LAST_MOMENT_S:
                return token
            raise _without_traceback(slot.error)
        if token is not None and token.secret == rejected:
            if now < _replaceable_at(slot, claims, self._random()):
                return token
            slot.token = token = None
            slot.renew_at = now
            if claims:
                slot.claims = claims
                self._log.event("token.challenged", resource=resource_name(scope))
        if token is not None and now < token.expires_at - LAST_MOMENT_S:
            if now >= _due_at(slot):
                self._begin(scope, slot, fresh=True)
            return token
        if slot.error is not None and now < slot.retry_at:
            raise _without_traceback(slot.error)
        await asyncio.shield(self._begin(scope, slot, fresh=token is not None or rejected is not None))
        if self._slots.get(scope) is not slot:
            # Another account has signed in meanwhile.
            raise SignInError("signed_out")
        if slot.token is None or slot.token is token:
            raise _without_traceback(slot.error)
        return slot.token

    async def renew(self, scope: str) -> None:
        """Renew a token ahead of expiry; `get` raises a failure once the token is needed, and it is retried later."""
        import asyncio

        try:
            slot = self._slot(scope)
            # For an attempt that ends with an unforeseen exception.
            slot.retry_at = self._clock.monotonic() + RETRY_BACKOFF.ceiling_s
            await asyncio.shield(self._begin(scope, slot, fresh=True))
        except SignInError:
            return  # signed out meanwhile
        finally:
            with self._lock:
                if scope in self._slots:
                    self._slots[scope].is_renewing = False

    def _slot(self, scope: str) -> _Slot:
        with self._lock:
            if self._home_id is None:
                raise SignInError("signed_out")
            return self._slots.setdefault(scope, _Slot())

    def _begin(self, scope: str, slot: _Slot, *, fresh: bool) -> asyncio.Task[None]:
        """Start acquiring a token, or join the acquisition under way."""
        import asyncio

        if slot.task is None or slot.task.done():
            home_id = self._home_id or ""
            slot.task = asyncio.get_running_loop().create_task(self._ask(scope, slot, home_id, fresh))
        return slot.task

    async def _ask(self, scope: str, slot: _Slot, home_id: str, fresh: bool) -> None:
        asked_at, claims = self._clock.monotonic(), slot.claims
        result: Grant | TvappError
        try:
            result = await self._jobs.in_worker(
                lambda: self._gateway.acquire(scope.split(), home_id, fresh=fresh, claims=claims)
            )
        except TvappError as error:
            result = error
        if self._slots.get(scope) is not slot:
            return  # signed out, or another account meanwhile
        if isinstance(result, TvappError):
            self._failed(scope, slot, result)
        else:
            self._succeeded(scope, slot, result, asked_at, claims)
        self._post(TokensChanged(resource(scope)))

    def _succeeded(self, scope: str, slot: _Slot, grant: Grant, asked_at: float, claims: str) -> None:
        slot.token = AccessToken(grant.secret, asked_at + grant.expires_in)
        slot.obtained_at = asked_at if grant.is_new else asked_at - REJECTED_PAUSE_S
        slot.renew_at = asked_at + max(grant.renew_in, 1.0)
        slot.retry_at = slot.quiet_until = 0.0
        slot.failures = 0
        slot.error = slot.missing = None
        slot.reported = ""
        slot.met_claims, slot.challenges_met = claims, slot.challenges_met + 1 if claims else 0
        if slot.claims == claims:
            slot.claims = ""
        if grant.is_new:
            self._log.event("token.renewed", resource=resource_name(scope), expires_in=round(grant.expires_in))

    def _failed(self, scope: str, slot: _Slot, error: TvappError) -> None:
        problem = from_error(error)
        slot.error = error if isinstance(error, SignInError | NetworkError) else SignInError(problem.error)
        needs_person = _needs_person(slot)
        pause = RETRY_BACKOFF.delay(slot.failures, self._random(), problem.retry_after_s)
        slot.failures += 1
        slot.retry_at = self._clock.monotonic() + pause
        if problem.retry_after_s is not None:
            slot.quiet_until = slot.retry_at
        fields: dict[str, object] = {
            "resource": resource_name(scope),
            "error": problem.error,
            "kind": problem.kind,
            "aadsts": problem.aadsts,
            "correlation_id": problem.correlation_id,
        }
        fields |= {"needs_person": True} if needs_person else {"retry_in": round(pause, 1)}
        if slot.reported != problem.kind:
            self._log.event("token.renewal_failed", level="warning", **fields)
        slot.reported = problem.kind
        is_primary = resource(scope) == self._primary
        # The proof that a challenge demands can be given with the code for signing in, whichever resource demands it.
        is_challenge = bool(slot.claims) and problem.kind == "more-proof"
        slot.affects_sign_in = is_primary or is_challenge or problem.kind not in ABOUT_ONE_RESOURCE
        if problem.next != "retries":
            slot.missing = problem if not slot.affects_sign_in and user_can_resolve(problem) else None
        if needs_person and slot.affects_sign_in:
            self._post(PersonNeeded(problem, slot.claims))


def _is_kept(slot: _Slot) -> bool:
    return slot.token is not None and not slot.is_renewing and not _needs_person(slot)


def _without_traceback(error: SignInError | NetworkError | None) -> SignInError | NetworkError:
    """Return a stored error to be raised once more; its traceback would grow each time."""
    return error.with_traceback(None) if error is not None else SignInError("signed_out")


def _needs_person(slot: _Slot) -> bool:
    """Tell whether only a person can help."""
    return isinstance(slot.error, SignInError) and slot.error.needs_person


def _replaceable_at(slot: _Slot, claims: str, random: float) -> float:
    """Return when a rejected token may be replaced; `claims` are those of the challenge, if the rejection was one.

    A challenge is answered at once. If it comes again for the new token, the next answer takes longer each time, also
    when its claims differ each time.
    """
    if not claims:
        return slot.obtained_at + REJECTED_PAUSE_S
    times = slot.challenges_met if claims == slot.met_claims else slot.challenges_met - 1
    return slot.obtained_at + (CHALLENGED_PAUSE.delay(times - 1, random) if times > 0 else 0.0)


def _due_at(slot: _Slot) -> float:
    return max(slot.renew_at, slot.retry_at)
