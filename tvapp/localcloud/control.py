"""The control API under /_control, for tests and the demo. JSON, loopback only.

| request | does |
| --- | --- |
| GET  /_control | addresses, ids and people of this cloud |
| POST /_control/faults | `{"endpoint": "tile", ...fields of faults.Fault}`: put a fault in force |
| GET  /_control/faults | the faults in force |
| DELETE /_control/faults[?endpoint=tile] | lift them |
| GET  /_control/requests[?endpoint=tile] | `{endpoint: {count, in_flight, most_in_flight, statuses, recent}}` |
| DELETE /_control/requests | reset the counters |
| GET  /_control/pending | user codes that are not approved yet |
| POST /_control/sign-in | `{"user_code": "...", "person": "aino"}` approves, `{"user_code": "...", "decline": true}` |
| GET  /_control/issued | every secret since the last reset, by kind: tests search logs and files for them |
| POST /_control/revoke | all refresh tokens; with `{"access": true}` the access tokens issued so far as well |
| POST /_control/challenge | Azure Maps challenges all current tokens for claims (`cae`); answers `{claims, header}` |
| POST /_control/regenerate-key | `{"key": "primary"}` or "secondary": answers the new `key`; the former is refused |
| GET, POST /_control/settings | read, change (`settings.Settings`); the GET also tells the subscription keys |
| GET  /_control/map-data | `{files, changes, accepted}`: stored files, accepted changes, their number by method |
| POST /_control/map-data | `{"description": "...", "content": "text"}`: store a file at once, without checks |
| POST /_control/map-data | `{"udid": "...", "content": "text"}`: change a file at once, without checks |
| DELETE /_control/map-data | remove all files |
| GET  /_control/usage | `[{at, api, code, count}]`: the requests that the metrics of the account count |
| POST /_control/usage | `{"endpoint": "tile", "tileset": "...", "status": 200, "count": 9, "age_s": 3600}`: add some |
| POST /_control/reset | restore the state after the start: settings, faults, grants, tokens, traffic, files |

Endpoints: discovery, instance, devicecode, token (polls), refresh, tile, attribution, tileset, copyright, static,
map-data, metrics, page. Challenge fields: needs_person, goes_on, off. Fault fields: delay_s, drip_s, status, body,
content_type, error, aadsts, retry_after, headers, reset ("before", "headers", "after"), truncate, html, bad_bytes,
oversized_bytes, clock_skew_s, times, match, method, path.
"""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from pathlib import Path

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tvapp.core.errors import DataError
from tvapp.localcloud.cae import Challenges
from tvapp.localcloud.cloud import Cloud
from tvapp.localcloud.faults import ENDPOINTS, Traffic, parse_fault
from tvapp.localcloud.map_data_store import METHODS, MapDataStore
from tvapp.localcloud.people import (
    CLIENT_ID,
    CONFIDENTIAL_CLIENT_ID,
    MAPS_CLIENT_ID,
    MAPS_RESOURCE_ID,
    ORGANISATION,
    PEOPLE,
    TENANT_ID,
)
from tvapp.localcloud.people import person_by_key as find_person
from tvapp.localcloud.samples import seed
from tvapp.localcloud.settings import Settings, changed
from tvapp.localcloud.wire import recorded_json

Work = Callable[[Request, dict[str, object]], Awaitable[object]]


def routes(cloud: Cloud, store: MapDataStore, seed_dir: Path | None, initial: Settings) -> list[Route]:
    """Return the control endpoints."""
    control = Control(cloud, store, seed_dir, initial)
    table: list[tuple[str, str, Work]] = [
        ("", "GET", control.about),
        ("/faults", "GET", control.faults),
        ("/faults", "POST", control.set_fault),
        ("/faults", "DELETE", control.clear_faults),
        ("/requests", "GET", control.requests),
        ("/requests", "DELETE", control.forget_requests),
        ("/pending", "GET", control.pending),
        ("/sign-in", "POST", control.sign_in),
        ("/issued", "GET", control.issued),
        ("/revoke", "POST", control.revoke),
        ("/challenge", "POST", control.challenge),
        ("/regenerate-key", "POST", control.regenerate_key),
        ("/settings", "GET", control.settings),
        ("/settings", "POST", control.change_settings),
        ("/map-data", "GET", control.map_data),
        ("/map-data", "POST", control.add_map_data),
        ("/map-data", "DELETE", control.clear_map_data),
        ("/usage", "GET", control.usage),
        ("/usage", "POST", control.add_usage),
        ("/reset", "POST", control.reset),
    ]
    return [Route("/_control" + path, _json(work), methods=[method]) for path, method, work in table]


class Control:
    """The endpoints; each takes a request and its JSON object, and returns the JSON value of the answer."""

    def __init__(self, cloud: Cloud, store: MapDataStore, seed_dir: Path | None, initial: Settings) -> None:
        self.cloud = cloud
        self.store = store
        self.seed_dir = seed_dir
        self.initial = initial

    async def about(self, request: Request, body: dict[str, object]) -> object:
        cloud = self.cloud
        return {
            "authority": cloud.authority,
            "oidc_authority": f"{cloud.base_url}/oidc",
            "endpoint": cloud.base_url,
            "page": cloud.page_url,
            "tenant": TENANT_ID,
            "organisation": ORGANISATION,
            "client_id": CLIENT_ID,
            "confidential_client_id": CONFIDENTIAL_CLIENT_ID,
            "maps_client_id": MAPS_CLIENT_ID,
            "maps_resource_id": MAPS_RESOURCE_ID,
            "people": [{"key": p.key, "name": p.name, "username": p.username, "role": p.role} for p in PEOPLE],
            "endpoints": ENDPOINTS,
        }

    async def faults(self, request: Request, body: dict[str, object]) -> object:
        return self.cloud.switchboard.in_force()

    async def set_fault(self, request: Request, body: dict[str, object]) -> object:
        endpoint = str(body.pop("endpoint", ""))
        self.cloud.switchboard.set(endpoint, parse_fault(body))
        return self.cloud.switchboard.in_force()

    async def clear_faults(self, request: Request, body: dict[str, object]) -> object:
        self.cloud.switchboard.clear(request.query_params.get("endpoint", ""))
        return self.cloud.switchboard.in_force()

    async def requests(self, request: Request, body: dict[str, object]) -> object:
        traffic = self.cloud.switchboard.traffic
        wanted = request.query_params.get("endpoint")
        if wanted is not None and wanted not in traffic:
            raise DataError("requests", f"no endpoint {wanted!r}")
        return {name: _traffic_json(entry) for name, entry in traffic.items() if wanted in (None, name)}

    async def forget_requests(self, request: Request, body: dict[str, object]) -> object:
        self.cloud.switchboard.forget_traffic()
        return {}

    async def pending(self, request: Request, body: dict[str, object]) -> object:
        now = self.cloud.now()
        return [
            {
                "user_code": grant.user_code,
                "client_id": grant.client_id,
                "flavour": grant.flavour,
                "expires_in": round(grant.expires_at - now, 1),
                "polls": grant.polls,
            }
            for grant in self.cloud.grants.pending(now)
        ]

    async def sign_in(self, request: Request, body: dict[str, object]) -> object:
        grant = self.cloud.grants.find(str(body.get("user_code", "")))
        if grant is None:
            raise DataError("sign-in", "no such user code")
        if grant.state != "pending" or grant.is_expired(self.cloud.now()):
            raise DataError("sign-in", f"the code is {'expired' if grant.state == 'pending' else grant.state}")
        if body.get("decline"):
            grant.state = "declined"
            return {"state": grant.state}
        person = find_person(str(body.get("person", "aino")))
        if person is None:
            raise DataError("sign-in", f"no such person; there are: {', '.join(p.key for p in PEOPLE)}")
        self.cloud.grants.approve(grant, person)
        return {"state": grant.state, "person": person.key}

    async def issued(self, request: Request, body: dict[str, object]) -> object:
        cloud = self.cloud
        found = [("token", token) for token in cloud.mint.issued] + list(cloud.grants.issued)
        found += [("subscription_key", key) for key in cloud.subscription_keys]
        found += [("username", person.username) for person in PEOPLE]
        return [{"kind": kind, "secret": secret} for kind, secret in found]

    async def revoke(self, request: Request, body: dict[str, object]) -> object:
        count = self.cloud.grants.revoke_all()
        if body.get("access"):
            self.cloud.mint.revoke_access_tokens()
        return {"refresh_tokens": count}

    async def challenge(self, request: Request, body: dict[str, object]) -> object:
        if body.get("off"):
            self.cloud.challenges = Challenges()
            return {}
        # Each challenge has a new time, also within the same second.
        event = max(int(self.cloud.wall()), int(self.cloud.challenges.not_before or 0) + 1)
        self.cloud.challenges = Challenges(str(event), bool(body.get("needs_person")), bool(body.get("goes_on")))
        return {"claims": self.cloud.challenges.claims, "header": self.cloud.challenges.header}

    async def regenerate_key(self, request: Request, body: dict[str, object]) -> object:
        return {"key": self.cloud.regenerate_key(str(body.get("key", "")))}

    async def settings(self, request: Request, body: dict[str, object]) -> object:
        return {**asdict(self.cloud.settings), "subscription_keys": list(self.cloud.subscription_keys)}

    async def change_settings(self, request: Request, body: dict[str, object]) -> object:
        self.cloud.settings = changed(self.cloud.settings, body)
        return asdict(self.cloud.settings)

    async def map_data(self, request: Request, body: dict[str, object]) -> object:
        files = [
            {**asdict(file), "content": None if file.content is None else file.content.decode("utf-8", "replace")}
            for file in self.store.listing()
        ]
        accepted = {method: self.store.accepted[method] for method in METHODS}
        return {"files": files, "changes": [asdict(change) for change in self.store.changes], "accepted": accepted}

    async def add_map_data(self, request: Request, body: dict[str, object]) -> object:
        content, description = body.get("content", ""), body.get("description", "")
        if not isinstance(content, str) or not isinstance(description, str):
            raise DataError("map-data", "content and description must be text")
        if "udid" not in body:
            return {"udid": self.store.add(content.encode(), description).udid}
        file = self.store.files.get(str(body["udid"]))
        if file is None:
            raise DataError("map-data", "no such file")
        file.content = content.encode()
        return {"udid": file.udid}

    async def clear_map_data(self, request: Request, body: dict[str, object]) -> object:
        self.store.clear()
        return {}

    async def usage(self, request: Request, body: dict[str, object]) -> object:
        rows = self.cloud.ledger.within(0.0, float("inf"))
        return [{"at": row.at, "api": row.api, "code": row.code, "count": count} for row, count in rows]

    async def add_usage(self, request: Request, body: dict[str, object]) -> object:
        numbers = [body.get("status", 200), body.get("count", 1), body.get("age_s", 0)]
        if not all(type(number) is int and number >= 0 for number in numbers):
            raise DataError("usage", "status, count and age_s must be numbers")
        status, count, age_s = (int(str(number)) for number in numbers)
        query = {"tilesetId": str(body.get("tileset", ""))}
        self.cloud.ledger.note(str(body.get("endpoint", "tile")), query, status, self.cloud.wall() - age_s, count)
        return {}

    async def reset(self, request: Request, body: dict[str, object]) -> object:
        cloud = self.cloud
        cloud.settings = self.initial
        cloud.switchboard.clear()
        cloud.switchboard.forget_traffic()
        cloud.grants.clear()
        cloud.throttle.clear()
        cloud.ledger.clear()
        cloud.challenges = Challenges()
        cloud.mint.revoke_access_tokens()
        cloud.mint.issued.clear()
        self.store.clear()
        return {"files": seed(self.store, self.seed_dir)}


def _json(work: Work) -> Callable[[Request], Awaitable[Response]]:
    async def serve(request: Request) -> Response:
        if not _is_local(request):
            return JSONResponse({"error": "only from this machine"}, 403)
        body: object = {}
        if request.method == "POST":
            raw = await request.body()
            # A browser sends this type across origins only after a CORS preflight, which is refused.
            if raw and not request.headers.get("content-type", "").startswith("application/json"):
                return JSONResponse({"error": "send application/json"}, 415)
            try:
                body = json.loads(raw or b"{}")
            except ValueError:
                body = None
            if not isinstance(body, dict):
                return JSONResponse({"error": "send a JSON object"}, 400)
        try:
            return JSONResponse(await work(request, body if isinstance(body, dict) else {}))
        except DataError as error:
            return JSONResponse({"error": str(error)}, 400)

    return serve


def _is_local(request: Request) -> bool:
    host = request.url.hostname or ""
    sent_by = request.client.host if request.client else ""
    if "origin" in request.headers or host not in ("localhost", "127.0.0.1", "::1"):
        return False
    try:
        return ipaddress.ip_address(sent_by).is_loopback
    except ValueError:
        return False


def _traffic_json(traffic: Traffic) -> dict[str, object]:
    return {
        "count": traffic.count,
        "in_flight": traffic.in_flight,
        "most_in_flight": traffic.most_in_flight,
        "statuses": {str(status): times for status, times in sorted(traffic.statuses.items())},
        "recent": [recorded_json(recorded) for recorded in traffic.recent],
    }
