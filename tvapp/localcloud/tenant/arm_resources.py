"""Maps accounts, storage accounts and containers in Azure Resource Manager."""

from __future__ import annotations

import datetime
import re
import secrets

from tvapp.localcloud.tenant.arm_call import Call
from tvapp.localcloud.tenant.errors import Denied, bad_request, not_found
from tvapp.localcloud.tenant.model import (
    CONTAINER_TYPE,
    MAPS_TYPE,
    STORAGE_TYPE,
    SUBSCRIPTION_SCOPE,
    Json,
    Keys,
    new_id,
)
from tvapp.localcloud.tenant.sample import maps_account
from tvapp.localcloud.tenant.serving import Answer

STORAGE_NAME = re.compile(r"[a-z0-9]{3,24}")
STORAGE_FIELDS = {"minimumTlsVersion": "TLS1_0", "allowSharedKeyAccess": None, "allowBlobPublicAccess": None,
                  "supportsHttpsTrafficOnly": True, "publicNetworkAccess": None, "networkAcls": None}  # fmt: skip
"""Properties of a storage account that clients may set, with the values that they have otherwise."""


def get(call: Call) -> Answer:
    """Return a resource."""
    call.require(f"{_kind(call)}/read", call.path)
    return 200, _found(call, call.path)


def delete(call: Call) -> Answer:
    """Delete a resource with everything in it."""
    call.require(f"{_kind(call)}/delete", call.path)
    _found(call, call.path)
    call.cloud.tenant.delete_below(call.path)
    return 200, None


def put_maps(call: Call) -> Answer:
    """Create or replace a Maps account."""
    call.require(f"{MAPS_TYPE}/write", call.path)
    _require_place(call, "Microsoft.Maps")
    tenant, key = call.cloud.tenant, call.path.lower()
    old = tenant.resources.get(key)
    if call.body.get("sku", {}).get("name") != "G2" or call.body.get("kind", "Gen2") != "Gen2":
        raise bad_request("BadRequest", "Gen1 (S0, S1) accounts can no longer be created.")
    account = old or maps_account(_canonical(call, MAPS_TYPE), new_id(), call.body["location"])
    account["tags"] = call.body.get("tags") or {}
    local = (call.body.get("properties") or {}).get("disableLocalAuth")
    account["properties"]["disableLocalAuth"] = bool(local)
    tenant.resources[key] = account
    tenant.keys.setdefault(key, Keys(_key(), _key(), _now(call), _now(call)))
    return (200 if old else 201), account


def patch_maps(call: Call) -> Answer:
    """Change a Maps account."""
    call.require(f"{MAPS_TYPE}/write", call.path)
    account = _found(call, call.path)
    if "tags" in call.body:
        account["tags"] = call.body["tags"] or {}
    properties = {k: v for k, v in (call.body.get("properties") or {}).items() if v is not None}
    account["properties"].update({k: v for k, v in properties.items() if k == "disableLocalAuth"})
    return 200, account


def list_keys(call: Call) -> Answer:
    """Return the shared keys of a Maps account."""
    account_id = call.path.rpartition("/")[0]
    call.require(f"{MAPS_TYPE}/listKeys/action", account_id)
    _found(call, account_id)
    return 200, _keys_json(call.cloud.tenant.keys[account_id.lower()])


def renew_key(call: Call) -> Answer:
    """Make a new primary or secondary key; the former one is refused from now on."""
    account_id = call.path.rpartition("/")[0]
    call.require(f"{MAPS_TYPE}/regenerateKey/action", account_id)
    _found(call, account_id)
    keys = call.cloud.tenant.keys[account_id.lower()]
    kind = str(call.body.get("keyType"))
    if kind not in ("primary", "secondary"):
        raise bad_request("BadRequest", "keyType must be primary or secondary.")
    keys.renew(kind, _now(call))
    return 200, _keys_json(keys)


def check_name(call: Call) -> Answer:
    """Tell whether a storage account's name is free."""
    name = str(call.body.get("name", ""))
    if not STORAGE_NAME.fullmatch(name):
        return 200, {"nameAvailable": False, "reason": "AccountNameInvalid", "message": f"{name} is not valid."}
    if call.cloud.tenant.storage_account(name) is not None or name in TAKEN:
        message = f"The storage account named {name} is already taken."
        return 200, {"nameAvailable": False, "reason": "AlreadyExists", "message": message}
    return 200, {"nameAvailable": True}


TAKEN = frozenset({"geofences", "tvmaps"})
"""Names of storage accounts of other organisations."""


def put_storage(call: Call) -> Answer:
    """Create or replace a storage account; answers 200 at once, so that no client has to poll."""
    call.require(f"{STORAGE_TYPE}/write", call.path)
    _require_place(call, "Microsoft.Storage")
    tenant, key, name = call.cloud.tenant, call.path.lower(), call.parts[1]
    if not STORAGE_NAME.fullmatch(name):
        raise bad_request("AccountNameInvalid", f"{name} is not a valid storage account name.")
    other = tenant.storage_account(name)
    if name in TAKEN or (other is not None and other["id"].lower() != key):
        raise Denied(409, "StorageAccountAlreadyTaken", f"The storage account named {name} is already taken.")
    given = call.body.get("properties") or {}
    tenant.resources[key] = {
        "id": _canonical(call, STORAGE_TYPE),
        "name": name,
        "type": STORAGE_TYPE,
        "location": call.body["location"],
        "kind": call.body.get("kind", "StorageV2"),
        "sku": {"name": call.body.get("sku", {}).get("name", "Standard_RAGRS"), "tier": "Standard"},
        "tags": call.body.get("tags") or {},
        "properties": {
            "provisioningState": "Succeeded",
            "primaryEndpoints": {"blob": f"{call.cloud.base_url}/{name}/"},
            "primaryLocation": call.body["location"],
            "statusOfPrimary": "available",
            "creationTime": _now(call),
            "encryption": {"keySource": "Microsoft.Storage", "services": {"blob": {"enabled": True}}},
            **{k: given.get(k, default) for k, default in STORAGE_FIELDS.items()},
        },
    }
    return 200, tenant.resources[key]


def patch_storage(call: Call) -> Answer:
    """Change a storage account."""
    call.require(f"{STORAGE_TYPE}/write", call.path)
    account = _found(call, call.path)
    if call.body.get("tags") is not None:
        account["tags"] = call.body["tags"]
    given = call.body.get("properties") or {}
    account["properties"].update({k: v for k, v in given.items() if k in STORAGE_FIELDS and v is not None})
    return 200, account


def list_containers(call: Call) -> Answer:
    """Return the containers of a storage account."""
    call.require(f"{CONTAINER_TYPE}/read", call.path)
    _found(call, _account_id(call))
    start = f"{call.path.lower()}/"
    return 200, {"value": [each for key, each in call.cloud.tenant.resources.items() if key.startswith(start)]}


def get_container(call: Call) -> Answer:
    """Return a container."""
    call.require(f"{CONTAINER_TYPE}/read", call.path)
    _found(call, _account_id(call))
    found = call.cloud.tenant.resource(call.path)
    if found is None:
        raise not_found("ContainerNotFound", "The specified container")
    return 200, found


def put_container(call: Call) -> Answer:
    """Create or change a container. Resource Manager does this without any role for blobs."""
    call.require(f"{CONTAINER_TYPE}/write", call.path)
    _found(call, _account_id(call))
    tenant, key = call.cloud.tenant, call.path.lower()
    status = 200 if key in tenant.resources else 201
    given = call.body.get("properties") or {}
    container_id = f"{_account_id(call)}/blobServices/default/containers/{call.parts[2]}"
    tenant.resources[key] = {
        "id": container_id,
        "name": call.parts[2],
        "type": CONTAINER_TYPE,
        "etag": f'"{secrets.token_hex(8)}"',
        "properties": {
            "publicAccess": given.get("publicAccess") or "None",
            "metadata": given.get("metadata") or {},
            "hasImmutabilityPolicy": False,
            "hasLegalHold": False,
        },
    }
    tenant.blobs.setdefault(key, {})
    return status, tenant.resources[key]


def delete_container(call: Call) -> Answer:
    """Delete a container with its blobs."""
    call.require(f"{CONTAINER_TYPE}/delete", call.path)
    if call.cloud.tenant.resource(call.path) is None:
        return 204, None
    call.cloud.tenant.delete_below(call.path)
    return 200, None


def _kind(call: Call) -> str:
    return MAPS_TYPE if "/microsoft.maps/" in call.path.lower() else STORAGE_TYPE


def _canonical(call: Call, kind: str) -> str:
    return f"{SUBSCRIPTION_SCOPE}/resourceGroups/{call.parts[0]}/providers/{kind}/{call.parts[1]}"


def _account_id(call: Call) -> str:
    return _canonical(call, STORAGE_TYPE)


def _found(call: Call, resource_id: str) -> Json:
    _require_group(call)
    found = call.cloud.tenant.resource(resource_id)
    if found is None:
        kind_and_name = resource_id.partition("/providers/")[2]
        message = f"The Resource '{kind_and_name}' under resource group '{call.parts[0]}'"
        raise not_found("ResourceNotFound", message)
    return found


def _require_place(call: Call, provider: str) -> None:
    _require_group(call)
    if provider.lower() not in call.cloud.tenant.providers:
        message = f"The subscription is not registered to use namespace '{provider}'."
        raise Denied(409, "MissingSubscriptionRegistration", message)


def _require_group(call: Call) -> None:
    group_id = f"{SUBSCRIPTION_SCOPE}/resourceGroups/{call.parts[0]}".lower()
    if group_id not in call.cloud.tenant.resource_groups:
        raise not_found("ResourceGroupNotFound", f"Resource group '{call.parts[0]}'")


def _keys_json(keys: Keys) -> Json:
    return {
        "primaryKey": keys.primary,
        "primaryKeyLastUpdated": keys.primary_made,
        "secondaryKey": keys.secondary,
        "secondaryKeyLastUpdated": keys.secondary_made,
    }


def _key() -> str:
    return secrets.token_urlsafe(32)


def _now(call: Call) -> str:
    return datetime.datetime.fromtimestamp(call.cloud.wall(), datetime.UTC).isoformat().replace("+00:00", "Z")
