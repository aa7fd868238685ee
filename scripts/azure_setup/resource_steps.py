"""Steps for Azure resources: providers, resource group, Maps account, storage account, container."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from scripts.azure_setup.step import Answer, Command, Known, Step, Verdict
from scripts.azure_setup.wanted import MARK, MARK_NAME, MARK_VALUE, Wanted

CONTRIBUTOR = "somebody with the role Contributor or Owner in the subscription"
_NOT_OURS = "it was there before: run the command yourself, or give --adopt"


def resource_steps(wanted: Wanted) -> Iterator[Step]:
    """Yield the steps in the order in which they build on each other."""
    needed = [("Microsoft.Maps", True), ("Microsoft.Storage", wanted.has_blobs), ("Microsoft.Insights", wanted.usage)]
    for provider in (name for name, is_needed in needed if is_needed):
        yield _provider(wanted, provider)
    yield _group(wanted)
    yield _maps(wanted)
    if wanted.has_blobs:
        yield _storage(wanted)
        yield _container(wanted)


def in_subscription(wanted: Wanted, *command: str) -> Command:
    """Return a command about resources, for the subscription that was chosen."""
    return (*command, "--subscription", wanted.subscription) if wanted.subscription else command


def is_marked(answer: Mapping[str, Any]) -> bool:
    """Tell whether `provision` made a resource."""
    return (answer.get("tags") or {}).get(MARK_NAME) == MARK_VALUE


def _provider(wanted: Wanted, name: str) -> Step:
    def judge(_known: Known, answers: Sequence[Answer]) -> Verdict:
        if answers[0] and answers[0].get("registrationState") == "Registered":
            return Verdict()
        mend = in_subscription(wanted, "provider", "register", "--namespace", name, "--wait")
        return Verdict(f"the subscription is not registered for {name}", (mend,))

    look = in_subscription(wanted, "provider", "show", "--namespace", name)
    return Step(f"provider.{name}", f"provider {name}", CONTRIBUTOR, lambda _known: [look], judge)


def _group(wanted: Wanted) -> Step:
    def judge(_known: Known, answers: Sequence[Answer]) -> Verdict:
        if answers[0]:
            return Verdict()
        mend = ("group", "create", "--name", wanted.group, "--location", wanted.location, "--tags", MARK)
        return Verdict("there is no such resource group", (in_subscription(wanted, *mend),))

    look = in_subscription(wanted, "group", "show", "--name", wanted.group)
    return Step("group", f"resource group {wanted.group}", CONTRIBUTOR, lambda _known: [look], judge)


def _maps(wanted: Wanted) -> Step:
    keys_off = wanted.auth == "entra"
    flag = "true" if keys_off else "false"
    where = ("--resource-group", wanted.group, "--name", wanted.maps)

    def judge(_known: Known, answers: Sequence[Answer]) -> Verdict:
        account = answers[0]
        if not account:
            mend: Command = (
                "maps", "account", "create", *where, "--kind", "Gen2", "--sku", "G2", "--location", wanted.location,
                "--disable-local-auth", flag, "--accept-tos", "--tags", MARK,
            )  # fmt: skip
            return Verdict("there is no such Azure Maps account", (in_subscription(wanted, *mend),))
        properties = account.get("properties") or {}
        learned = {"maps-client-id": str(properties.get("uniqueId", ""))}
        if (account.get("sku") or {}).get("name") != "G2":
            return Verdict("the account has a retired pricing (Gen1)", learned=learned,
                           by_hand="create a Gen2 account under another name: --maps NAME")  # fmt: skip
        if bool(properties.get("disableLocalAuth")) != keys_off:
            gap = "keys open the account" if keys_off else "keys are switched off in the account"
            mend = in_subscription(wanted, "maps", "account", "update", *where, "--disable-local-auth", flag)
            by_hand = "" if is_marked(account) or wanted.adopt else _NOT_OURS
            return Verdict(gap, (mend,), learned, by_hand)
        return Verdict(learned=learned)

    look = in_subscription(wanted, "maps", "account", "show", *where)
    what = f"Azure Maps account {wanted.maps} (Gen2, keys {'off' if keys_off else 'on'})"
    return Step("maps", what, CONTRIBUTOR, lambda _known: [look], judge)


_HARDENING = (
    ("allowSharedKeyAccess", False, "--allow-shared-key-access", "keys open the account"),
    ("allowBlobPublicAccess", False, "--allow-blob-public-access", "containers can be made public"),
    ("enableHttpsTrafficOnly", True, "--https-only", "it answers without TLS"),
)


def _storage(wanted: Wanted) -> Step:
    def where(known: Known) -> Command:
        return ("--name", wanted.storage_name(known["subscription"]), "--resource-group", wanted.group)

    def judge(known: Known, answers: Sequence[Answer]) -> Verdict:
        account = answers[0]
        if not account:
            mend = (
                "storage", "account", "create", *where(known), "--location", wanted.location, "--sku", "Standard_LRS",
                "--min-tls-version", "TLS1_2", "--allow-shared-key-access", "false",
                "--allow-blob-public-access", "false", "--https-only", "true", "--tags", MARK,
            )  # fmt: skip
            return Verdict("there is no such storage account", (in_subscription(wanted, *mend),))
        endpoint = str((account.get("primaryEndpoints") or {}).get("blob") or "")
        learned = {"blob-endpoint": endpoint}
        gaps: list[str] = []
        flags: list[str] = []
        for name, right, option, gap in _HARDENING:
            if account.get(name) is not right:
                gaps.append(gap)
                flags += [option, "true" if right else "false"]
        if account.get("minimumTlsVersion") not in ("TLS1_2", "TLS1_3"):
            gaps.append("it accepts TLS older than 1.2")
            flags += ["--min-tls-version", "TLS1_2"]
        if gaps:
            mend = in_subscription(wanted, "storage", "account", "update", *where(known), *flags)
            by_hand = "" if is_marked(account) or wanted.adopt else _NOT_OURS
            return Verdict("; ".join(gaps), (mend,), learned, by_hand)
        return Verdict(learned=learned, note=_firewall(account))

    return Step(
        "storage",
        f"storage account {wanted.storage}".rstrip() + " (keys and public access off)",
        CONTRIBUTOR,
        lambda known: [in_subscription(wanted, "storage", "account", "show", *where(known))],
        judge,
    )


def _firewall(account: Mapping[str, Any]) -> str:
    rules = account.get("networkRuleSet") or {}
    if account.get("publicNetworkAccess") == "Disabled":
        return "public network access is disabled: screens need a private endpoint"
    if str(rules.get("defaultAction") or "Allow") != "Allow":
        return "the firewall refuses networks that it does not list: the screens' network has to be in it"
    return ""


def _container(wanted: Wanted) -> Step:
    def where(known: Known) -> Command:
        account = wanted.storage_name(known["subscription"])
        return ("--storage-account", account, "--resource-group", wanted.group, "--name", wanted.container)

    def judge(known: Known, answers: Sequence[Answer]) -> Verdict:
        container = answers[0]
        if not container:
            metadata = MARK.replace("-", "")
            mend = ("storage", "container-rm", "create", *where(known), "--metadata", metadata)
            return Verdict("there is no such container", (in_subscription(wanted, *mend),))
        if str(container.get("publicAccess") or "None") != "None":
            mend = ("storage", "container-rm", "update", *where(known), "--public-access", "off")
            return Verdict("anybody can read the container", (in_subscription(wanted, *mend),))
        return Verdict()

    return Step(
        "container",
        f"container {wanted.container}",
        CONTRIBUTOR,
        lambda known: [in_subscription(wanted, "storage", "container-rm", "show", *where(known))],
        judge,
        ("blob-endpoint",),
    )
