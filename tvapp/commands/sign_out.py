"""`tvapp sign-out`: removes the account and everything that belongs to it."""

from __future__ import annotations

import argparse
import sys

from tvapp.commands.console import complain, default_data_dir, load_config, open_log
from tvapp.core.data_folder import DataFolder
from tvapp.core.errors import StorageError
from tvapp.core.exit_status import EXIT_FAILED, EXIT_OK, EXIT_RUNNING
from tvapp.host.instance import AnotherRuns, Instance


def run_sign_out(options: argparse.Namespace) -> int:
    """Remove the account and everything that belongs to it; returns the exit status."""
    from tvapp.auth.service import sign_out_all

    log = open_log(options)
    data = DataFolder(options.data_dir or default_data_dir())
    config, _errors = load_config(options, quiet=True)
    from tvapp.app.sign_out import forget_pictures_and_fences, forget_tiles

    try:
        # A running app would write the tokens in its memory to the disk again.
        with Instance.hold(data.root, log):
            was_signed_in = sign_out_all(config, data.root)
            forget_tiles(data)
            forget_pictures_and_fences(data)
    except AnotherRuns as another:
        return _sign_out_of(another, data)
    except StorageError as error:
        complain(f"tvapp: not everything could be removed: {error}")
        return EXIT_FAILED
    if was_signed_in:
        log.event("signin.signed_out", by="command line")
    sys.stdout.write(
        "Signed out: the tokens and everything cached are gone.\n" if was_signed_in else "Nobody was signed in.\n"
    )
    return EXIT_OK


def _sign_out_of(another: AnotherRuns, data: DataFolder) -> int:
    """Have the app that runs sign out; returns the exit status."""
    from tvapp.host.control.client import NoAnswer, ask
    from tvapp.host.control.commands import SignOut

    try:
        answered = ask(data.control, SignOut())
        reason = "" if answered.is_done else str(answered.fields.get("reason", ""))
    except NoAnswer as error:
        reason = str(error)
    if reason:
        complain(f"tvapp: {another}: {data.root}: {reason}")
        complain("Choose Sign out on its screen; or stop it, then call this again. Nothing was removed.")
        return EXIT_RUNNING
    was_signed_in = answered.fields.get("was_signed_in") is True
    sys.stdout.write(
        "Signed out: the running tvapp forgets the tokens and everything cached.\n"
        if was_signed_in
        else "Nobody was signed in.\n"
    )
    return EXIT_OK
