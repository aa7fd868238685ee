"""The plain OpenID provider of the local cloud."""

from __future__ import annotations

import json

from tests.cloud import LocalCloud

DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code"
SCOPE = "https://atlas.microsoft.com/user_impersonation openid offline_access"


def start(cloud: LocalCloud) -> dict[str, str]:
    document = json.loads(cloud.send("GET", f"{cloud.oidc_authority}/.well-known/openid-configuration")[2])
    assert document["issuer"] == cloud.oidc_authority
    return cloud.post_form(document["device_authorization_endpoint"], {"client_id": cloud.client_id, "scope": SCOPE})


def token(cloud: LocalCloud, **form: str) -> dict[str, str]:
    return cloud.post_form(f"{cloud.oidc_authority}/token", {"client_id": cloud.client_id, **form})


def test_the_complete_address_carries_the_code(cloud: LocalCloud) -> None:
    flow = start(cloud)

    assert flow["verification_uri_complete"] == f"{cloud.page}?user_code={flow['user_code']}"
    page = cloud.send("GET", flow["verification_uri_complete"])[2].decode()
    assert f'value="{flow["user_code"]}"' in page


def test_signing_in_gives_tokens_without_client_info(cloud: LocalCloud) -> None:
    flow = start(cloud)
    pending = token(cloud, grant_type=DEVICE_GRANT, device_code=flow["device_code"])
    cloud.approve(flow["user_code"])

    answer = token(cloud, grant_type=DEVICE_GRANT, device_code=flow["device_code"], client_info="1")

    assert pending == {"error": "authorization_pending"}
    assert {"access_token", "refresh_token", "id_token"} <= set(answer)
    assert "client_info" not in answer


def test_declining_is_access_denied(cloud: LocalCloud) -> None:
    flow = start(cloud)
    cloud.decline(flow["user_code"])

    assert token(cloud, grant_type=DEVICE_GRANT, device_code=flow["device_code"])["error"] == "access_denied"


def test_a_refresh_token_works_once(cloud: LocalCloud) -> None:
    flow = start(cloud)
    cloud.approve(flow["user_code"])
    first = token(cloud, grant_type=DEVICE_GRANT, device_code=flow["device_code"])["refresh_token"]

    assert "access_token" in token(cloud, grant_type="refresh_token", refresh_token=first)
    assert token(cloud, grant_type="refresh_token", refresh_token=first)["error"] == "invalid_grant"


def test_codes_of_one_service_mean_nothing_to_the_other(cloud: LocalCloud) -> None:
    flow = start(cloud)

    form = {"grant_type": DEVICE_GRANT, "client_id": cloud.client_id, "device_code": flow["device_code"]}
    answer = cloud.post_form(f"{cloud.authority}/oauth2/v2.0/token", form)

    assert answer["error"] == "bad_verification_code"
