"""`rotate-keys`: renews one key of the Maps account, if the screens can do without it."""

from __future__ import annotations

import sys

from scripts.azure_setup.key_rotation import (
    OTHER,
    list_command,
    obstacle,
    parse_pair,
    read_keys,
    renew_command,
    write_keys,
)
from scripts.azure_setup.session import Session
from scripts.azure_setup.status import DONE, FAILED
from scripts.azure_setup.step import shown


def run(session: Session) -> int:
    """Renew one key; returns the exit status."""
    options, wanted, say = session.options, session.wanted, session.say
    session.known()
    if options.dry_run:
        say(shown(list_command(wanted)))
        say(shown(renew_command(wanted, options.key or "primary")) + "   # or --key secondary, whichever is older")
        return DONE
    answer = session.az.look(list_command(wanted))
    if not answer:
        say(f"There is no Azure Maps account {wanted.maps} in {wanted.group}.")
        return FAILED
    pair = parse_pair(answer)
    held = read_keys(options.keys_file)
    if not held:
        write_keys(options.keys_file, pair)
        say(f"Both keys are in {options.keys_file} now; none was renewed. {_NEXT}")
        return DONE
    which = options.key or pair.older
    if reason := obstacle(pair, held, which):
        say(f"The {which} key was not renewed: {reason}.")
        write_keys(options.keys_file, pair)
        say(f"Both keys as they are now are in {options.keys_file}. {_NEXT}")
        return FAILED
    if not options.distributed and not _is_distributed(session):
        say(f"Nothing was renewed. Bring {options.keys_file} to every screen first, then give --distributed.")
        return FAILED
    write_keys(options.keys_file, parse_pair(session.az.change(renew_command(wanted, which))))
    say(f"The {which} key is new; screens go on with the {OTHER[which]} one. Both are in {options.keys_file}. {_NEXT}")
    return DONE


_NEXT = "Bring the file to every screen, then run this again for the other key."


def _is_distributed(session: Session) -> bool:
    if not sys.stdin.isatty():
        return False
    asked = f"Does every screen have {session.options.keys_file} as it is now, and use it? (yes/no) "
    return input(asked).strip().lower() == "yes"
