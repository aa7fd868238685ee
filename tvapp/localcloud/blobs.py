"""Blob Storage as far as geofences need it: the containers of the tenant, with their roles (azure-facts 6)."""

from __future__ import annotations

import base64
import email.utils
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import unquote
from xml.sax.saxutils import escape

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tvapp.localcloud.cloud import Cloud
from tvapp.localcloud.people import TENANT_ID, Person, person_by_object_id
from tvapp.localcloud.tenant.access import may_use_blobs
from tvapp.localcloud.tenant.model import Blob
from tvapp.localcloud.tokens import STORAGE, Rejected
from tvapp.localcloud.wire import wired

OLDEST_VERSION = "2017-11-09"
"""The first `x-ms-version` that takes bearer tokens."""
MOST_BYTES = 64 << 20
PAGE = 5_000


@dataclass(frozen=True, slots=True)
class Refused(Exception):
    """Ends a request with an error answer."""

    status: int
    code: str
    challenge: str = ""


@dataclass(frozen=True, slots=True)
class Call:
    """One request about a container, or about a blob in it; `name` is empty for the container."""

    request: Request
    body: bytes
    person: Person
    container_id: str
    name: str


def routes(cloud: Cloud) -> list[Route]:
    """Return the endpoints of every storage account, with the account's name first in the path."""
    methods = ["GET", "HEAD", "PUT", "DELETE"]
    serve = wired(cloud, "blob", "maps", Blobs(cloud).serve)
    return [Route(f"/{{account}}/{{container}}{rest}", serve, methods=methods) for rest in ("", "/{name:path}")]


class Blobs:
    """The endpoints. A refused request is told in the order in which the real service looks."""

    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud

    async def serve(self, request: Request, _skew_s: float) -> Response:
        """Answer one request."""
        try:
            return self._work(request)(self._call(request, await request.body()))
        except Refused as refused:
            return _error(refused)

    def _work(self, request: Request) -> Callable[[Call], Response]:
        if not request.path_params.get("name"):
            return self._list
        return {"PUT": self._put, "DELETE": self._delete}.get(request.method, self._get)

    def _call(self, request: Request, body: bytes) -> Call:
        account = self.cloud.tenant.storage_account(request.path_params["account"])
        if account is None:
            raise Refused(404, "ResourceNotFound")
        if request.headers.get("x-ms-version", "") < OLDEST_VERSION:
            raise Refused(403, "AuthenticationFailed")
        container_id = f"{account['id']}/blobServices/default/containers/{request.path_params['container']}".lower()
        return Call(request, body, self._person(request), container_id, unquote(request.path_params.get("name", "")))

    def _person(self, request: Request) -> Person:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        challenge = (
            f"Bearer authorization_uri=https://login.microsoftonline.com/{TENANT_ID}/oauth2/authorize "
            f"resource_id={STORAGE}"
        )
        if scheme.lower() != "bearer":
            raise Refused(401, "InvalidAuthenticationInfo", challenge)
        try:
            claims = self.cloud.mint.check(token.strip(), STORAGE, self.cloud.wall())
        except Rejected as error:
            raise Refused(401, "InvalidAuthenticationInfo", challenge) from error
        person = person_by_object_id(str(claims["oid"]))
        if person is None:
            raise Refused(403, "AuthorizationPermissionMismatch")
        return person

    def _blobs(self, call: Call, *actions: str) -> dict[str, Blob]:
        if not may_use_blobs(self.cloud.tenant, call.person, call.container_id, *actions):
            raise Refused(403, "AuthorizationPermissionMismatch")
        held = self.cloud.tenant.blobs.get(call.container_id)
        if held is None:
            raise Refused(404, "ContainerNotFound")
        return held

    def _list(self, call: Call) -> Response:
        query = call.request.query_params
        if call.request.method != "GET" or query.get("comp") != "list":
            raise Refused(400, "InvalidQueryParameterValue")
        prefix, after = query.get("prefix", ""), query.get("marker", "")
        size = query.get("maxresults", str(PAGE))
        if not size.isdigit() or not 1 <= int(size) <= PAGE:
            raise Refused(400, "OutOfRangeQueryParameterValue")
        held = self._blobs(call, "read")
        names = [name for name in sorted(held) if name.startswith(prefix) and name > after]
        shown = names[: int(size)]
        marker = shown[-1] if len(names) > len(shown) else ""
        entries = "".join(_entry(name, held[name]) for name in shown)
        body = (
            f'<?xml version="1.0" encoding="utf-8"?><EnumerationResults ContainerName="{call.request.url.path}">'
            f"<Blobs>{entries}</Blobs><NextMarker>{escape(marker)}</NextMarker></EnumerationResults>"
        )
        return Response(body, media_type="application/xml")

    def _get(self, call: Call) -> Response:
        blob = self._blobs(call, "read").get(call.name)
        if blob is None:
            raise Refused(404, "BlobNotFound")
        headers = {"ETag": blob.etag, "Last-Modified": _date(blob.made), "x-ms-blob-type": "BlockBlob", **blob.fields}
        if call.request.headers.get("if-none-match") == blob.etag:
            return Response(status_code=304, headers=headers)
        return Response(blob.content, 200, headers)

    def _put(self, call: Call) -> Response:
        sent = call.request.headers
        held = self._blobs(call, "write", "add/action")
        blob = held.get(call.name)
        if blob is not None:
            self._blobs(call, "write")
        if sent.get("x-ms-blob-type") != "BlockBlob" or "content-length" not in sent:
            raise Refused(400, "MissingRequiredHeader")
        if len(call.body) > MOST_BYTES:
            raise Refused(413, "RequestEntityTooLarge")
        digest = base64.b64encode(hashlib.md5(call.body, usedforsecurity=False).digest()).decode()
        if sent.get("content-md5", digest) != digest:
            raise Refused(400, "Md5Mismatch")
        if sent.get("if-none-match") == "*" and blob is not None:
            raise Refused(409, "BlobAlreadyExists")
        _require_version(sent.get("if-match"), blob)
        etag = f'"0x{hashlib.sha256(call.body + str(self.cloud.wall()).encode()).hexdigest()[:15].upper()}"'
        fields = {"Content-Type": sent.get("x-ms-blob-content-type") or "application/octet-stream"}
        fields |= {name: value for name, value in sent.items() if name.startswith("x-ms-meta-")}
        held[call.name] = Blob(call.body, etag, self.cloud.wall(), fields)
        return Response(status_code=201, headers={"ETag": etag, "Last-Modified": _date(self.cloud.wall())})

    def _delete(self, call: Call) -> Response:
        held = self._blobs(call, "delete")
        blob = held.get(call.name)
        if blob is None:
            raise Refused(404, "BlobNotFound")
        _require_version(call.request.headers.get("if-match"), blob)
        del held[call.name]
        return Response(status_code=202)


def _require_version(condition: str | None, blob: Blob | None) -> None:
    if condition is not None and condition != "*" and (blob is None or blob.etag != condition):
        raise Refused(412, "ConditionNotMet")


def _entry(name: str, blob: Blob) -> str:
    # The ETag has no quotes in a list, and has them in a header.
    return (
        f"<Blob><Name>{escape(name)}</Name><Properties><Last-Modified>{_date(blob.made)}</Last-Modified>"
        f"<Etag>{blob.etag.strip(chr(34))}</Etag><Content-Length>{len(blob.content)}</Content-Length>"
        f"<Content-Type>{escape(blob.fields.get('Content-Type', ''))}</Content-Type>"
        "<BlobType>BlockBlob</BlobType></Properties></Blob>"
    )


def _date(wall: float) -> str:
    return email.utils.formatdate(wall, usegmt=True)


def _error(refused: Refused) -> Response:
    headers = {"x-ms-error-code": refused.code}
    if refused.challenge:
        headers["WWW-Authenticate"] = refused.challenge
    error = f"<Error><Code>{refused.code}</Code><Message>{refused.code}</Message></Error>"
    body = f'<?xml version="1.0" encoding="utf-8"?>{error}'
    return Response(body, refused.status, headers, "application/xml")
