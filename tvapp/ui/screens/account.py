"""Who is signed in, and the way out: signing out and closing the app, both one step away from a harmless default."""

from __future__ import annotations

from tvapp.auth.view import Account
from tvapp.ui.actions import Actions
from tvapp.ui.navigator import Navigator
from tvapp.ui.screens.dialog import Choice, DialogScreen, Question
from tvapp.ui.settings import UiSettings
from tvapp.ui.widgets.surface import Button


def account_dialog(
    settings: UiSettings, navigator: Navigator, actions: Actions, account: Account | None, organisation: str = ""
) -> DialogScreen:
    """Return the account panel: Cancel (with the focus), Sign out, Close the app."""
    say = settings.words
    if account is None:
        lines: tuple[str, ...] = ()
        question = Question("account", say("account.none"), say("account.none.advice"), "circle-user")
    else:
        lines = tuple(dict.fromkeys(line for line in (account.username, organisation) if line and line != account.name))
        title = account.name or account.username
        question = Question("account", title, say("account.warning"), "circle-user", lines)
    choices = [Choice(Button("cancel", say("account.cancel")), lambda: None)]
    if account is not None:
        choices.append(Choice(Button("sign-out", say("account.sign-out"), "log-out", danger=True), actions.sign_out))
    choices.append(Choice(Button("leave", say("account.leave")), actions.leave))
    return DialogScreen(settings, navigator, question, choices)
