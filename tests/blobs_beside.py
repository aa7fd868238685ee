"""Blob Storage for a local cloud that runs as a process of its own: the imitation of the tests, with real tokens."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tests.fences.stores.server import Answer, Asked, BlobService, collection, error
from tvapp.localcloud.cloud import Cloud
from tvapp.localcloud.tokens import STORAGE, Rejected
from tvapp.localcloud.wire import wired


class Blobs(BlobService):
    """A container with one geofence in it, for whoever has a token for Azure Storage."""

    def __init__(self, cloud: Cloud, container: str) -> None:
        super().__init__(container, {"yard.geojson": collection("yard")})
        self._cloud = cloud

    def __call__(self, asked: Asked) -> Answer:
        secret = asked.headers.get("authorization", "").removeprefix("Bearer ")
        try:
            self._cloud.mint.check(secret, STORAGE, self._cloud.wall())
        except Rejected:
            return error(401, "InvalidAuthenticationInfo")
        self.token = secret
        return super().__call__(asked)


def blob_routes(cloud: Cloud, name: str, container: str) -> Sequence[Route]:
    """Return the routes of the blob service, whose faults are set under `name`."""
    cloud.switchboard.add(name)
    service = Blobs(cloud, container)

    async def serve(request: Request, _skew_s: float) -> Response:
        target = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        answer = service(Asked(request.method, target, dict(request.headers), await request.body()))
        return Response(answer.body, answer.status, dict(answer.headers))

    work = wired(cloud, name, "maps", serve)
    return [Route(path, work, methods=["GET", "PUT", "DELETE"]) for path in (container, f"{container}/{{rest:path}}")]
