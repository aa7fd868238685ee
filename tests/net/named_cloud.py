"""The local cloud, with Blob Storage beside it, under names that only a proxy leads to.

`python -m tests.net.named_cloud [ARGUMENTS OF THE LOCAL CLOUD] NAME,NAME`
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tests.fences.stores.server import Answer, Asked, BlobService, collection, error
from tvapp.localcloud.__main__ import main
from tvapp.localcloud.certificates import HOSTS
from tvapp.localcloud.cloud import Cloud
from tvapp.localcloud.tokens import STORAGE, Rejected
from tvapp.localcloud.wire import wired

BLOB = "named-blob"
CONTAINER = "/geofences"


class Blobs(BlobService):
    """A container with one geofence in it, for whoever has a token for Azure Storage."""

    def __init__(self, cloud: Cloud) -> None:
        super().__init__(CONTAINER, {"yard.geojson": collection("yard")})
        self._cloud = cloud

    def __call__(self, asked: Asked) -> Answer:
        self.token = asked.headers.get("authorization", "").removeprefix("Bearer ")
        try:
            self._cloud.mint.check(self.token, STORAGE, self._cloud.wall())
        except Rejected:
            return error(401, "InvalidAuthenticationInfo")
        return super().__call__(asked)


def routes(cloud: Cloud) -> Sequence[Route]:
    """Return the routes of the blob service."""
    cloud.switchboard.add(BLOB)
    service = Blobs(cloud)

    async def serve(request: Request, _skew_s: float) -> Response:
        target = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        answer = service(Asked(request.method, target, dict(request.headers), await request.body()))
        return Response(answer.body, answer.status, dict(answer.headers))

    work = wired(cloud, BLOB, "maps", serve)
    return [Route(path, work, methods=["GET", "PUT"]) for path in (CONTAINER, f"{CONTAINER}/{{rest:path}}")]


if __name__ == "__main__":
    names = tuple(sys.argv[-1].split(","))
    sys.exit(main(sys.argv[1:-1], lambda options: replace(options, hosts=(*HOSTS, *names), more_routes=routes)))
