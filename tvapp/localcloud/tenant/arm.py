"""Azure Resource Manager as far as `az` needs it to provision: subscriptions, groups, providers, roles, resources."""

from __future__ import annotations

import re

from starlette.requests import Request
from starlette.routing import Route

from tvapp.localcloud.cloud import Cloud
from tvapp.localcloud.people import ORGANISATION, SUBSCRIPTION_ID, TENANT_DOMAIN, TENANT_ID
from tvapp.localcloud.tenant import arm_resources, arm_roles
from tvapp.localcloud.tenant.arm_call import Call, Work
from tvapp.localcloud.tenant.callers import caller
from tvapp.localcloud.tenant.errors import Denied, bad_request, not_found
from tvapp.localcloud.tenant.model import SUBSCRIPTION_NAME, SUBSCRIPTION_SCOPE, Json
from tvapp.localcloud.tenant.serving import Answer, answering, body_of
from tvapp.localcloud.tokens import MANAGEMENT
from tvapp.localcloud.wire import wired

METHODS = ["GET", "PUT", "POST", "PATCH", "DELETE", "HEAD"]
ENDPOINT = "arm"
PROVIDERS = {
    name.lower(): name
    for name in ("Microsoft.Maps", "Microsoft.Storage", "Microsoft.Insights", "Microsoft.Authorization")
}


def routes(cloud: Cloud) -> list[Route]:
    """Return the endpoints that stand for management.azure.com."""
    serve = wired(cloud, ENDPOINT, "maps", answering(cloud, _answer))
    paths = (
        "/metadata/endpoints",
        "/tenants",
        "/subscriptions",
        "/subscriptions/{rest:path}",
        "/providers/{rest:path}",
    )
    return [Route(path, serve, methods=METHODS) for path in paths]


async def _answer(cloud: Cloud, request: Request) -> Answer:
    if request.url.path == "/metadata/endpoints":
        return 200, _metadata(cloud)
    object_id = caller(cloud, request)
    if "api-version" not in request.query_params:
        raise bad_request("MissingApiVersionParameter", "The api-version query parameter (?api-version=) is required.")
    body = await body_of(request, bad_request("InvalidRequestContent", "The request content was invalid."))
    for methods, pattern, work in TABLE:
        found = pattern.fullmatch(request.url.path)
        if found is not None and request.method in methods.split():
            query = dict(request.query_params)
            return work(Call(cloud, object_id, request.url.path, found.groups(), query, body))
    raise not_found("InvalidResourceType", f"The resource type of {request.method} {request.url.path}")


def _metadata(cloud: Cloud) -> Json:
    base = cloud.base_url
    return {
        "name": "Local",
        "portal": f"{base}/portal",
        "authentication": {
            "loginEndpoint": base,
            "audiences": [f"{MANAGEMENT}/"],
            "tenant": "common",
            "identityProvider": "AAD",
        },
        "graphAudience": f"{base}/aad-graph/",
        "graph": f"{base}/aad-graph/",
        "microsoftGraphResourceId": f"{cloud.graph_url}/",
        "resourceManager": f"{base}/",
        "media": f"{base}/media",
        "gallery": f"{base}/gallery",
        "batch": f"{base}/batch",
        "sqlManagement": f"{base}/sql",
        "vmImageAliasDoc": f"{base}/aliases.json",
        "activeDirectoryDataLake": f"{base}/datalake/",
        "suffixes": {
            "storage": "core.localhost",
            "keyVaultDns": "vault.localhost",
            "sqlServerHostname": "sql.localhost",
        },
    }


def _subscription() -> Json:
    return {
        "id": SUBSCRIPTION_SCOPE,
        "subscriptionId": SUBSCRIPTION_ID,
        "displayName": SUBSCRIPTION_NAME,
        "state": "Enabled",
        "tenantId": TENANT_ID,
        "subscriptionPolicies": {"spendingLimit": "Off", "quotaId": "Local", "locationPlacementId": "Local"},
    }


def _tenants(_call: Call) -> Answer:
    entry = {
        "id": f"/tenants/{TENANT_ID}",
        "tenantId": TENANT_ID,
        "displayName": ORGANISATION,
        "defaultDomain": TENANT_DOMAIN,
    }
    return 200, {"value": [entry]}


def _subscriptions(_call: Call) -> Answer:
    return 200, {"value": [_subscription()]}


def _one_subscription(call: Call) -> Answer:
    if call.parts[0].lower() != SUBSCRIPTION_ID:
        raise not_found("SubscriptionNotFound", f"The subscription '{call.parts[0]}'")
    return 200, _subscription()


def _provider_json(call: Call, namespace: str) -> Json:
    name = PROVIDERS.get(namespace.lower())
    if name is None:
        raise not_found("InvalidResourceNamespace", f"The resource namespace '{namespace}'")
    is_there = namespace.lower() in call.cloud.tenant.providers
    return {
        "id": f"{SUBSCRIPTION_SCOPE}/providers/{name}",
        "namespace": name,
        "registrationPolicy": "RegistrationRequired",
        "registrationState": "Registered" if is_there else "NotRegistered",
        "resourceTypes": [],
    }


def _provider(call: Call) -> Answer:
    call.require("Microsoft.Resources/subscriptions/providers/read", SUBSCRIPTION_SCOPE)
    return 200, _provider_json(call, call.parts[0])


def _register(call: Call) -> Answer:
    call.require(f"{PROVIDERS.get(call.parts[0].lower(), call.parts[0])}/register/action", SUBSCRIPTION_SCOPE)
    _provider_json(call, call.parts[0])
    call.cloud.tenant.providers.add(call.parts[0].lower())
    return 200, _provider_json(call, call.parts[0])


def _group(call: Call) -> Json:
    found = call.cloud.tenant.resource_groups.get(call.path.lower())
    if found is None:
        raise not_found("ResourceGroupNotFound", f"Resource group '{call.parts[0]}'")
    return found


def _get_group(call: Call) -> Answer:
    call.require("Microsoft.Resources/subscriptions/resourceGroups/read", call.path)
    return 200, _group(call)


def _put_group(call: Call) -> Answer:
    call.require("Microsoft.Resources/subscriptions/resourceGroups/write", call.path)
    groups, key = call.cloud.tenant.resource_groups, call.path.lower()
    if key in groups and groups[key]["location"] != call.body["location"]:
        message = f"The resource group {call.parts[0]} already exists in location {groups[key]['location']}."
        raise Denied(409, "InvalidResourceGroupLocation", message)
    status = 200 if key in groups else 201
    groups[key] = {
        "id": f"{SUBSCRIPTION_SCOPE}/resourceGroups/{call.parts[0]}",
        "name": call.parts[0],
        "type": "Microsoft.Resources/resourceGroups",
        "location": call.body["location"],
        "tags": call.body.get("tags") or {},
        "properties": {"provisioningState": "Succeeded"},
    }
    return status, groups[key]


def _delete_group(call: Call) -> Answer:
    call.require("Microsoft.Resources/subscriptions/resourceGroups/delete", call.path)
    _group(call)
    call.cloud.tenant.delete_below(call.path)
    return 200, None


def _list_resources(call: Call) -> Answer:
    scope = call.path.removesuffix("/resources").lower()
    call.require("Microsoft.Resources/subscriptions/resourceGroups/read", scope)
    if scope != SUBSCRIPTION_SCOPE and scope not in call.cloud.tenant.resource_groups:
        raise not_found("ResourceGroupNotFound", f"Resource group '{scope.rpartition('/')[2]}'")
    found = (each for key, each in call.cloud.tenant.resources.items() if key.startswith(f"{scope}/"))
    kept = ("id", "name", "type", "location", "tags", "kind", "sku")
    return 200, {
        "value": [{k: each[k] for k in kept if k in each} for each in found if "/blobServices/" not in each["id"]]
    }


_SUB = rf"(?i:/subscriptions/{SUBSCRIPTION_ID})"
_RG = rf"{_SUB}/(?i:resourcegroups)/([\w.()-]+)"
_MAPS = rf"{_RG}/(?i:providers/Microsoft\.Maps/accounts)/([\w.-]+)"
_STORAGE = rf"{_RG}/(?i:providers/Microsoft\.Storage/storageAccounts)/([a-z0-9]+)"
_CONTAINERS = rf"{_STORAGE}/(?i:blobServices/default/containers)"
_ROLES = r"/(?i:providers/Microsoft\.Authorization)"


def _row(methods: str, pattern: str, work: Work) -> tuple[str, re.Pattern[str], Work]:
    return methods, re.compile(pattern), work


TABLE: tuple[tuple[str, re.Pattern[str], Work], ...] = (
    _row("GET", "/tenants", _tenants),
    _row("GET", "/subscriptions", _subscriptions),
    _row("GET", r"/subscriptions/([\w-]+)", _one_subscription),
    _row("GET", rf"{_SUB}/providers/([\w.]+)", _provider),
    _row("POST", rf"{_SUB}/providers/([\w.]+)/register", _register),
    _row("GET HEAD", _RG, _get_group),
    _row("PUT", _RG, _put_group),
    _row("DELETE", _RG, _delete_group),
    _row("GET", rf"{_RG}/resources", _list_resources),
    _row("GET", rf"{_SUB}/resources", _list_resources),
    _row("GET", _MAPS, arm_resources.get),
    _row("PUT", _MAPS, arm_resources.put_maps),
    _row("PATCH", _MAPS, arm_resources.patch_maps),
    _row("DELETE", _MAPS, arm_resources.delete),
    _row("POST", rf"{_MAPS}/listKeys", arm_resources.list_keys),
    _row("POST", rf"{_MAPS}/regenerateKey", arm_resources.renew_key),
    _row("POST", rf"{_SUB}/(?i:providers/Microsoft\.Storage/checkNameAvailability)", arm_resources.check_name),
    _row("GET", _STORAGE, arm_resources.get),
    _row("PUT", _STORAGE, arm_resources.put_storage),
    _row("PATCH", _STORAGE, arm_resources.patch_storage),
    _row("DELETE", _STORAGE, arm_resources.delete),
    _row("GET", _CONTAINERS, arm_resources.list_containers),
    _row("GET", rf"{_CONTAINERS}/([a-z0-9-]+)", arm_resources.get_container),
    _row("PUT", rf"{_CONTAINERS}/([a-z0-9-]+)", arm_resources.put_container),
    _row("PATCH", rf"{_CONTAINERS}/([a-z0-9-]+)", arm_resources.put_container),
    _row("DELETE", rf"{_CONTAINERS}/([a-z0-9-]+)", arm_resources.delete_container),
    _row("GET", rf"(|/.+){_ROLES}/roleDefinitions", arm_roles.list_definitions),
    _row("GET", rf"(|/.+){_ROLES}/roleDefinitions/([\w-]+)", arm_roles.get_definition),
    _row("PUT", rf"(|/.+){_ROLES}/roleDefinitions/([\w-]+)", arm_roles.put_definition),
    _row("DELETE", rf"(|/.+){_ROLES}/roleDefinitions/([\w-]+)", arm_roles.delete_definition),
    _row("GET", rf"(|/.+){_ROLES}/roleAssignments", arm_roles.list_assignments),
    _row("GET", rf"(|/.+){_ROLES}/roleAssignments/([\w-]+)", arm_roles.get_assignment),
    _row("PUT", rf"(|/.+){_ROLES}/roleAssignments/([\w-]+)", arm_roles.put_assignment),
    _row("DELETE", rf"(|/.+){_ROLES}/roleAssignments/([\w-]+)", arm_roles.delete_assignment),
)
