"""The local cloud with Blob Storage beside it, under three names: so that each service can fail alone, or a whole host.

`python -m tests.matrix.cloud` takes the arguments of `python -m tvapp.localcloud`. The blobs are those of the imitation
in `tests.fences.stores.server`: behind the local cloud's own switchboard it has every fault that the others have, its
requests are counted in the same place, and it wants real tokens. What the store makes of Microsoft's own emulator is
shown in `tests/fences/stores/test_blob_azurite.py`.
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

LOGIN, MAPS, BLOBS = "login.localhost", "maps.localhost", "blobs.localhost"
BLOB = "blob"
CONTAINER = "/account1/fences"


class Blobs(BlobService):
    """A container with one geofence in it, for whoever has a token for Azure Storage."""

    def __init__(self, cloud: Cloud) -> None:
        super().__init__(CONTAINER, {"yard.geojson": collection("yard")})
        self._cloud = cloud

    def __call__(self, asked: Asked) -> Answer:
        secret = asked.headers.get("authorization", "").removeprefix("Bearer ")
        try:
            self._cloud.mint.check(secret, STORAGE, self._cloud.wall())
        except Rejected:
            return error(401, "InvalidAuthenticationInfo")
        self.token = secret
        return super().__call__(asked)


def routes(cloud: Cloud) -> Sequence[Route]:
    """Return the route of the blob service."""
    cloud.switchboard.add(BLOB)
    service = Blobs(cloud)

    async def serve(request: Request, _skew_s: float) -> Response:
        target = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        answer = service(Asked(request.method, target, dict(request.headers), await request.body()))
        return Response(answer.body, answer.status, dict(answer.headers))

    return [Route("/account1/{rest:path}", wired(cloud, BLOB, "maps", serve), methods=["GET", "PUT", "DELETE"])]


if __name__ == "__main__":
    hosts = (*HOSTS, LOGIN, MAPS, BLOBS)
    sys.exit(main(sys.argv[1:], lambda options: replace(options, hosts=hosts, more_routes=routes)))
