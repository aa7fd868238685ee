"""A second code over the map in the real program: the storage of geofences needs a permission first."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Iterator
from pathlib import Path

from tests.auth.test_storage_journey import Guarded
from tests.cloud import LocalCloud
from tests.e2e.rig import running, with_account
from tests.fences.stores.server import authority_in, collection, serve


@contextlib.contextmanager
def storage(folder: Path, service: Guarded) -> Iterator[tuple[str, Path]]:
    """Serve Blob Storage on a thread; yields the address of its container and the CA to trust."""
    authority = authority_in(folder)
    ready, done = threading.Event(), threading.Event()
    urls: list[str] = []

    async def run() -> None:
        async with serve(authority, service) as server:
            urls.append(server.url)
            ready.set()
            await asyncio.get_running_loop().run_in_executor(None, done.wait)

    thread = threading.Thread(target=asyncio.run, args=(run(),), name="storage")
    thread.start()
    try:
        assert ready.wait(10)
        yield f"{urls[0]}/account1/fences", authority.ca_file
    finally:
        done.set()
        thread.join(10)


def test_a_storage_that_needs_consent_is_opened_with_one_more_code_over_the_map(
    cloud: LocalCloud, tmp_path: Path
) -> None:
    cloud.settings(storage_consent=False)
    with storage(tmp_path / "tls", Guarded(blobs={"a.json": collection("one", "two")})) as (url, ca_file):
        bundle = tmp_path / "both.pem"
        bundle.write_text(Path(cloud.ca_bundle).read_text() + ca_file.read_text())
        settings = {
            "TVAPP_IDENTITY_CA_BUNDLE": str(bundle),
            "TVAPP_GEOFENCES_STORE": "blob",
            "TVAPP_GEOFENCES_CONTAINER_URL": url,
        }
        with running(with_account(cloud, **settings), tmp_path) as tv:
            tv.sign_in(cloud, "aino")
            tv.wait_for("token.renewal_failed", lambda fields: fields["aadsts"] == 65001)
            tv.settled()
            assert not cloud.pending()

            tv.press("menu", "left", "ok", "ok")
            tv.opened("permission")
            assert tv.wait_for("signin.prompted")["resource"] == "https://storage.azure.com"
            tv.press("back")
            tv.opened("map")

            tv.press("menu", "left", "ok", "ok")
            tv.sign_in(cloud, "aino")
            assert tv.wait_for("geofences.loaded")["count"] == 2
            tv.opened("map")
            assert tv.end() == 0
        logged = tv.logged()
        assert "geofence.skipped" not in {entry["event"] for entry in logged}
        text = tv.log_file.read_text()
        assert "aino@" not in text
