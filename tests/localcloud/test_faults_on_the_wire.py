"""The fault switchboard, as a client meets it."""

from __future__ import annotations

import email.utils
import http.client
import ssl
import time
from urllib.parse import urlsplit

import pytest

from tests.cloud import LocalCloud

PAGE = "/device"


def connect(cloud: LocalCloud) -> http.client.HTTPSConnection:
    address = urlsplit(cloud.endpoint)
    context = ssl.create_default_context(cafile=cloud.ca_bundle)
    return http.client.HTTPSConnection("localhost", address.port, context=context, timeout=10)


def test_a_status_with_retry_after_strikes_as_often_as_said(cloud: LocalCloud) -> None:
    cloud.fault("page", status=429, retry_after=7, times=2)

    answers = [cloud.send("GET", PAGE) for _ in range(3)]

    assert [status for status, _, _ in answers] == [429, 429, 200]
    assert answers[0][1]["retry-after"] == "7"
    assert "retry-after" not in answers[2][1]


def test_retry_after_can_be_a_date(cloud: LocalCloud) -> None:
    cloud.fault("page", status=503, retry_after="date:30")

    headers = cloud.send("GET", PAGE)[1]

    ahead = email.utils.parsedate_to_datetime(headers["retry-after"]) - email.utils.parsedate_to_datetime(
        headers["date"]
    )
    assert 29 <= ahead.total_seconds() <= 31


def test_a_reset_is_a_reset(cloud: LocalCloud) -> None:
    cloud.fault("page", reset=True)
    connection = connect(cloud)
    connection.request("GET", PAGE)

    with pytest.raises((ConnectionResetError, http.client.RemoteDisconnected, ssl.SSLError, OSError)):
        connection.getresponse().read()
    connection.close()


def test_a_reset_after_the_headers_leaves_the_body_out(cloud: LocalCloud) -> None:
    cloud.fault("page", reset="headers")
    connection = connect(cloud)
    connection.request("GET", PAGE)
    response = connection.getresponse()

    assert response.status == 200
    with pytest.raises((http.client.IncompleteRead, OSError)):
        response.read()
    connection.close()


def test_a_reset_after_the_work_has_done_the_work(cloud: LocalCloud) -> None:
    cloud.fault("devicecode", reset="after", times=1)
    form = f"client_id={cloud.client_id}&scope=openid".encode()

    with pytest.raises(OSError):
        cloud.send("POST", f"{cloud.authority}/oauth2/v2.0/devicecode", form)

    assert len(cloud.pending()) == 1


def test_a_truncated_body_ends_early(cloud: LocalCloud) -> None:
    cloud.fault("page", truncate=0.5)
    connection = connect(cloud)
    connection.request("GET", PAGE)
    response = connection.getresponse()

    with pytest.raises(http.client.IncompleteRead) as caught:
        response.read()
    connection.close()

    promised = int(response.headers["content-length"])
    assert len(caught.value.partial) == promised // 2


def test_a_portal_answers_with_html_and_200(cloud: LocalCloud) -> None:
    cloud.fault("discovery", html=True)

    status, headers, body = cloud.send("GET", f"{cloud.authority}/v2.0/.well-known/openid-configuration")

    assert (status, headers["content-type"].partition(";")[0]) == (200, "text/html")
    assert b"guest network" in body


def test_bad_bytes_have_the_right_type_and_length(cloud: LocalCloud) -> None:
    bearer = cloud.bearer()
    path = "/map/tile?api-version=2024-04-01&tilesetId=microsoft.base.road&zoom=0&x=0&y=0&tileSize=256"
    good = cloud.send("GET", path, headers=bearer)
    cloud.fault("tile", bad_bytes=True)

    bad = cloud.send("GET", path, headers=bearer)

    assert (bad[0], bad[1]["content-type"], len(bad[2])) == (200, "image/png", len(good[2]))
    assert not bad[2].startswith(b"\x89PNG")


def test_an_oversized_body_is_as_long_as_said(cloud: LocalCloud) -> None:
    cloud.fault("page", oversized_bytes=3_000_000)

    assert len(cloud.send("GET", PAGE)[2]) == 3_000_000


def test_a_delay_and_a_drip_take_their_time(cloud: LocalCloud) -> None:
    cloud.fault("page", delay_s=0.1, drip_s=0.1)
    started = time.monotonic()

    body = cloud.send("GET", PAGE)[2]

    assert time.monotonic() - started >= 0.19
    assert body.rstrip().endswith(b"</html>")


def test_a_skewed_clock_shows_in_the_date(cloud: LocalCloud) -> None:
    def date() -> float:
        return email.utils.parsedate_to_datetime(cloud.send("GET", PAGE)[1]["date"]).timestamp()

    honest = date()
    cloud.settings(clock_skew_s=86400)
    skewed = date()
    cloud.settings(clock_skew_s=0)
    cloud.fault("page", clock_skew_s=-7200)

    assert 86399 <= skewed - honest <= 86410
    assert -7201 <= date() - honest <= -7190


def test_a_fault_may_concern_some_requests_only(cloud: LocalCloud) -> None:
    bearer = cloud.bearer()
    path = "/map/tile?api-version=2024-04-01&tilesetId={}&zoom=0&x=0&y=0&tileSize=256"
    cloud.fault("tile", status=500, match={"tilesetId": "microsoft.base.darkgrey"})

    assert cloud.send("GET", path.format("microsoft.base.darkgrey"), headers=bearer)[0] == 500
    assert cloud.send("GET", path.format("microsoft.base.road"), headers=bearer)[0] == 200


def test_a_body_of_ones_own_can_be_sent(cloud: LocalCloud) -> None:
    cloud.fault("devicecode", status=400, body="<oops>", content_type="text/plain", headers={"x-what": "this"})

    status, headers, body = cloud.send("POST", f"{cloud.authority}/oauth2/v2.0/devicecode", b"")

    assert (status, headers["x-what"], body) == (400, "this", b"<oops>")


def test_faults_can_be_lifted(cloud: LocalCloud) -> None:
    cloud.fault("page", status=500)
    cloud.fault("tile", status=500)
    cloud.clear("page")

    assert cloud.send("GET", PAGE)[0] == 200
    assert list(cloud.ask("GET", "/faults")) == ["tile"]
    cloud.clear()
    assert cloud.ask("GET", "/faults") == {}


def test_requests_are_counted(cloud: LocalCloud) -> None:
    for _ in range(3):
        cloud.send("GET", PAGE, headers={"Accept-Language": "fi"})

    assert (cloud.count("page"), cloud.most_in_flight("page")) == (3, 1)
    assert cloud.requests("page")[-1]["headers"]["accept-language"] == "fi"
    assert cloud.requests("page")[-1]["status"] == 200
    cloud.forget_requests()
    assert cloud.count("page") == 0


@pytest.mark.parametrize(
    "body",
    [
        {"endpoint": "nowhere"},
        {"endpoint": "tile", "statsu": 500},
        {"endpoint": "tile", "status": "500"},
        {"endpoint": "tile", "reset": "sideways"},
    ],
)
def test_a_mistaken_fault_is_refused(cloud: LocalCloud, body: dict[str, object]) -> None:
    with pytest.raises(AssertionError, match="400"):
        cloud.ask("POST", "/faults", body)


def test_control_is_closed_to_web_pages(cloud: LocalCloud) -> None:
    for headers in ({"Origin": "https://evil.example"}, {"Host": "evil.example"}):
        assert cloud.send("GET", cloud.control, headers=headers)[0] == 403
    assert cloud.send("POST", f"{cloud.control}/reset", b"{}", {"Content-Type": "text/plain"})[0] == 415
