"""No heavy import before the first frame, and no identity library at a start with a valid stored token."""

from __future__ import annotations

import json
from pathlib import Path

from tests.cloud import LocalCloud
from tests.e2e.rig import running, with_account

HEAVY = {"PIL", "asyncio", "httpx", "numpy", "prometheus_client", "qrcode", "shapely", "sqlite3", "ssl", "watchfiles"}
IDENTITY = {"cryptography", "jwt", "msal", "requests", "urllib3"}
COMMAND_LINES = {"click", "pygments", "rich"}


def test_nothing_heavy_is_loaded_before_the_first_frame_and_no_identity_library_at_a_start_with_a_good_token(
    cloud: LocalCloud, tmp_path: Path
) -> None:
    environment = with_account(cloud, MODULES_OF=str(tmp_path))
    with running(environment, tmp_path) as tv:
        tv.sign_in(cloud)
        tv.settled()
        assert tv.end() == 0
    with running(environment, tmp_path, module="tests.e2e.module_listing_app") as again:
        again.settled()
        assert again.end() == 0

    def loaded(event: str) -> set[str]:
        return set(json.loads((tmp_path / f"{event}.json").read_text()))

    assert loaded("frame.first") & (HEAVY | IDENTITY) == set()
    assert loaded("map.settled") & (IDENTITY | COMMAND_LINES) == set()
