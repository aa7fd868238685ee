"""`provision`: brings about what is missing, and writes the configuration file of the screens."""

from __future__ import annotations

from pathlib import Path

from scripts.azure_setup import engine
from scripts.azure_setup.az import NotUsable
from scripts.azure_setup.config_text import CREDENTIAL, config_text, is_unchanged
from scripts.azure_setup.engine import NotDone, Outcome
from scripts.azure_setup.key_rotation import list_command, parse_pair, write_keys
from scripts.azure_setup.plan import known_from, plan
from scripts.azure_setup.session import Session
from scripts.azure_setup.status import DONE, FAILED, NO_RIGHTS
from scripts.azure_setup.step import shown

AFTER = """
New roles can take up to 30 minutes to count.
Conditional Access: Microsoft recommends to block the device code flow, and switches on a policy that does so. Exclude
the group of the screens (or their network) from it: Microsoft Entra ID > Conditional Access > Policies > the policy >
Users > Exclude. Try it in report-only mode first. See scripts/azure/README.md."""


def run(session: Session) -> int:
    """Provision; returns the exit status."""
    if session.options.dry_run:
        return _rehearse(session)
    known = session.known()
    outcome = engine.provision(plan(session.wanted), session.az, known, session.say)
    session.say(f"\n{outcome.changed} changes, {outcome.done} of {outcome.done + len(outcome.left)} things in place.")
    gaps = [left for left in outcome.left if left.verdict.gap]
    if gaps:
        session.say("\nLeft to do:")
        for left in gaps:
            session.tell_left(left)
    session.tell_unseen(outcome)
    if _has_all_ids(session, outcome):
        _write_config(session, outcome)
    else:
        session.say("\nThe configuration is written once the accounts and the registration are there.")
    options = session.wanted.as_options()
    session.say(f"\nLook again at any time: ./scripts/azure/check {options}".rstrip())
    if outcome.needs_rights:
        return NO_RIGHTS
    return FAILED if gaps else DONE


def _rehearse(session: Session) -> int:
    """Print every command; where nobody is signed in, those for a tenant in which nothing is there."""
    try:
        known, az = session.known(), session.az
    except NotUsable as failure:
        session.say(f"# {failure.reason}: these are the commands for a tenant in which nothing is there.")
        known, az = known_from(session.wanted, None, None), None
    outcome = engine.rehearse(plan(session.wanted), az, known, session.say)
    if session.wanted.auth == "shared-key" and session.options.keys_file:
        session.say(f"# the keys, into {session.options.keys_file}\n{shown(list_command(session.wanted))}")
    session.say(f"# {outcome.done} things are there, {len(outcome.left)} are missing. Nothing was changed.")
    return DONE


def _has_all_ids(session: Session, outcome: Outcome) -> bool:
    wanted = session.wanted
    needed = [("app-id", wanted.has_sign_in), ("maps-client-id", True), ("blob-endpoint", wanted.has_blobs)]
    return all(outcome.known.get(name) for name, is_needed in needed if is_needed)


def _write_config(session: Session, outcome: Outcome) -> None:
    wanted, options = session.wanted, session.options
    keys_file = ""
    if wanted.auth == "shared-key" and options.keys_file:
        keys_file = str(options.keys_file.resolve())
        write_keys(options.keys_file, parse_pair(session.az.look(list_command(wanted))))
        session.say(f"\nThe keys are in {options.keys_file}: bring it to the screens on a safe way.")
    path = _place(options.config, config_text(wanted, outcome.known, keys_file))
    session.say(f"\nThe configuration of the screens: {path}")
    if wanted.auth == "shared-key" and not keys_file:
        session.say(f"It names the credential {CREDENTIAL} of systemd, which holds both keys, one a line:")
        session.say(f"  {shown(list_command(wanted))}")
    session.say(AFTER)


def _place(path: Path, text: str) -> Path:
    """Write the file; what somebody has changed in it stays, and the new text goes beside it."""
    try:
        former = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        former = text
    except (OSError, ValueError) as error:
        raise NotDone(f"{path} cannot be read: {error}") from error
    if former != text and not is_unchanged(former):
        path = path.with_name(path.name + ".new")
    path.write_text(text, encoding="utf-8")
    return path
