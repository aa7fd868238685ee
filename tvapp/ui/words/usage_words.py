"""The words for the usage: problems with their remedies, names of results and meters, numbers that fit a bar."""

from __future__ import annotations

import shlex

from tvapp.ui.settings import UiSettings
from tvapp.ui.words.formats import count
from tvapp.ui.words.lookup import knows
from tvapp.usage.billing import Cost
from tvapp.usage.problems import Kind, UsageProblem

MANAGEMENT_APP = "797f4846-ba00-4fd7-ba43-dac1f8f63013"
"""The application id of Azure Resource Manager, the same in every cloud."""
MONITORING_READER = "Monitoring Reader"

_COMMANDS: dict[Kind, str] = {
    "no-resource": "az maps account show -g GROUP -n ACCOUNT --query id -o tsv",
    "consent": (
        "az ad app permission grant --id {client_id} --api {management} --scope user_impersonation"
        " --consent-type AllPrincipals"
    ),
    "role": 'az role assignment create --assignee PERSON-OR-GROUP --role "{role}" --scope {resource_id}',
    "not-found": "az maps account list --query [].id -o tsv",
}


def problem_title(problem: UsageProblem, settings: UiSettings) -> str:
    """Return what is so."""
    return settings.words(f"usage.problem.{problem.kind}.title")


def problem_advice(problem: UsageProblem, settings: UiSettings) -> str:
    """Return what to do."""
    return settings.words(f"usage.problem.{problem.kind}.advice", host=problem.host or "management.azure.com")


def problem_command(problem: UsageProblem, *, client_id: str, resource_id: str) -> str:
    """Return the command with which an administrator mends it; empty where there is none.

    >>> problem_command(UsageProblem("offline"), client_id="", resource_id="")
    ''
    """
    command = _COMMANDS.get(problem.kind, "")
    return command.format(
        client_id=client_id or "APPID",
        management=MANAGEMENT_APP,
        role=MONITORING_READER,
        resource_id=shlex.quote(resource_id) if resource_id else "MAPS-ID",
    )


def problem_detail(problem: UsageProblem) -> str:
    """Return what an administrator can look the problem up by: codes and ids, for the log and the screen.

    >>> problem_detail(UsageProblem("role", "AuthorizationFailed", "management.azure.com", 403))
    '403 AuthorizationFailed · management.azure.com'
    """
    code = f"AADSTS{problem.aadsts}" if problem.aadsts else problem.code
    status = str(problem.status) if problem.status else ""
    parts = (" ".join(part for part in (status, code) if part), problem.host, problem.request_id)
    return " · ".join(part for part in parts if part)


def short_count(number: int) -> str:
    """Return a number in a few characters, for a bar.

    >>> [short_count(n) for n in (0, 999, 1234, 56_789, 1_234_567, 999_999_999, 4 * 10**14)]
    ['0', '999', '1.2k', '57k', '1.2M', '1bn', '400tn']
    """
    if number < 1000:
        return str(number)
    scaled = float(number)
    for unit in ("k", "M", "bn", "tn"):
        scaled /= 1000
        if scaled < 9.95:
            text = f"{scaled:.1f}"
            return f"{text.removesuffix('.0')}{unit}"
        if scaled < 999.5 or unit == "tn":
            return f"{scaled:.0f}{unit}"
    raise AssertionError("unreachable")


def percentage(part: float, whole: float = 100.0) -> str:
    """Return a share; never 100 % for less than everything, nor 0 % for something.

    >>> percentage(99.996), percentage(1, 3), percentage(1, 10**6), percentage(0, 5)
    ('99.99 %', '33.3 %', '< 0.1 %', '0 %')
    """
    share = 100.0 * part / whole if whole else 0.0
    if share <= 0:
        return "0 %"
    if share < 0.1:
        return "< 0.1 %"
    if share >= 100:
        return "100 %"
    text = f"{int(share * 100) / 100:.2f}" if share > 99 else f"{share:.1f}"
    return f"{text.rstrip('0').rstrip('.')} %"


def amount(cost: Cost) -> str:
    """Return a cost with its currency.

    >>> amount(Cost(1234.5, "EUR")), amount(Cost(0.004, "EUR")), amount(Cost(0.0, "EUR"))
    ('1\u202f234.50 EUR', '< 0.01 EUR', '0.00 EUR')
    """
    cents = round(cost.amount * 100)
    is_tiny = 0 < cost.amount < 0.01
    number = "< 0.01" if is_tiny else f"{count(cents // 100)}.{cents % 100:02}"
    return f"{number} {cost.currency}".rstrip()


def api_words(name: str, settings: UiSettings) -> str:
    """Return the name of an API as it is, or words for one without a name."""
    return name or settings.words("usage.unnamed")


def result_words(name: str, settings: UiSettings) -> str:
    """Return the name of a type of result in words; an unknown one as it is."""
    key = f"usage.result.{name.lower()}"
    return settings.words(key) if knows(key) else api_words(name, settings)


def transactions_words(transactions: float) -> str:
    """Return billable transactions as a number: with tenths while there are few.

    >>> transactions_words(0.0), transactions_words(2 / 15), transactions_words(12_345.6)
    ('0', '0.1', '12\u202f346')
    """
    if 0 < transactions < 100:
        return f"{max(transactions, 0.1):.1f}"
    return count(round(transactions))
