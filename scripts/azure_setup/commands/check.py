"""`check`: compares the tenant with what is wanted, and changes nothing."""

from __future__ import annotations

from scripts.azure_setup import engine
from scripts.azure_setup.plan import plan
from scripts.azure_setup.session import Session
from scripts.azure_setup.status import DONE, FAILED, NO_RIGHTS
from scripts.azure_setup.step import shown


def run(session: Session) -> int:
    """Check; returns the exit status: 1 where something is missing, 4 where something cannot be seen."""
    known = session.known()
    steps = plan(session.wanted)
    if session.options.dry_run:
        for step in steps:
            for command in step.look(known):
                session.say(shown(command))
        return DONE
    outcome = engine.check(steps, session.az, known, session.say)
    if outcome.left:
        session.say("\nWhat is missing, and what closes the gap:")
        for left in outcome.left:
            session.tell_left(left)
        session.say(f"\nAll of it at once: ./scripts/azure/provision {session.wanted.as_options()}".rstrip())
    session.tell_unseen(outcome)
    session.say(f"\n{outcome.done} things are as they should be, {len(outcome.left)} are not.")
    if outcome.left:
        return FAILED
    return NO_RIGHTS if outcome.needs_rights else DONE
