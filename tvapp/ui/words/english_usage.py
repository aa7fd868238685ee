"""The English sentences of the usage page, and of `tvapp usage`."""

from __future__ import annotations

_PROBLEMS: dict[str, tuple[str, str]] = {
    "no-resource": (
        "This TV does not know which account to ask about",
        "Your administrator can add its resource id to the settings of this TV: [maps] resource_id.",
    ),
    "no-account": (
        "Nobody is signed in on this TV",
        "It uses a key for the map. Azure Monitor needs an account, so only the requests of this TV are shown.",
    ),
    "not-azure": (
        "This TV signs in with another provider",
        "Azure Monitor needs an account of Microsoft Entra ID, so only the requests of this TV are shown.",
    ),
    "signed-out": ("Nobody is signed in on this TV", "Sign in first; the usage is read with that account."),
    "session-ended": ("This sign-in has ended", "Sign in again under Account; then open this page once more."),
    "consent": (
        "This app may not read Azure Monitor yet",
        "An administrator has to consent once, for everybody, that it uses Azure Resource Manager.",
    ),
    "more-proof": (
        "Azure asks for another proof of who is signed in",
        "A policy wants more for managing Azure than for the map. "
        "Ask your administrator to let this account read metrics without it.",
    ),
    "policy": (
        "A policy of your organisation blocks Azure Monitor for this TV",
        "Ask your administrator whether this account or this screen can be exempt from it.",
    ),
    "sign-in": (
        "This sign-in gives no access to Azure Monitor",
        "Show the error below to your administrator.",
    ),
    "role": (
        "This account may not see the usage",
        "Ask your administrator for the role “Monitoring Reader” at the Azure Maps account. "
        "It can take half an hour until a new role counts.",
    ),
    "token-refused": (
        "Azure does not accept this sign-in",
        "The account may be of another organisation than the Azure Maps account. Show the error to your administrator.",
    ),
    "not-found": (
        "There is no such Azure Maps account",
        "Ask your administrator to check [maps] resource_id in the settings of this TV.",
    ),
    "bad-request": (
        "Azure Monitor does not understand the question",
        "This version of the app may be too old. Show the error to your administrator.",
    ),
    "metric": (
        "Azure Monitor cannot read the usage at the moment",
        "Nothing is wrong with this TV. Try again in some minutes.",
    ),
    "throttled": ("Azure asks for patience", "Too many questions came at once. Try again in a minute."),
    "service-down": ("Azure Monitor is not answering", "Nothing is wrong with this TV. Try again in some minutes."),
    "bad-reply": ("Azure Monitor answers in a strange way", "Try again. If it stays, show this to your administrator."),
    "portal": (
        "A web page answers in place of Azure Monitor",
        "This network may ask for a sign-in of its own, or its proxy blocks management addresses of Azure.",
    ),
    "offline": (
        "Azure Monitor cannot be reached",
        "The network may be down, or a firewall blocks {host}. The map does not need it.",
    ),
    "broken": ("Something went wrong", "The usage cannot be read. The log of this TV says why."),
}

USAGE: dict[str, str] = {
    **{f"usage.problem.{kind}.title": title for kind, (title, _) in _PROBLEMS.items()},
    **{f"usage.problem.{kind}.advice": advice for kind, (_, advice) in _PROBLEMS.items()},
    "usage.title": "Usage of Azure Maps",
    "usage.button": "Usage of Azure Maps",
    "usage.period.day": "24 hours",
    "usage.period.week": "7 days",
    "usage.period.month": "30 days",
    "usage.as-of": "All clients of the account, as of {time}. Azure Monitor is some minutes behind.",
    "usage.asked": "Asked at {time}",
    "usage.loading": "Asking Azure Monitor",
    "usage.loading.advice": "This takes a few seconds.",
    "usage.chart.day": "Requests, by two hours of UTC",
    "usage.chart.week": "Requests, by day of UTC",
    "usage.chart.month": "Requests from {first} to {last}, by three days of UTC",
    "usage.now": "now",
    "usage.today": "today",
    "usage.result.success": "Answered",
    "usage.result.clienterror": "Refused",
    "usage.result.servererror": "Failed",
    "usage.by-api": "What was requested",
    "usage.by-result": "Answers",
    "usage.range": "{first} to {last} of {total}",
    "usage.availability": "Availability",
    "usage.availability.unknown": "unknown",
    "usage.availability.lowest": "lowest: {api}, {percent}",
    "usage.unnamed": "without a name",
    "usage.empty": "No requests in this time",
    "usage.empty.advice": "Azure Monitor counts a request some minutes after it was made.",
    "usage.tv": "This TV",
    "usage.tv.day": "Today, in UTC",
    "usage.tv.week": "Last 7 days",
    "usage.tv.month": "Last 30 days",
    "usage.tv.tiles": "Tiles requested",
    "usage.tv.transactions": "Billable transactions",
    "usage.tv.transactions.advice": "15 tiles are one transaction.",
    "usage.tv.cost": "Estimated cost",
    "usage.tv.cost.advice": "At list price; a free quota is not deducted.",
    "usage.tv.cost.without": "Without {meters}, which have no price.",
    "usage.tv.no-price": "No price is set",
    "usage.tv.since": "Counted since {date}",
    "usage.tv.none": "Nothing was requested yet",
    "usage.meter.base": "Base map",
    "usage.meter.imagery": "Satellite",
    "usage.meter.traffic": "Traffic",
    "usage.meter.weather": "Weather",
    "usage.meter.metadata": "Descriptions",
    "usage.meter.free": "Not billed",
    "usage.for-admin": "For your administrator",
    "hint.refresh": "Ask again",
    "hint.period": "Other period",
}
