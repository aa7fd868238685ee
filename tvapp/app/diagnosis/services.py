"""Checks of the services: a tile, its attribution, the geofences, the fonts for their names, and a change."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping

from tvapp.app.diagnosis.identity import problem_finding, scopes_of, token_check_of
from tvapp.app.diagnosis.missing_fonts import lacking, packages_for
from tvapp.app.diagnosis.network import check_of
from tvapp.app.diagnosis.subject import Online, Subject, failure_of
from tvapp.app.diagnosis.verdicts import Check
from tvapp.azure.authorizer import STORAGE_SCOPE
from tvapp.config.model import Config
from tvapp.core.diagnosis import Finding
from tvapp.core.errors import (
    DataError,
    Forbidden,
    NetworkError,
    NotFound,
    ServiceError,
    SignInError,
    StorageError,
    TvappError,
    Unauthorized,
    UnexpectedReply,
)
from tvapp.fences.model.change import Change, Step, Stored
from tvapp.fences.stores.base import Store, StoreRetired, WritableStore
from tvapp.geo.position import Bounds
from tvapp.tiles.ports import TileRequest
from tvapp.tiles.tile import TileId

WORLD = Bounds(-180.0, -85.0, 180.0, 85.0)
FIRST_ZOOM = 1
"""Imagery has no tile of the whole world."""


async def maps(subject: Subject, online: Online) -> list[Finding]:
    """Fetch a tile of the base map."""
    config = subject.loaded.config
    check = subject.check("maps", f"{config.maps.endpoint} {config.maps.style}")
    is_entra = config.maps.auth == "entra"
    token = token_check_of(next(scopes_of(config), "")) if is_entra else ""
    if blocker := _blocker(subject, check_of(config.maps.endpoint), token):
        return [check.skipped(blocker)]
    if not is_entra and not config.maps.subscription_keys:
        return [check.skipped("config")]
    if is_entra and config.maps.client_id and config.maps.client_id.lower() == config.identity.client_id.lower():
        return [check.failed("maps-client-id-of-app", client_id=config.maps.client_id)]
    tile = TileRequest(TileId(config.maps.style, FIRST_ZOOM, 0, 0), config.kiosk.language, config.maps.view)
    failure = await failure_of(lambda: online.maps.tile(tile))
    if failure is None:
        return [check.passed("maps", endpoint=config.maps.endpoint, style=config.maps.style)]
    return [_maps_failure(check, config, failure)]


def _blocker(subject: Subject, *ids: str) -> str:
    """Return the id of the check that has to be right first: that of a host, or of a token, which needs an account."""
    wanted = tuple(filter(None, ids))
    if blocker := subject.findings.blocker(*wanted):
        return blocker
    needs_account = any(each.startswith("token:") for each in wanted)
    for finding in subject.findings.made:
        if needs_account and finding.id == "token" and finding.outcome != "pass":
            return finding.because or finding.id
        if finding.id in wanted and finding.fault == "token-expired":
            return finding.id
    return ""


def _maps_failure(check: Check, config: Config, failure: TvappError) -> Finding:
    client_id = config.maps.client_id
    match failure:
        case SignInError():
            return problem_finding(check, config, failure, next(scopes_of(config), ""))
        case Unauthorized() if config.maps.auth == "shared-key":
            return check.error("maps-key", failure)
        case Unauthorized(code=code) if "clientid" in code.lower():
            return check.error("maps-client-id", failure, client_id=client_id)
        case Unauthorized():
            return check.error("maps-unauthorized", failure, client_id=client_id)
        case Forbidden():
            return check.error("maps-role", failure, client_id=client_id)
        case UnexpectedReply(code="html"):
            return check.error("captive-portal", failure, host=failure.host)
        case NetworkError():
            return check.error("maps-network", failure)
    return check.error("maps-service", failure)


async def attribution(subject: Subject, online: Online) -> list[Finding]:
    """Fetch the copyright lines that the map must show."""
    config = subject.loaded.config
    check = subject.check("attribution", f"{config.maps.endpoint} {config.maps.style}")
    if blocker := _blocker(subject, "maps"):
        return [check.skipped(blocker)]
    lines: list[str] = []

    async def ask() -> None:
        lines.extend(await online.maps.attribution(config.maps.style, FIRST_ZOOM, WORLD))

    failure = await failure_of(ask)
    if failure is not None:
        return [check.error("attribution", failure)]
    if not lines:
        return [check.warned("attribution-empty", style=config.maps.style)]
    return [check.passed("attribution", lines=lines[0], n=len(lines))]


async def store(subject: Subject, online: Online) -> list[Finding]:
    """Read the geofences."""
    config = subject.loaded.config
    check = subject.check("store", _place(config))
    if online.open_store is None:
        return [check.failed("store-undecided")]
    if blocker := _store_blocker(subject):
        return [check.skipped(blocker)]
    opened = online.open_store()
    skipped: list[int] = []

    async def read() -> None:
        loaded = await opened.load()
        subject.notes.fences = loaded.fences
        skipped.append(len(loaded.skipped))

    failure = await failure_of(read)
    name = config.geofences.store
    if failure is not None:
        return [store_failure(check, config, failure)]
    count, bad = len(subject.notes.fences), skipped[0]
    if bad:
        return [check.warned("store-skipped", store=name, n=count, bad=bad)]
    if not count:
        return [check.warned("store-empty", store=name, place=_place(config))]
    return [check.passed("store", store=name, n=count)]


def _place(config: Config) -> str:
    fences = config.geofences
    match fences.store:
        case "blob":
            return fences.container_url
        case "folder":
            return fences.path
        case "url":
            return ", ".join(fences.urls)
        case "map-data":
            return config.maps.endpoint
    return "[geofences] store"


def _store_blocker(subject: Subject) -> str:
    config = subject.loaded.config
    match config.geofences.store:
        case "blob":
            return _blocker(subject, check_of(config.geofences.container_url), token_check_of(STORAGE_SCOPE))
        case "map-data":
            token = token_check_of(next(scopes_of(config), "")) if config.maps.auth == "entra" else ""
            return _blocker(subject, check_of(config.maps.endpoint), token)
    return ""


def store_failure(check: Check, config: Config, failure: TvappError) -> Finding:
    """Return the finding for a store that refused to be read or written."""
    name = config.geofences.store
    fields = {"store": name, "place": _place(config)}
    is_blob = name == "blob"
    match failure:
        case SignInError():
            scope = STORAGE_SCOPE if is_blob else next(scopes_of(config), "")
            return problem_finding(check, config, failure, scope)
        case StoreRetired():
            return check.error("store-retired", failure)
        case UnexpectedReply(code="html") if name != "url":
            return check.error("captive-portal", failure, host=failure.host)
        case Unauthorized() if is_blob:
            return check.error("storage-tenant", failure)
        case Forbidden(code=code) if is_blob:
            fault = _STORAGE_FAULTS.get(code, "storage-forbidden")
            return check.error(fault, failure, **fields)
        case Forbidden() if name == "map-data":
            return check.error("maps-role", failure, client_id=config.maps.client_id)
        case StorageError() if name == "folder":
            return check.error("store-folder", failure, **fields)
        case NotFound() | DataError() if is_blob:
            return check.error("store-missing", failure, **fields)
        case ServiceError() | DataError() if name == "url":
            return check.error("store-url", failure, **fields)
    return check.error("store-trouble", failure, **fields)


_STORAGE_FAULTS: Mapping[str, str] = {
    "AuthorizationPermissionMismatch": "storage-role",
    "AuthorizationFailure": "storage-firewall",
    "AuthenticationFailed": "storage-token",
}
"""By the code of a 403 of Blob Storage (azure-facts 6): whose refusal it is."""


def fonts(subject: Subject) -> list[Finding]:
    """Look whether this machine has fonts for the names of the geofences."""
    check = subject.check("fonts", "the names of the geofences")
    if blocker := _blocker(subject, "store"):
        return [check.skipped(blocker)]
    missing = lacking(fence.name for fence in subject.notes.fences)
    if not missing:
        return [check.passed("fonts")]
    shown = " ".join(sorted(missing)[:12])
    return [check.warned("fonts-missing", letters=shown, n=len(missing), packages=" ".join(packages_for(missing)))]


async def change(subject: Subject, online: Online) -> list[Finding]:
    """Write a geofence into the store, and remove it again."""
    config = subject.loaded.config
    if not subject.may_write:
        return []
    check = subject.check("store-write", _place(config))
    if blocker := _blocker(subject, "store"):
        return [check.skipped(blocker)]
    opened = online.open_store() if online.open_store is not None else None
    if opened is None or not config.can_edit or not isinstance(opened, WritableStore):
        return [check.passed("store-write.read-only")]
    return [await _try_change(check, subject, opened)]


async def _try_change(check: Check, subject: Subject, opened: Store) -> Finding:
    assert isinstance(opened, WritableStore)
    writable: WritableStore = opened
    config, geometry_id = subject.loaded.config, f"tvapp-doctor-{secrets.token_hex(6)}"
    feature = _feature(geometry_id)
    at = subject.surroundings.clock.wall()
    sources: list[str] = []

    async def note(_step: Step) -> None:
        """Nothing has to survive a restart."""

    async def add() -> None:
        outcome = await writable.send(Change(secrets.token_hex(8), "", geometry_id, b"", feature, at=at), note=note)
        sources.append(outcome.source)

    async def remove() -> None:
        source = sources[0] if sources else ""
        outcome = await writable.send(Change(secrets.token_hex(8), source, geometry_id, feature, b"", at=at), note=note)
        if not isinstance(outcome, Stored):
            raise DataError(geometry_id, "somebody has changed it meanwhile")

    failure = await failure_of(add)
    if failure is not None and not isinstance(failure, NetworkError):
        return _write_failure(check, config, failure)
    # An answer that was lost does not tell whether the geofence is there: it is removed in any case.
    left = await failure_of(remove)
    if failure is not None:
        return _write_failure(check, config, failure)
    if left is not None:
        return check.error("store-left-behind", left, id=geometry_id)
    return check.passed("store-write", id=geometry_id)


def _write_failure(check: Check, config: Config, failure: TvappError) -> Finding:
    is_role = isinstance(failure, Forbidden) and _STORAGE_FAULTS.get(failure.code, "storage-role") == "storage-role"
    if is_role:
        return check.error("storage-write-role", failure, store=config.geofences.store, place=_place(config))
    return store_failure(check, config, failure)


def _feature(geometry_id: str) -> bytes:
    """Return a geofence of 10 m in the ocean, which was valid for a minute in 2000: it shows nowhere as active."""
    validity = [{"startTime": "2000-01-01T00:00:00Z", "endTime": "2000-01-01T00:01:00Z"}]
    return json.dumps(
        {
            "type": "Feature",
            "geometry": {"type": "Point", "coordinates": [0.0, 0.0]},
            "properties": {
                "geometryId": geometry_id,
                "name": "tvapp doctor",
                "subType": "Circle",
                "radius": 10,
                "validityTime": {"expiredTime": "2000-01-01T00:01:00Z", "validityPeriod": validity},
            },
        }
    ).encode()
