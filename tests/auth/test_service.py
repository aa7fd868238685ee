"""The whole sign-in against the local cloud: codes, approvals, restarts, signing out."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from tests.auth.machine import Boot, Machine, identity, signed_in
from tests.cloud import LocalCloud
from tests.surroundings import surroundings
from tvapp.auth.service import build_sign_in, sign_out_all
from tvapp.auth.token_store import FORMAT, token_file
from tvapp.config.model import Config
from tvapp.core.clock import ManualClock
from tvapp.core.errors import SignInError, StorageError
from tvapp.core.jobs import Inbox, Jobs
from tvapp.core.log import RecordingLog
from tvapp.core.proxies import Outbound
from tvapp.net.lazy_chain import LazyChain


def test_from_power_on_to_signed_in(boot: Boot, cloud: LocalCloud) -> None:
    machine = boot()
    view = machine.until_phase("prompting")
    assert view.prompt is not None
    assert view.prompt.verification_uri.startswith("https://")
    assert machine.log.named("signin.prompted")[0]["renewal"] == 0
    cloud.approve(machine.user_code)
    view = machine.until_phase("succeeded")
    assert view.account is not None
    assert view.account.name == "Aino Virtanen"
    machine.until_phase("signed-in")
    (report,) = machine.log.named("signin.succeeded")
    assert str(report["account"]).startswith("ai***@")
    assert report["tenant"] == cloud.tenant or report["tenant"]
    assert machine.token()


def test_the_next_start_needs_no_code_and_no_network(boot: Boot, cloud: LocalCloud) -> None:
    first = signed_in(boot, cloud)
    secret = first.token()
    cloud.forget_requests()
    second = boot()
    second.until_phase("signed-in")
    assert second.token() == secret
    assert second.view.account is not None
    assert second.view.account.name == "Aino Virtanen"
    assert all(cloud.count(name) == 0 for name in ("discovery", "devicecode", "token", "refresh"))
    assert not second.log.named("signin.prompted")
    assert second.log.named("signin.succeeded")[0]["restored"] is True


def test_a_decline_waits_for_ok(boot: Boot, cloud: LocalCloud) -> None:
    machine = boot()
    machine.until_phase("prompting")
    former = machine.user_code
    cloud.decline(former)
    view = machine.until_phase("failed")
    assert view.problem is not None
    assert view.problem.kind == "declined"
    assert machine.sign_in.next_wakeup() is None
    machine.sign_in.press_ok(machine.clock.now)
    machine.until_phase("prompting")
    assert machine.user_code != former


def test_a_renewed_code_still_takes_an_approval_of_the_former_one(boot: Boot, cloud: LocalCloud) -> None:
    machine = boot()
    machine.until_phase("prompting")
    former = machine.user_code
    machine.until(lambda view: view.prompt is not None and view.prompt.renewal == 1)
    assert machine.user_code != former
    cloud.approve(former)
    machine.until_phase("signed-in")
    assert [report["renewal"] for report in machine.log.named("signin.prompted")] == [0, 1]


def test_nobody_there_pauses(boot: Boot, cloud: LocalCloud) -> None:
    cloud.settings(code_lifetime_s=30, interval_s=10)
    machine = boot()
    machine.until_phase("paused", within_s=600)
    assert cloud.count("devicecode") == 9


def test_a_code_that_the_server_lets_expire_is_replaced(boot: Boot, cloud: LocalCloud) -> None:
    machine = boot()
    machine.until_phase("prompting")
    cloud.fault("token", error="expired_token", aadsts=70019, times=1)
    machine.until(lambda view: view.prompt is not None and view.prompt.renewal == 1)


def test_signing_out_forgets_everything(boot: Boot, cloud: LocalCloud) -> None:
    machine = signed_in(boot, cloud)
    machine.token()
    path = machine.token_file
    assert path.exists()
    machine.sign_in.sign_out(machine.clock.now)
    machine.settle()
    assert machine.view.phase == "signed-out"
    assert list(path.parent.iterdir()) == []
    with pytest.raises(SignInError):
        machine.token()
    again = boot()
    again.until_phase("prompting")


def test_signing_out_from_the_command_line_needs_no_network(boot: Boot, cloud: LocalCloud, tmp_path: Path) -> None:
    signed_in(boot, cloud)
    assert sign_out_all(Config(), tmp_path / "data")
    assert not sign_out_all(Config(), tmp_path / "data")
    assert not token_file(tmp_path / "data").exists()


def test_a_full_or_read_only_disk_is_no_reason_not_to_sign_in(boot: Boot, cloud: LocalCloud, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "auth").write_text("in the way")
    machine = signed_in(boot, cloud)
    assert machine.token()
    assert len(machine.log.named("disk.failed")) == 1


def test_any_openid_provider_with_a_device_flow_will_do(boot: Boot, cloud: LocalCloud) -> None:
    machine = boot(authority="", oidc_authority=cloud.oidc_authority)
    view = machine.until_phase("prompting")
    assert view.prompt is not None
    assert view.prompt.qr_uri == view.prompt.verification_uri_complete != ""
    cloud.approve(machine.user_code)
    machine.until_phase("signed-in")
    assert machine.view.account is not None
    assert machine.view.account.name == "Aino Virtanen"
    first = machine.token()
    machine.leap(3301)
    second = machine.token()
    machine.leap(3301)
    assert len({first, second, machine.token()}) == 3
    assert cloud.count("refresh") + cloud.count("token") > 2
    again = boot(authority="", oidc_authority=cloud.oidc_authority)
    again.until_phase("signed-in")
    again.sign_in.sign_out(again.clock.now)
    again.settle()
    assert not again.token_file.exists()


def test_an_openid_provider_that_forgot_the_code_leads_to_a_new_one(boot: Boot, cloud: LocalCloud) -> None:
    machine = boot(authority="", oidc_authority=cloud.oidc_authority)
    machine.until_phase("prompting")
    cloud.reset()
    machine.until(lambda view: view.prompt is not None and view.prompt.renewal == 1)


def test_no_secret_is_in_the_log(boot: Boot, cloud: LocalCloud, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("DEBUG"):
        machine = boot()
        machine.until_phase("prompting")
        code = machine.user_code
        cloud.fault("token", html=True, times=1)
        machine.leap(2)
        cloud.approve(code)
        machine.until_phase("signed-in")
        secrets = [code, machine.token(), "aino@"]
        cloud.fault("refresh", status=503, times=1)
        machine.leap(3301)
        machine.leap(100)
        secrets.append(machine.token())
    cache = json.loads(bytes(FORMAT.unpack(machine.token_file.read_bytes())))["cache"]
    for kind in ("AccessToken", "RefreshToken", "IdToken"):
        secrets += [entry["secret"] for entry in cache[kind].values()]
    written = repr(machine.log.events) + caplog.text
    assert len(secrets) >= 7
    for secret in secrets:
        assert secret not in written


def test_building_the_sign_in_touches_neither_disk_nor_network(cloud: LocalCloud, tmp_path: Path) -> None:
    machine = Machine(identity(cloud), tmp_path / "data")
    config = Config(identity=identity(cloud))
    network = LazyChain(machine.jobs, machine.clock, machine.log, outbound=Outbound(), random=lambda: 0.5)
    around = surroundings(tmp_path / "other", machine.jobs, clock=machine.clock, log=machine.log)
    built = build_sign_in(config, around, network)
    assert not os.path.lexists(tmp_path / "other")
    assert built.view(0.0).organisation == "Contoso"
    assert built.view(0.0).phase == "starting"
    machine.settle()
    machine.stop()


def test_a_token_file_that_resists_is_told_and_never_read_again(
    boot: Boot, cloud: LocalCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine = signed_in(boot, cloud)

    def refuse(self: Path, missing_ok: bool = False) -> None:
        raise PermissionError(30, "Read-only file system")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "unlink", refuse)
        machine.sign_in.sign_out(machine.clock.now)
        machine.settle()
    assert machine.log.named("token_cache.not_removed")
    machine.sign_in.press_ok(machine.clock.now)
    machine.until_phase("prompting")
    cloud.approve(machine.user_code, "ben")
    machine.until_phase("signed-in")
    content = json.loads(bytes(FORMAT.unpack(machine.token_file.read_bytes())))["cache"]
    assert len(content["Account"]) == 1
    assert machine.view.account is not None
    assert machine.view.account.name.startswith("Ben")


def test_a_token_file_that_may_not_be_read_is_a_trouble_of_the_disk(
    cloud: LocalCloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log, jobs, clock = RecordingLog(), Jobs(Inbox(), RecordingLog()), ManualClock()
    network = LazyChain(jobs, clock, log, outbound=Outbound(), random=lambda: 0.5)
    around = surroundings(tmp_path, jobs, clock=clock, log=log)
    built = build_sign_in(Config(identity=identity(cloud)), around, network)

    def refuse(path: Path, _limit: int) -> bytes:
        raise StorageError(str(path), "Permission denied", "denied")

    monkeypatch.setattr("tvapp.auth.token_store.read_bounded", refuse)
    assert built.gateway.load_account() is None
    assert around.disk.trouble is not None
    jobs.stop()
