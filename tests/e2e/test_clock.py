"""The real program on a machine whose clock is wrong, and on one that sleeps."""

from __future__ import annotations

from pathlib import Path

from tests.cloud import LocalCloud
from tests.e2e.rig import running, until, with_account


def test_a_wrong_clock_is_told_once_and_so_is_that_it_is_right_again(cloud: LocalCloud, tmp_path: Path) -> None:
    cloud.settings(clock_skew_s=3 * 3600)
    with running(with_account(cloud), tmp_path) as tv:
        skewed = tv.wait_for("clock.skewed")
        assert skewed["direction"] == "behind"
        assert 10_790 < float(str(skewed["skew_s"])) < 10_810
        tv.sign_in(cloud)
        tv.settled()
        cloud.settings(clock_skew_s=0)
        while not any(event["event"] == "clock.skewed" and event["direction"] == "right" for event in tv.logged()):
            tv.press("right")  # new tiles bring new answers
        assert tv.end() == 0
        told = [event["direction"] for event in tv.logged() if event["event"] == "clock.skewed"]
        assert told == ["behind", "right"]


def test_after_a_sleep_a_token_is_renewed_at_once_and_nobody_has_to_sign_in(cloud: LocalCloud, tmp_path: Path) -> None:
    asleep = tmp_path / "asleep"
    environment = with_account(cloud, TVAPP_TEST_ASLEEP=str(asleep))
    with running(environment, tmp_path, module="tests.e2e.suspended_app") as tv:
        tv.sign_in(cloud)
        tv.settled()
        cloud.forget_requests()
        cloud.settings(clock_skew_s=3400)  # time has passed for the cloud as well
        (tmp_path / "new").write_text("3400")
        (tmp_path / "new").replace(asleep)

        def logged(name: str) -> list[dict[str, object]]:
            return [event for event in tv.logged() if event["event"] == name]

        until(lambda: logged("system.resumed") and logged("token.renewed"))
        assert [round(float(str(event["asleep_s"]))) for event in logged("system.resumed")] == [3400]
        assert cloud.count("devicecode") == 0
        assert tv.end() == 0
        assert not logged("clock.set")
