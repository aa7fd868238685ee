"""Puts the steps in order, and works out the ids that follow from names."""

from __future__ import annotations

from scripts.azure_setup.access_steps import access_steps
from scripts.azure_setup.app_steps import app_steps
from scripts.azure_setup.people_steps import people_steps
from scripts.azure_setup.resource_steps import resource_steps
from scripts.azure_setup.step import Answer, Known, Step
from scripts.azure_setup.wanted import Wanted

MAPS_HOSTS = {"AzureCloud": "https://atlas.microsoft.com", "AzureUSGovernment": "https://atlas.azure.us"}
"""The address of Azure Maps, by the name that `az` has for the cloud. Other clouds need `--endpoint`."""


def plan(wanted: Wanted) -> list[Step]:
    """Return every step, in the order of the guide: account, registration, permissions, people, policies."""
    steps = [*resource_steps(wanted)]
    if wanted.has_sign_in:
        steps += [*app_steps(wanted), *people_steps(wanted), *access_steps(wanted)]
    return steps


def known_from(wanted: Wanted, account: Answer, cloud: Answer) -> Known:
    """Return what `az account show` and `az cloud show` tell, and the ids of the resources that follow from it."""
    known = Known()
    if account:
        known["subscription"] = str(account["id"])
        known["tenant"] = str(account["tenantId"])
        known["organisation"] = str(account.get("tenantDisplayName") or "")
    if cloud:
        endpoints = cloud["endpoints"]
        known["cloud"] = str(cloud["name"])
        known["graph"] = str(endpoints["microsoftGraphResourceId"]).rstrip("/")
        known["manager"] = str(endpoints["resourceManager"]).rstrip("/")
        known["login"] = str(endpoints["activeDirectory"]).rstrip("/")
    known["maps-host"] = wanted.endpoint or MAPS_HOSTS.get(known.get("cloud", "AzureCloud"), "")
    group_id = f"/subscriptions/{known['subscription']}/resourceGroups/{wanted.group}"
    storage = wanted.storage_name(known["subscription"])
    known["group-id"] = group_id
    known["maps-id"] = f"{group_id}/providers/Microsoft.Maps/accounts/{wanted.maps}"
    known["storage-id"] = f"{group_id}/providers/Microsoft.Storage/storageAccounts/{storage}"
    known["container-id"] = f"{known['storage-id']}/blobServices/default/containers/{wanted.container}"
    return known
