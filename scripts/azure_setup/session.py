"""What a command works with: the wanted state, `az`, the options, and where its words go."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass

from scripts.azure_setup.az import Az, NotUsable
from scripts.azure_setup.engine import Left, NotDone, Outcome
from scripts.azure_setup.plan import known_from
from scripts.azure_setup.step import Known, shown
from scripts.azure_setup.wanted import Wanted


@dataclass(frozen=True)
class Session:
    """One run of a command."""

    wanted: Wanted
    az: Az
    options: argparse.Namespace
    say: Callable[[str], None]

    def known(self) -> Known:
        """Return what the account that is signed in tells.

        Raises:
            NotUsable: az is not there, or nobody is signed in.
            NotDone: nobody knows the address of Azure Maps in this cloud.
        """
        which = ("--subscription", self.wanted.subscription) if self.wanted.subscription else ()
        account = self.az.look(("account", "show", *which))
        if not account:
            raise NotUsable(("account", "show"), "nobody is signed in to this subscription")
        known = known_from(self.wanted, account, self.az.look(("cloud", "show")))
        if not known["maps-host"]:
            raise NotDone(f"the address of Azure Maps in the cloud {known['cloud']} is not known: give --endpoint")
        user = (account.get("user") or {}).get("name", "?")
        self.say(f"Signed in as {user}; subscription {account.get('name')} ({known['subscription']})")
        return known

    def tell_left(self, left: Left) -> None:
        """Print a gap with the commands that close it."""
        self.say(f"\n- {left.step.what}: {left.verdict.gap}")
        if left.refusal:
            self.say(f"  You may not do this ({left.refusal}).")
        if left.who:
            self.say(f"  Ask {left.who}.")
        if left.verdict.by_hand:
            self.say(f"  {left.verdict.by_hand[0].upper()}{left.verdict.by_hand[1:]}.")
        for command in left.verdict.mend:
            self.say(f"  {shown(command)}")

    def tell_unseen(self, outcome: Outcome) -> None:
        """Print what could not be looked at, and who can."""
        for step, refusal in outcome.unseen:
            self.say(f"\n- {step.what}: unknown. You may not look ({refusal.action or refusal.reason}).")
            self.say(f"  Ask {step.who}.")
