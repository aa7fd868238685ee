"""`teardown`: removes what `provision` made."""

from __future__ import annotations

import sys

from scripts.azure_setup.az import AzFailed, NoRights, NotUsable
from scripts.azure_setup.removal import find_removal
from scripts.azure_setup.session import Session
from scripts.azure_setup.status import DONE, FAILED, NO_RIGHTS
from scripts.azure_setup.step import shown


def run(session: Session) -> int:
    """Remove; returns the exit status."""
    options, say = session.options, session.say
    known = session.known()
    removal = find_removal(session.wanted, session.az, known, keeps_geofences=options.keep_geofences)
    for what, reason in removal.stays:
        say(f"  stays    {what}: {reason}")
    for what, command in removal.goes:
        say(f"  goes     {what}")
        if options.dry_run:
            say(f"  $ {shown(command)}")
    if not removal.goes:
        say("There is nothing here that provision made.")
        return DONE
    if options.dry_run:
        return DONE
    if not options.yes and not _agrees(session, loses_geofences=removal.loses_geofences):
        say("Nothing was removed.")
        return FAILED
    refused = failed = 0
    for what, command in removal.goes:
        say(f"  $ {shown(command)}")
        try:
            session.az.change(command)
        except NotUsable:
            raise
        except NoRights as refusal:
            refused += 1
            say(f"  refused  {what}: you may not do this ({refusal.action or refusal.reason})")
        except AzFailed as failure:
            # A role that somebody else has assigned, for example, must not keep the rest from going.
            failed += 1
            say(f"  failed   {what}: {failure.reason}")
    count = len(removal.goes)
    say(f"\n{count - refused - failed} of {count} removed. Providers and Microsoft's own APIs stay.")
    return FAILED if failed else NO_RIGHTS if refused else DONE


def _agrees(session: Session, *, loses_geofences: bool) -> bool:
    if not sys.stdin.isatty():
        session.say("Give --yes to remove this without being asked.")
        return False
    if loses_geofences:
        session.say("All geofences in the container are lost (--keep-geofences leaves them).")
    name = session.wanted.group
    return input(f"Type the name of the resource group ({name}) to remove all of this: ").strip() == name
