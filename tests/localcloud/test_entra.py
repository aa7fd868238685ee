"""Entra ID as the local cloud plays it: discovery, device codes, polls, refreshing, errors."""

from __future__ import annotations

import base64
import json
import uuid

import jwt
import pytest

from tests.cloud import LocalCloud

MAPS = "https://atlas.microsoft.com/user_impersonation"
STORAGE = "https://storage.azure.com/user_impersonation"
DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code"
Answer = tuple[int, dict[str, object]]


def post(cloud: LocalCloud, url: str, **form: str) -> Answer:
    from urllib.parse import urlencode

    full = url if url.startswith("http") else f"{cloud.authority}/oauth2/v2.0/{url}"
    status, _, body = cloud.send("POST", full, urlencode(form).encode())
    answer: dict[str, object] = json.loads(body)
    return status, answer


def ask_code(cloud: LocalCloud, scope: str = f"{MAPS} openid profile offline_access", **more: str) -> dict[str, object]:
    status, answer = post(cloud, "devicecode", **{"client_id": cloud.client_id, "scope": scope, **more})
    assert status == 200, answer
    return answer


def poll(cloud: LocalCloud, flow: dict[str, object], **more: str) -> Answer:
    form = {"grant_type": DEVICE_GRANT, "client_id": cloud.client_id, "device_code": str(flow["device_code"])}
    return post(cloud, "token", **{**form, **more})


def claims_of(token: object) -> dict[str, object]:
    claims: dict[str, object] = jwt.decode(str(token), options={"verify_signature": False})
    return claims


def test_discovery_names_endpoints_on_this_host_and_the_issuer_of_the_tenant(cloud: LocalCloud) -> None:
    status, _, body = cloud.send("GET", f"{cloud.authority}/v2.0/.well-known/openid-configuration")

    document = json.loads(body)
    assert status == 200
    assert document["issuer"] == f"{cloud.endpoint}/{cloud.tenant}/v2.0"
    for name in ("token_endpoint", "device_authorization_endpoint", "authorization_endpoint", "jwks_uri"):
        assert document[name].startswith(cloud.authority)


def test_a_tenant_can_be_named_by_its_domain(cloud: LocalCloud) -> None:
    url = f"{cloud.endpoint}/contosoharbour.onmicrosoft.com/v2.0/.well-known/openid-configuration"

    status, _, body = cloud.send("GET", url)

    assert status == 200
    assert json.loads(body)["issuer"].endswith(f"{cloud.tenant}/v2.0")


def test_an_unknown_tenant_is_refused_with_90002(cloud: LocalCloud) -> None:
    status, _, body = cloud.send("GET", f"{cloud.endpoint}/{uuid.uuid4()}/v2.0/.well-known/openid-configuration")

    assert status == 400
    assert json.loads(body)["error_codes"] == [90002]


def test_instance_discovery_knows_this_host_only(cloud: LocalCloud) -> None:
    path = "/common/discovery/instance?api-version=1.1&authorization_endpoint="

    good = cloud.send("GET", f"{path}{cloud.endpoint}/common/oauth2/authorize")
    bad = cloud.send("GET", f"{path}https://elsewhere.example/common/oauth2/authorize")

    assert json.loads(good[2])["metadata"][0]["preferred_network"] == cloud.endpoint.removeprefix("https://")
    assert (bad[0], json.loads(bad[2])["error"]) == (400, "invalid_instance")


def test_a_code_comes_with_all_that_entra_sends_and_no_complete_address(cloud: LocalCloud) -> None:
    flow = ask_code(cloud)

    assert set(flow) == {"user_code", "device_code", "verification_uri", "expires_in", "interval", "message"}
    assert flow["verification_uri"] == cloud.page
    assert flow["expires_in"] == 900


def test_lifetime_interval_address_and_length_of_the_code_can_be_set(cloud: LocalCloud) -> None:
    cloud.settings(
        code_lifetime_s=60, interval_s=7, user_code_length=15, verification_uri="https://microsoft.com/devicelogin"
    )

    flow = ask_code(cloud)

    assert (flow["expires_in"], flow["interval"]) == (60, 7)
    assert len(str(flow["user_code"])) == 15
    assert flow["verification_uri"] == "https://microsoft.com/devicelogin"


def test_a_poll_before_the_decision_is_pending_without_retry_after(cloud: LocalCloud) -> None:
    flow = ask_code(cloud)

    status, answer = poll(cloud, flow)

    assert (status, answer["error"], answer["error_codes"]) == (400, "authorization_pending", [70016])
    assert {"error_description", "timestamp", "trace_id", "correlation_id"} <= set(answer)
    assert str(answer["error_description"]).startswith("AADSTS70016:")


def test_the_correlation_id_of_the_request_comes_back(cloud: LocalCloud) -> None:
    sent = str(uuid.uuid4())
    url = f"{cloud.authority}/oauth2/v2.0/token"

    body = cloud.send("POST", url, b"client_id=" + cloud.client_id.encode(), {"client-request-id": sent})[2]

    assert json.loads(body)["correlation_id"] == sent


def test_polling_too_fast_is_told_to_slow_down(cloud: LocalCloud) -> None:
    cloud.settings(enforce_interval=True, interval_s=5)
    flow = ask_code(cloud)
    poll(cloud, flow)

    assert poll(cloud, flow)[1]["error"] == "slow_down"


def test_an_approved_code_gives_tokens_once(cloud: LocalCloud) -> None:
    flow = ask_code(cloud)
    cloud.approve(str(flow["user_code"]), "ben")

    status, answer = poll(cloud, flow, client_info="1")
    again = poll(cloud, flow)[1]

    assert status == 200
    assert answer["token_type"] == "Bearer"
    assert {"access_token", "refresh_token", "id_token", "client_info", "ext_expires_in"} <= set(answer)
    claims = claims_of(answer["id_token"])
    assert (claims["name"], claims["tid"]) == ("Ben Okafor", cloud.tenant)
    padded = str(answer["client_info"]) + "=="
    assert json.loads(base64.urlsafe_b64decode(padded)) == {"uid": claims["oid"], "utid": cloud.tenant}
    assert again["error"] == "bad_verification_code"


def test_what_was_not_asked_for_is_not_sent(cloud: LocalCloud) -> None:
    flow = ask_code(cloud, scope=MAPS)
    cloud.approve(str(flow["user_code"]))

    answer = poll(cloud, flow)[1]

    assert not {"refresh_token", "id_token", "client_info"} & set(answer)


def test_access_tokens_are_shaped_as_version_one(cloud: LocalCloud) -> None:
    claims = claims_of(cloud.sign_in()["access_token"])

    assert (claims["aud"], claims["ver"]) == ("https://atlas.microsoft.com", "1.0")
    assert claims["iss"] == f"https://sts.windows.net/{cloud.tenant}/"
    assert claims["scp"] == "user_impersonation"
    assert {"nbf", "exp", "iat", "oid", "appid"} <= set(claims)


def test_a_declined_code_says_so(cloud: LocalCloud) -> None:
    flow = ask_code(cloud)
    cloud.decline(str(flow["user_code"]))

    assert poll(cloud, flow)[1]["error"] == "authorization_declined"


def test_an_expired_code_says_so(cloud: LocalCloud) -> None:
    cloud.settings(code_lifetime_s=0)

    status, answer = poll(cloud, ask_code(cloud))

    assert (status, answer["error"], answer["error_codes"]) == (400, "expired_token", [70019])


def test_an_unknown_device_code_is_a_bad_verification_code(cloud: LocalCloud) -> None:
    assert poll(cloud, {"device_code": "nonsense"})[1]["error"] == "bad_verification_code"


def test_an_unknown_client_is_refused_with_700016(cloud: LocalCloud) -> None:
    status, answer = post(cloud, "devicecode", client_id=str(uuid.uuid4()), scope=MAPS)

    assert (status, answer["error"], answer["error_codes"]) == (400, "unauthorized_client", [700016])


def test_a_client_that_is_not_public_fails_with_401_once_approved(cloud: LocalCloud) -> None:
    client_id = cloud.ask("GET", "")["confidential_client_id"]
    flow = ask_code(cloud, client_id=client_id)
    cloud.approve(str(flow["user_code"]))

    status, answer = poll(cloud, flow, client_id=client_id)

    assert (status, answer["error"], answer["error_codes"]) == (401, "invalid_client", [7000218])


def test_a_single_tenant_app_may_not_use_common(cloud: LocalCloud) -> None:
    url = f"{cloud.endpoint}/common/oauth2/v2.0/devicecode"

    assert post(cloud, url, client_id=cloud.client_id, scope=MAPS)[1]["error_codes"] == [50194]


@pytest.mark.parametrize(
    ("scope", "number"),
    [
        (f"{MAPS} https://storage.azure.com/user_impersonation", 700022),
        ("https://unknown.example/.default", 500011),
        ("https://atlas.microsoft.com/<bad>", 70011),
        ("https://atlas.microsoft.com/Tiles.Read", 65005),
        ("", 900144),
    ],
)
def test_scopes_that_cannot_be_served_are_refused(cloud: LocalCloud, scope: str, number: int) -> None:
    assert post(cloud, "devicecode", client_id=cloud.client_id, scope=scope)[1]["error_codes"] == [number]


def refresh(cloud: LocalCloud, token: object, scope: str = MAPS) -> Answer:
    form = {"grant_type": "refresh_token", "client_id": cloud.client_id, "refresh_token": str(token), "scope": scope}
    return post(cloud, "token", **form)


def test_refreshing_gives_a_new_refresh_token_and_keeps_the_old_one_valid(cloud: LocalCloud) -> None:
    first = cloud.sign_in()["refresh_token"]

    second = refresh(cloud, first)[1]["refresh_token"]

    assert second != first
    assert refresh(cloud, first)[0] == 200
    assert refresh(cloud, second)[0] == 200


def test_one_sign_in_serves_other_resources(cloud: LocalCloud) -> None:
    token = cloud.sign_in()["refresh_token"]

    storage = refresh(cloud, token, "https://storage.azure.com/.default")[1]

    assert claims_of(storage["access_token"])["aud"] == "https://storage.azure.com"


def test_where_nobody_consented_for_all_storage_opens_to_those_who_allowed_it_with_a_code(cloud: LocalCloud) -> None:
    cloud.settings(storage_consent=False)
    aino, ben = (cloud.sign_in(person)["refresh_token"] for person in ("aino", "ben"))

    status, refused = refresh(cloud, aino, STORAGE)

    assert (status, refused["error"], refused["suberror"]) == (400, "invalid_grant", "consent_required")
    assert refused["error_codes"] == [65001]
    assert refresh(cloud, aino, MAPS)[0] == 200
    assert claims_of(cloud.sign_in("aino", STORAGE)["access_token"])["aud"] == "https://storage.azure.com"
    assert refresh(cloud, aino, "https://acct.blob.core.windows.net/.default")[0] == 200
    assert refresh(cloud, ben, STORAGE)[0] == 400


def test_who_declines_has_not_consented(cloud: LocalCloud) -> None:
    cloud.settings(storage_consent=False)
    token = cloud.sign_in()["refresh_token"]
    cloud.decline(str(ask_code(cloud, f"{STORAGE} offline_access")["user_code"]))

    assert refresh(cloud, token, STORAGE)[1]["error_codes"] == [65001]


def test_revoked_refresh_tokens_need_a_person(cloud: LocalCloud) -> None:
    token = cloud.sign_in()["refresh_token"]
    cloud.revoke()

    status, answer = refresh(cloud, token)

    assert (status, answer["error"], answer["error_codes"]) == (400, "invalid_grant", [50173])


@pytest.mark.parametrize(
    ("number", "status", "error"),
    [
        (53003, 400, "interaction_required"),
        (7000218, 401, "invalid_client"),
        (65001, 400, "invalid_grant"),
        (90055, 429, "temporarily_unavailable"),
        (90033, 503, "temporarily_unavailable"),
    ],
)
def test_any_aadsts_number_can_be_had_on_a_poll(cloud: LocalCloud, number: int, status: int, error: str) -> None:
    flow = ask_code(cloud)
    cloud.fault("token", aadsts=number, times=1)

    answered, answer = poll(cloud, flow)

    assert (answered, answer["error"], answer["error_codes"]) == (status, error, [number])
    assert poll(cloud, flow)[1]["error"] == "authorization_pending"


def test_a_fault_of_refreshing_leaves_polls_alone(cloud: LocalCloud) -> None:
    token = cloud.sign_in()["refresh_token"]
    cloud.fault("refresh", aadsts=53003)

    assert refresh(cloud, token)[1]["error_codes"] == [53003]
    assert poll(cloud, ask_code(cloud))[1]["error"] == "authorization_pending"


def test_no_secret_is_among_the_recorded_requests(cloud: LocalCloud) -> None:
    flow = ask_code(cloud)
    poll(cloud, flow)
    cloud.send("GET", "/map/tile?subscription-key=topsecret", headers={"Authorization": "Bearer verysecret"})

    recorded = json.dumps([cloud.requests(name) for name in ("devicecode", "token", "tile")])

    for secret in (str(flow["device_code"]), str(flow["user_code"]), "topsecret", "verysecret"):
        assert secret not in recorded
