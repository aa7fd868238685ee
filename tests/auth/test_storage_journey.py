"""From a sign-in for the map to geofences in Blob Storage: real tokens, real TLS, one person."""

from __future__ import annotations

from pathlib import Path

import jwt

from tests.auth.machine import Boot, signed_in
from tests.cloud import LocalCloud
from tests.fences.stores.server import Answer, Asked, BlobService, authority_in, client, collection, error, serve
from tvapp.azure.authorizer import StorageAuthorizer
from tvapp.core.log import RecordingLog
from tvapp.fences.stores.blob import BlobStore


class Guarded(BlobService):
    """Takes whatever token was issued for the storage."""

    def __call__(self, asked: Asked) -> Answer:
        kind, _, secret = asked.headers.get("authorization", "").partition(" ")
        claims = jwt.decode(secret, options={"verify_signature": False})
        if kind != "Bearer" or claims["aud"].rstrip("/") not in {
            "https://storage.azure.com",
            "e406a681-f3d4-42a8-90b6-c2b029497af1",
        }:
            return error(401, "InvalidAuthenticationInfo")
        self.token = secret
        return super().__call__(asked)


def test_who_is_signed_in_for_the_map_reads_the_storage_without_another_code(
    boot: Boot, cloud: LocalCloud, tmp_path: Path
) -> None:
    machine = signed_in(boot, cloud)
    codes = cloud.count("devicecode")

    async def read() -> list[str]:
        authority = authority_in(tmp_path / "tls")
        service = Guarded(blobs={"a.json": collection("one")})
        async with serve(authority, service) as server, client(authority) as http:
            url = f"{server.url}/account1/fences"
            authorizer = StorageAuthorizer(machine.sign_in.tokens, endpoint=url)
            store = BlobStore(http, url, authorizer, RecordingLog(), workers=machine.jobs)
            return [fence.id for fence in (await store.load()).fences]

    assert machine.wait_for(read) == ["one"]
    assert cloud.count("devicecode") == codes
    assert machine.view.phase == "signed-in"
