"""The small print of HTTP: dates, certificates, what counts as an answer."""

from __future__ import annotations

import json
from collections.abc import Iterator
from email.utils import formatdate
from pathlib import Path

import pytest

from tests.auth.machine import http_client
from tests.cloud import LocalCloud
from tests.net.raw import HandshakeServer, make_authority
from tvapp.auth.http_client import Failed, HttpClient
from tvapp.auth.problems import from_error
from tvapp.core import errors
from tvapp.core.clock import ManualClock
from tvapp.core.headers import Headers
from tvapp.core.jobs import JobsStopped
from tvapp.net.request import Request, Response


def test_an_address_without_tls_is_never_asked() -> None:
    with pytest.raises(Failed) as caught:
        http_client("").post("http://localhost:1/token", data={"a": "b"})
    assert isinstance(caught.value.error, errors.ConfigError)


def test_a_name_that_nobody_knows_is_unreachable() -> None:
    with pytest.raises(Failed) as caught:
        http_client("").get("https://nobody.invalid/")
    assert isinstance(caught.value.error, errors.NetworkError)
    assert from_error(caught.value.error).is_network


def test_passwords_in_the_home_folder_are_not_sent(
    cloud: LocalCloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine localhost login me password secret\n")
    monkeypatch.setenv("NETRC", str(netrc))
    client = http_client(ca_bundle=cloud.ca_bundle)
    client.get(f"{cloud.authority}/v2.0/.well-known/openid-configuration")
    (request,) = cloud.requests("discovery")
    assert "authorization" not in {name.lower() for name in request["headers"]}


@pytest.fixture
def early_server(tmp_path: Path) -> Iterator[tuple[int, Path]]:
    """Run a server whose certificate is valid from the day after tomorrow."""
    authority = make_authority(tmp_path / "early", since_days=2, days=4)
    server = HandshakeServer(authority.server)
    yield server.port, authority.ca_file
    server.close()


def test_a_certificate_from_the_future_means_that_the_clock_is_behind(early_server: tuple[int, Path]) -> None:
    port, ca = early_server
    with pytest.raises(Failed) as caught:
        http_client(ca_bundle=str(ca)).get(f"https://localhost:{port}/")
    assert from_error(caught.value.error).kind == "clock-wrong"


# -- what is sent and how answers are judged --------------------------------------------------------------------------

TOKEN = '{"access_token": "secret", "expires_in": 3600}'
URL = "https://login.example/token"


def answering(status: int = 200, body: str = TOKEN, **fields: str) -> HttpClient:
    headers = Headers({name.replace("_", "-"): value for name, value in fields.items()})
    return HttpClient(lambda request: Response(status, headers, body.encode(), request.url), ManualClock())


def failing(error: Exception) -> HttpClient:
    def send(_request: Request) -> Response:
        raise error

    return HttpClient(send, ManualClock())


def failure(client: HttpClient, method: str = "POST", url: str = URL) -> Failed:
    with pytest.raises(Failed) as caught:
        client.post(url, data={}) if method == "POST" else client.get(url)
    return caught.value


def test_a_form_is_posted_as_it_was_given_but_for_fields_that_are_none() -> None:
    sent: list[Request] = []

    def send(request: Request) -> Response:
        sent.append(request)
        return Response(200, Headers({"date": "now"}), TOKEN.encode(), request.url)

    client = HttpClient(send, ManualClock())
    reply = client.post(URL, params={"a": "1", "b": None}, data={"c": "ä b", "d": None}, headers={"x-client": "msal"})
    form = Headers({"content-type": "application/x-www-form-urlencoded", "x-client": "msal"})
    assert sent == [Request("POST", URL + "?a=1", form, b"c=%C3%A4+b", limit_bytes=1 << 20, timeout_s=25.0)]
    assert (reply.status_code, reply.text, reply.headers["date"]) == (200, TOKEN, "now")
    client.post(URL + "?x=1", params="y=2", data="raw", headers={"content-type": "text/plain"})
    assert sent[1].url == URL + "?x=1&y=2"
    assert (sent[1].headers, sent[1].body) == (Headers({"content-type": "text/plain"}), b"raw")
    client.get(URL, headers={"accept": "json"})
    assert sent[2] == Request("GET", URL, Headers({"accept": "json"}), limit_bytes=1 << 20, timeout_s=25.0)


@pytest.mark.parametrize(
    ("url", "found"), [("http://login.example/", "http"), ("/token", "nothing"), ("https:", "https")]
)
def test_an_address_that_is_not_https_is_a_mistake_in_the_configuration(url: str, found: str) -> None:
    error = failure(answering(), url=url).error
    assert isinstance(error, errors.ConfigError)
    assert (error.source, error.key, error.found, error.allowed) == ("identity provider", "endpoint", found, "https")


def test_errors_of_the_network_pass_and_those_of_our_own_bundle_name_the_setting() -> None:
    broken = errors.ConnectionBroken("login.example", "reset")
    assert failure(failing(broken)).error is broken
    untrusted = errors.TlsFailed("login.example", "certificate expired")
    assert failure(failing(untrusted)).error is untrusted
    bundle = failure(failing(errors.TlsFailed("login.example", "cannot read the certificate bundle /x.pem"))).error
    assert isinstance(bundle, errors.ConfigError)
    assert (bundle.source, bundle.key) == ("config", "network.ca_bundle")
    assert bundle.found == "cannot read the certificate bundle /x.pem"
    assert bundle.allowed == "a file of certificates in PEM form"
    ending = failure(failing(JobsStopped())).error
    assert isinstance(ending, errors.Unreachable)
    assert (ending.host, ending.reason) == ("login.example", "shutting down")


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (429, "{}", errors.Throttled("login.example", 429)),
        (500, "<html>", errors.ServiceDown("login.example", 500)),
        (503, '{"error": "server_error"}', errors.ServiceDown("login.example", 503, "server_error")),
        (
            400,
            '{"error": "temporarily_unavailable"}',
            errors.ServiceDown("login.example", 503, "temporarily_unavailable"),
        ),
        (200, '{"error": "server_error"}', errors.ServiceDown("login.example", 503, "server_error")),
        (400, '{"error": "too_many_requests"}', errors.ServiceDown("login.example", 503, "too_many_requests")),
        (429, '{"error": "too_many_requests"}', errors.Throttled("login.example", 429, "too_many_requests")),
        (300, TOKEN, errors.UnexpectedReply("login.example", 300, "html", "redirected")),
        (399, TOKEN, errors.UnexpectedReply("login.example", 399, "html", "redirected")),
        (200, "  <html>", errors.UnexpectedReply("login.example", 200, "html")),
        (200, "hello", errors.UnexpectedReply("login.example", 200, "not_json")),
        (200, "[1]", errors.UnexpectedReply("login.example", 200, "not_json")),
        (200, "[" * 100_000, errors.UnexpectedReply("login.example", 200, "not_json")),
        (403, "hello", errors.UnexpectedReply("login.example", 403, "not_json")),
    ],
)  # fmt: skip
def test_an_answer_that_msal_cannot_use_fails_by_its_status_and_body(
    method: str, status: int, body: str, expected: errors.ServiceError
) -> None:
    error = failure(answering(status, body), method).error
    assert (type(error), str(error)) == (type(expected), str(expected))


def test_the_type_of_the_content_tells_a_page_too() -> None:
    error = failure(answering(200, "hello", content_type="text/html; charset=utf-8")).error
    assert isinstance(error, errors.UnexpectedReply)
    assert error.code == "html"


@pytest.mark.parametrize("status", [404, 410])
def test_a_page_that_is_not_there_is_a_wrong_address_when_it_is_read(status: int) -> None:
    read = failure(answering(status, "nothing here"), "GET").error
    assert (type(read), str(read)) == (errors.NotFound, f"login.example: {status}")
    assert isinstance(failure(answering(status, "nothing here")).error, errors.UnexpectedReply)


def test_a_failure_carries_the_body_the_request_id_and_the_time_to_wait() -> None:
    failed = failure(answering(429, '{"error": "x"}', retry_after="7", x_ms_request_id="r-1" + "x" * 200))
    assert failed.body == {"error": "x"}
    assert isinstance(failed.error, errors.Throttled)
    assert (failed.error.retry_after_s, failed.error.code) == (7.0, "x")
    assert failed.error.request_id == "r-1" + "x" * 117
    assert str(failed) == str(failed.error)
    long = failure(answering(400, '{"error": "' + "y" * 200 + '"}'), "GET")
    assert isinstance(long.error, errors.ServiceError)
    assert (long.error.code, long.error.request_id) == ("y" * 120, "")
    assert long.body == {"error": "y" * 200}
    for status, code, method in ((400, "invalid_tenant", "GET"), (400, "temporarily_unavailable", "POST")):
        body = {"error": code}
        refused = failure(answering(status, json.dumps(body), retry_after="7", x_ms_request_id="r-2"), method)
        assert isinstance(refused.error, errors.ServiceError)
        assert (refused.error.retry_after_s, refused.error.request_id, refused.body) == (7.0, "r-2", body)
    later = formatdate(ManualClock().wall() + 9, usegmt=True)
    assert failure(answering(429, retry_after=later)).error.retry_after_s == 9.0  # type: ignore[attr-defined]
    odd = failure(answering(503, '{"error": 5}'))
    assert isinstance(odd.error, errors.ServiceDown)
    assert (odd.error.code, odd.body) == ("", {"error": 5})


MANY = "x" * (1 << 16)
ODD = "{} is too long or has characters that no token has"


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ({}, "no access_token and no device_code"),
        ({"error_description": "x"}, "no access_token and no device_code"),
        ({"access_token": 5}, "access_token is no text"),
        ({"access_token": "t", "refresh_token": []}, "refresh_token is no text"),
        ({"access_token": "t", "id_token": 1}, "id_token is no text"),
        ({"access_token": "t", "client_info": 1}, "client_info is no text"),
        ({"access_token": "t", "token_type": 1}, "token_type is no text"),
        ({"access_token": "t", "scope": []}, "scope is no text"),
        ({"access_token": "t", "foci": 1}, "foci is no text"),
        ({"access_token": "t", "id_token": ""}, "id_token is empty"),
        ({"access_token": ""}, "access_token is empty"),
        ({"device_code": ""}, "device_code is empty"),
        ({"access_token": "t\r\nx: y"}, ODD.format("access_token")),
        (
            {"access_token": "t", "refresh_token": "a b"},
            ODD.format("refresh_token"),
        ),
        ({"access_token": "t", "refresh_token": "ä"}, ODD.format("refresh_token")),
        ({"access_token": MANY + "x"}, ODD.format("access_token")),
        ({"device_code": "d", "interval": "often"}, "interval is no number"),
        ({"access_token": "t", "expires_in": -5}, "expires_in is no number"),
        ({"access_token": "t", "expires_in": 1.5}, "expires_in is no number"),
        ({"access_token": "t", "expires_in": 1234567890123}, "expires_in is no number"),
        ({"access_token": "t", "ext_expires_in": "x"}, "ext_expires_in is no number"),
        ({"access_token": "t", "refresh_in": "x"}, "refresh_in is no number"),
        ({"access_token": "t", "expires_on": "x"}, "expires_on is no number"),
    ],
)
def test_an_answer_to_a_form_that_holds_no_code_and_no_tokens_is_refused_by_the_fields_name(
    body: dict[str, object], reason: str
) -> None:
    error = failure(answering(200, json.dumps(body))).error
    assert isinstance(error, errors.UnexpectedReply)
    assert (error.status, error.code, error.message) == (200, "not_oauth", reason)


@pytest.mark.parametrize(
    "body",
    [
        TOKEN, '{"device_code": "d", "interval": 5}', f'{{"access_token": "{MANY}"}}',
        '{"access_token": "t", "expires_in": "3600"}',
        '{"access_token": "t", "expires_in": 3600.0}', '{"access_token": null, "device_code": "d"}',
        '{"access_token": "t", "expires_in": 123456789012}',
    ],
)  # fmt: skip
def test_codes_and_tokens_are_replies(body: str) -> None:
    reply = answering(200, body).post(URL, data={})
    assert (reply.status_code, reply.text) == (200, body)
    reply.raise_for_status()


def test_a_refusal_of_a_form_is_a_reply_and_one_of_a_page_a_failure() -> None:
    assert answering(400, '{"error": "invalid_grant"}').post(URL, data={}).status_code == 400
    assert answering(200, '{"issuer": "x"}').get(URL).text == '{"issuer": "x"}'
    error = failure(answering(400, '{"error": "invalid_tenant"}'), "GET").error
    assert isinstance(error, errors.ServiceError)
    assert (error.host, error.status, error.code) == ("login.example", 400, "invalid_tenant")
    assert str(failure(answering(400, '{"access_token": "t"}')).error) == "login.example: 400 not_oauth"
