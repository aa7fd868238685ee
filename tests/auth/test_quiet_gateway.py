"""The gateway of a diagnosis beside the app: it asks, and leaves the app's tokens as they are."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.app.diagnosis.rig import expire_tokens, sign_in, snapshot
from tests.cloud import LocalCloud
from tests.e2e.rig import with_account
from tvapp.app.diagnosis.beside import online_beside, surroundings_beside
from tvapp.auth.quiet_gateway import NOT_RENEWED
from tvapp.config.load import load
from tvapp.core.data_folder import DataFolder
from tvapp.core.errors import SignInError

MAPS = ["https://atlas.microsoft.com/user_impersonation"]


def oidc(cloud: LocalCloud) -> dict[str, str]:
    environment = with_account(cloud, TVAPP_IDENTITY_OIDC_AUTHORITY=cloud.oidc_authority)
    del environment["TVAPP_IDENTITY_AUTHORITY"]
    return environment


def acquire(environment: dict[str, str], data: Path) -> str:
    config = load(None, environment)
    with surroundings_beside(DataFolder(data)) as around, online_beside(config, around) as online:
        assert online.gateway is not None
        account = online.gateway.load_account()
        assert account is not None
        return online.gateway.acquire(MAPS, account.home_id, fresh=False).secret


def test_an_expired_token_is_renewed_in_memory_alone(cloud: LocalCloud, tmp_path: Path) -> None:
    environment = with_account(cloud)
    sign_in(cloud, environment, tmp_path)
    expire_tokens(tmp_path)
    before = snapshot(tmp_path)
    assert acquire(environment, tmp_path)
    assert cloud.count("refresh") == 1
    assert snapshot(tmp_path) == before


def test_where_a_refresh_token_may_count_but_once_it_is_not_used(cloud: LocalCloud, tmp_path: Path) -> None:
    environment = oidc(cloud)
    sign_in(cloud, environment, tmp_path)
    expire_tokens(tmp_path)
    with pytest.raises(SignInError) as raised:
        acquire(environment, tmp_path)
    assert raised.value.error == NOT_RENEWED
    assert cloud.count("refresh") == 0


def test_there_a_token_that_is_still_good_is_used(cloud: LocalCloud, tmp_path: Path) -> None:
    environment = oidc(cloud)
    sign_in(cloud, environment, tmp_path)
    assert acquire(environment, tmp_path)
    assert cloud.count("refresh") == 0


def test_a_store_that_is_quiet_keeps_what_it_is_told_to_remove(cloud: LocalCloud, tmp_path: Path) -> None:
    environment = with_account(cloud)
    sign_in(cloud, environment, tmp_path)
    before = snapshot(tmp_path)
    config = load(None, environment)
    with surroundings_beside(DataFolder(tmp_path)) as around, online_beside(config, around) as online:
        assert online.gateway is not None
        online.gateway.sign_out()
        online.gateway.save()
    assert snapshot(tmp_path) == before
