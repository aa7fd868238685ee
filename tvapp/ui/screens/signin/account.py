"""The account panel: who is signed in, what the app needs of that person, Sign out and Close."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from tvapp.auth.view import Account
from tvapp.ui.actions import Actions
from tvapp.ui.navigator import Navigator
from tvapp.ui.screens.panels.dialog import Choice, DialogScreen, Question
from tvapp.ui.settings import UiSettings
from tvapp.ui.widgets.surface import Button

Need = Literal["", "sign-in", "permission"]
"""What the viewer can do with a phone: sign in again, or give a permission."""


def account_dialog(
    settings: UiSettings,
    navigator: Navigator,
    actions: Actions,
    account: Account | None,
    needed: Need = "",
    unsent: int = 0,
    pages: Sequence[Choice] = (),
) -> DialogScreen:
    """Return the account panel: what is needed, if anything (with the focus), Cancel, Sign out, and where
    it may be closed Close the app.

    `unsent` is how many changes are not in the store yet. `pages` open pages about this TV, in a row of
    their own.
    """
    say = settings.words
    if account is None:
        lines: tuple[str, ...] = ()
        question = Question("account", say("account.none"), say("account.none.advice"), "circle-user")
    else:
        lines = tuple(
            dict.fromkeys(line for line in (account.username, settings.organisation) if line and line != account.name)
        )
        title = account.name or account.username
        warning = say("account.warning")
        if unsent:
            warning += " " + settings.counted("account.unsent", unsent)
        question = Question("account", title, warning, "circle-user", lines)
    choices = [Choice(Button("cancel", say("account.cancel")), lambda: None)]
    if account is not None:
        choices.append(Choice(Button("sign-out", say("account.sign-out"), "log-out", danger=True), actions.sign_out))
    if settings.is_closable:
        choices.append(Choice(Button("leave", say("account.leave")), actions.leave))
    first = None
    if needed == "sign-in":
        button = Button("sign-in", say("account.sign-in-again"), "smartphone")
        first = Choice(button, actions.retry_sign_in, say("account.sign-in-again.advice"))
    elif needed == "permission":
        button = Button("allow", say("account.allow"), "smartphone")
        first = Choice(button, actions.allow_with_phone, say("account.allow.advice"))
    return DialogScreen(settings, navigator, question, choices, first, pages)
