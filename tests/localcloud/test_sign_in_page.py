"""The page that the QR code leads to, used as a phone's browser uses it."""

from __future__ import annotations

import re
from urllib.parse import urlencode

import pytest

from tests.cloud import LocalCloud

DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code"


def flow(cloud: LocalCloud) -> dict[str, str]:
    url = f"{cloud.authority}/oauth2/v2.0/devicecode"
    scope = "https://atlas.microsoft.com/user_impersonation openid offline_access"
    return cloud.post_form(url, {"client_id": cloud.client_id, "scope": scope})


def poll(cloud: LocalCloud, code: dict[str, str]) -> dict[str, str]:
    form = {"grant_type": DEVICE_GRANT, "client_id": cloud.client_id, "device_code": code["device_code"]}
    return cloud.post_form(f"{cloud.authority}/oauth2/v2.0/token", form)


def submit(cloud: LocalCloud, path: str, headers: dict[str, str] | None = None, **form: str) -> tuple[int, str]:
    status, _, body = cloud.send("POST", path, urlencode(form).encode(), headers)
    return status, body.decode()


def visit_of(page: str) -> str:
    found = re.search(r'name="visit" value="([^"]+)"', page)
    assert found is not None, page
    return found[1]


def enter(cloud: LocalCloud, code: dict[str, str]) -> str:
    status, page = submit(cloud, "/device", user_code=code["user_code"])
    assert status == 200
    return page


def test_a_person_allows_the_sign_in(cloud: LocalCloud) -> None:
    code = flow(cloud)
    page = enter(cloud, code)

    status, done = submit(cloud, "/device/decision", visit=visit_of(page), person="aino", decision="allow")

    assert (status, "You are signed in" in done) == (200, True)
    assert "access_token" in poll(cloud, code)


def test_a_person_declines(cloud: LocalCloud) -> None:
    code = flow(cloud)
    visit = visit_of(enter(cloud, code))

    status, done = submit(cloud, "/device/decision", visit=visit, decision="decline")

    assert (status, "Sign-in declined" in done) == (200, True)
    assert poll(cloud, code)["error"] == "authorization_declined"


def test_the_page_names_app_organisation_code_and_people(cloud: LocalCloud) -> None:
    code = flow(cloud)

    page = enter(cloud, code)

    for text in (
        "Sign in to tvapp?",
        "Contoso Harbour Works",
        code["user_code"],
        "Aino Virtanen",
        "Ben Okafor",
        "Carla Mendes",
    ):
        assert text in page


def test_the_page_says_what_is_allowed(cloud: LocalCloud) -> None:
    form = {"client_id": cloud.client_id, "scope": "https://storage.azure.com/user_impersonation"}
    storage = cloud.post_form(f"{cloud.authority}/oauth2/v2.0/devicecode", form)

    assert "asks to show maps in your name" in enter(cloud, flow(cloud))
    assert "asks to read and change geofences in Azure Storage" in enter(cloud, storage)


def test_the_code_may_be_typed_in_any_way(cloud: LocalCloud) -> None:
    user_code = flow(cloud)["user_code"]
    typed = f" {user_code[:3].lower()} {user_code[3:6]}-{user_code[6:].lower()} "

    assert submit(cloud, "/device", user_code=typed)[0] == 200


@pytest.mark.parametrize(("typed", "message"), [("WRONG1234", "does not match"), ("  - ", "Type the code")])
def test_a_wrong_code_is_asked_for_again(cloud: LocalCloud, typed: str, message: str) -> None:
    status, page = submit(cloud, "/device", user_code=typed)

    assert status == 400
    assert message in page
    assert 'name="user_code"' in page


def test_an_expired_code_is_explained(cloud: LocalCloud) -> None:
    cloud.settings(code_lifetime_s=0)

    assert "has run out" in submit(cloud, "/device", user_code=flow(cloud)["user_code"])[1]


def test_a_used_code_is_explained(cloud: LocalCloud) -> None:
    code = flow(cloud)
    cloud.approve(code["user_code"])

    assert "already used" in submit(cloud, "/device", user_code=code["user_code"])[1]


def test_a_decision_counts_once(cloud: LocalCloud) -> None:
    code = flow(cloud)
    visit = visit_of(enter(cloud, code))
    submit(cloud, "/device/decision", visit=visit, decision="decline")

    status, _ = submit(cloud, "/device/decision", visit=visit, person="aino", decision="allow")

    assert status == 403
    assert poll(cloud, code)["error"] == "authorization_declined"


def test_nobody_is_signed_in_without_a_person(cloud: LocalCloud) -> None:
    code = flow(cloud)
    visit = visit_of(enter(cloud, code))

    status, page = submit(cloud, "/device/decision", visit=visit, decision="allow")

    assert (status, "Choose an account" in page) == (400, True)
    assert poll(cloud, code)["error"] == "authorization_pending"


def test_another_site_cannot_decide(cloud: LocalCloud) -> None:
    code = flow(cloud)
    visit = visit_of(enter(cloud, code))
    form = {"visit": visit, "person": "aino", "decision": "allow"}

    for headers in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
        assert submit(cloud, "/device/decision", headers, **form)[0] == 403
    assert submit(cloud, "/device/decision", visit="guessed", person="aino", decision="allow")[0] == 403
    assert poll(cloud, code)["error"] == "authorization_pending"


def test_guessing_is_slowed_down(cloud: LocalCloud) -> None:
    for number in range(10):
        assert submit(cloud, "/device", user_code=f"GUESS{number}")[0] == 400

    status, page = submit(cloud, "/device", user_code=flow(cloud)["user_code"])

    assert (status, "Too many" in page) == (429, True)


def test_what_was_typed_is_shown_as_text_only(cloud: LocalCloud) -> None:
    page = submit(cloud, "/device", user_code='"><script>alert(1)</script>')[1]

    assert "<script" not in page


def test_the_page_needs_nothing_from_elsewhere_and_no_script(cloud: LocalCloud) -> None:
    status, headers, body = cloud.send("GET", "/device")

    assert status == 200
    assert "default-src 'none'" in headers["content-security-policy"]
    assert headers["cache-control"] == "no-store"
    assert b"<script" not in body
    assert b"http://" not in body
    assert b"https://" not in body
    assert b"width=device-width" in body


def test_the_root_leads_to_the_page(cloud: LocalCloud) -> None:
    assert b'name="user_code"' in cloud.send("GET", "/")[2]
