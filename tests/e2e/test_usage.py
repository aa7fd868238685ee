"""The usage page in the real program: with the sign-in that is there, beside this TV's counts, over a restart."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cloud import LocalCloud
from tests.e2e.rig import Tv, running, with_account, with_key
from tvapp.app.usage_service import read_days
from tvapp.core.data_folder import DataFolder
from tvapp.core.log import RecordingLog
from tvapp.usage.billing import tiles_sent, total

pytestmark = pytest.mark.process


def open_usage(tv: Tv) -> None:
    tv.press("menu")
    tv.opened("action-bar")
    tv.press("left", "ok")
    tv.opened("account")
    tv.press("down", "ok")
    tv.opened("usage")


def counted(tv: Tv) -> int:
    """Return how many tiles are on the disk as requested."""
    days = read_days(DataFolder(tv.data_dir).usage, RecordingLog())
    return tiles_sent(total(days.days.values()))


def test_the_page_reads_the_metrics_silently_and_the_tv_counts_what_it_sent(cloud: LocalCloud, tmp_path: Path) -> None:
    with running(with_account(cloud), tmp_path) as tv:
        tv.sign_in(cloud)
        tv.settled()
        open_usage(tv)
        loaded = tv.wait_for("usage.loaded")
        assert loaded["requests"] == sum(row["count"] for row in cloud.ask("GET", "/usage"))
        tv.press("right")
        assert tv.wait_for("usage.loaded")["days"] == 30
        assert cloud.count("devicecode") == 1
        assert tv.end() == 0
    sent = cloud.count("tile")
    assert counted(tv) == sent > 0
    with running(with_account(cloud), tmp_path) as tv:
        tv.settled()
        tv.press("zoom-in")
        tv.settled()
        assert tv.end() == 0
    assert counted(tv) == cloud.count("tile") > sent


def test_a_missing_role_and_consent_cost_only_the_page(cloud: LocalCloud, tmp_path: Path) -> None:
    cloud.settings(management_consent=False)
    with running(with_account(cloud), tmp_path) as tv:
        tv.sign_in(cloud, "ben")
        tv.settled()
        open_usage(tv)
        assert tv.wait_for("usage.failed")["kind"] == "consent"
        cloud.settings(management_consent=True)
        tv.press("ok")
        failed = tv.wait_for("usage.failed")
        assert (failed["kind"], failed["status"]) == ("role", 403)
        tv.press("back")
        tv.press("zoom-in")
        tv.settled()
        assert tv.end() == 0
    assert [event["event"] for event in tv.logged() if str(event["event"]).startswith("signin.")] == [
        "signin.prompted",
        "signin.succeeded",
    ]


def test_with_a_key_and_no_account_the_page_shows_this_tv_alone(cloud: LocalCloud, tmp_path: Path) -> None:
    with running(with_key(cloud), tmp_path) as tv:
        tv.settled()
        open_usage(tv)
        tv.press("ok", "back")
        assert tv.end() == 0
    assert cloud.count("metrics") == 0
    assert counted(tv) == cloud.count("tile") > 0
