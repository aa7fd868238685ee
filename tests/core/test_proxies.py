"""Which proxy a request goes through: that of the configuration, that of the environment, or none."""

from __future__ import annotations

import pytest

from tvapp.core.proxies import (
    NO_SOCKS,
    BadProxy,
    Outbound,
    Proxy,
    ProxyRules,
    from_environment,
    parse_exception,
    parse_proxy,
    without_credentials,
)
from tvapp.core.urls import is_loopback

PROXY = "http://proxy:8080"


def goes_through(url: str, *exceptions: str) -> bool:
    return ProxyRules.of(PROXY, exceptions).proxy_for(url) is not None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("http://proxy:8080", Proxy("http://proxy:8080")),
        (" http://proxy.example.com/ ", Proxy("http://proxy.example.com:80")),
        ("https://proxy.example.com", Proxy("https://proxy.example.com:443")),
        ("HTTP://PROXY:8080", Proxy("http://proxy:8080")),
        ("http://tv:s%40c%3Aret@proxy:3128", Proxy("http://proxy:3128", "tv", "s@c:ret")),
        ("http://tv@proxy:3128", Proxy("http://proxy:3128", "tv", "")),
        ("http://10.0.0.1:3128", Proxy("http://10.0.0.1:3128")),
        ("http://[fd00::1]:3128", Proxy("http://[fd00::1]:3128")),
        ("http://b\u00fccher.example:80", Proxy("http://xn--bcher-kva.example:80")),
    ],
)
def test_an_address_of_a_proxy_is_taken_apart(text: str, expected: Proxy) -> None:
    assert parse_proxy(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "", "proxy", "proxy:8080", "http://", "http://:8080", "ftp://proxy:8080", "http://proxy:0", "http://proxy:99999",
        "http://proxy:8080/x", "http://proxy:8080?x", "http://proxy:8080#x", "http://pro xy:8080", "http://1.2.3:80",
        "http://[fd00::1:3128", "http://:secret@proxy:8080", "http://tv:a%0Ab@proxy:8080", "http://-proxy:80",
        f"http://{'a' * 64}:80",
    ],
)  # fmt: skip
def test_what_is_no_address_of_a_proxy_is_refused(text: str) -> None:
    with pytest.raises(BadProxy, match=r"http://proxy\.example\.com:8080"):
        parse_proxy(text)


@pytest.mark.parametrize("scheme", ["socks4", "socks5", "socks5h"])
def test_a_socks_proxy_is_refused_in_words(scheme: str) -> None:
    with pytest.raises(BadProxy) as caught:
        parse_proxy(f"{scheme}://proxy:1080")
    assert str(caught.value) == NO_SOCKS


@pytest.mark.parametrize(
    ("exception", "direct", "through"),
    [
        ("maps.example.com", "https://MAPS.example.com/", "https://a.maps.example.com"),
        ("maps.example.com", "https://maps.example.com.", "https://xmaps.example.com"),
        (".example.com", "https://a.b.example.com", "https://badexample.com"),
        (".example.com", "https://example.com", "https://example.com.evil.test"),
        ("*.example.com", "https://a.example.com", "https://example.org"),
        ("b\u00fccher.example", "https://xn--bcher-kva.example", "https://bucher.example"),
        ("maps.example.com:8443", "https://maps.example.com:8443", "https://maps.example.com"),
        ("maps.example.com:443", "https://maps.example.com", "https://maps.example.com:8443"),
        (".example.com:80", "http://a.example.com", "https://a.example.com"),
        ("10.0.0.0/8", "https://10.255.1.2:99", "https://11.0.0.1"),
        ("10.0.0.0/8", "https://[::ffff:10.1.2.3]", "https://[fd00::1]"),
        ("10.0.0.0/8:443", "https://10.1.1.1", "https://10.1.1.1:8443"),
        ("192.168.1.7", "https://192.168.1.7", "https://192.168.1.8"),
        ("192.168.1.7/24", "https://192.168.1.200", "https://192.168.2.1"),
        ("192.168.1.7:8443", "https://192.168.1.7:8443", "https://192.168.1.7"),
        ("fd00::/8", "https://[fd12::1]:8443", "https://[fe80::1]"),
        ("fd00::1", "https://[fd00::1]", "https://[fd00::2]"),
        ("[fd00::1]", "https://[fd00:0:0::1]", "https://[fd00::2]"),
        ("[fd00::1]:443", "https://[fd00::1]", "https://[fd00::1]:8443"),
        ("[fd00::/8]:443", "https://[fd12::1]", "https://[fd12::1]:8443"),
        ("*:8443", "https://maps.example.com:8443", "https://maps.example.com"),
        ("mqtt.example.com:8883", "mqtts://mqtt.example.com", "mqtt://mqtt.example.com"),
    ],
)
def test_an_exception_covers_what_it_says_and_no_more(exception: str, direct: str, through: str) -> None:
    assert not goes_through(direct, exception)
    assert goes_through(through, exception)


def test_a_star_stands_for_all() -> None:
    assert not goes_through("https://atlas.microsoft.com", "*")
    assert goes_through("https://atlas.microsoft.com", "localhost")


@pytest.mark.parametrize(
    "text",
    ["", " ", "http://maps.example.com", "maps example", "10.0.0.0/33", "1.2.3", "300.1.1.1", "fd00::/129", "a:0",
     "a:65536", "a:b", "[fd00::1", "..", "-a.example", "a/b", "a\0b", "\u00fc" * 70],
)  # fmt: skip
def test_what_is_no_exception_is_refused(text: str) -> None:
    with pytest.raises(BadProxy, match="a host"):
        parse_exception(text)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.8.9.10", "[::1]", "a.localhost", "LOCALHOST"])
def test_this_machine_itself_is_never_reached_through_a_proxy(host: str) -> None:
    assert not goes_through(f"https://{host}:8443/x")


@pytest.mark.parametrize("url", ["", "https://", "https://[::1", "https://a:b/", "no url"])
def test_what_is_no_url_goes_nowhere(url: str) -> None:
    assert not goes_through(url)


def test_a_login_may_stand_beside_the_address_and_is_never_shown() -> None:
    proxy = ProxyRules.of(PROXY, username="tv", password="s3cret").proxy_for("https://a.example")
    assert proxy == Proxy(PROXY, "tv", "s3cret")
    assert "s3cret" not in repr(proxy)
    assert "s3cret" not in repr(ProxyRules.of("http://tv:s3cret@proxy:8080"))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("http://proxy:8080", "http://proxy:8080"),
        ("http://tv:s3cret@proxy:8080", "http://...@proxy:8080"),
        ("http://tv:s3/cr@et@proxy:8080", "http://...@proxy:8080"),
        ("tv:s3cret@proxy", "...@proxy"),
        ("tv:s3cret%40proxy", "...@proxy"),
        ("socks5://tv:s3\ncret@proxy", "socks5://...@proxy"),
        ("https://tv:s3://cret@proxy", "https://...@proxy"),
    ],
)
def test_an_address_is_shown_without_its_credentials_however_wrong_it_is(text: str, shown: str) -> None:
    assert without_credentials(text) == shown


# -- the environment --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("environ", "url", "expected"),
    [
        ({}, "https://a.example", None),
        ({"HTTPS_PROXY": PROXY}, "https://a.example", PROXY),
        ({"https_proxy": PROXY, "HTTPS_PROXY": "http://other:1"}, "https://a.example", PROXY),
        ({"https_proxy": "proxy:8080"}, "https://a.example", PROXY),
        ({"https_proxy": PROXY}, "http://a.example", None),
        ({"http_proxy": PROXY}, "http://a.example", PROXY),
        ({"HTTP_PROXY": PROXY, "REQUEST_METHOD": "GET"}, "http://a.example", None),
        ({"all_proxy": PROXY}, "mqtts://a.example", PROXY),
        ({"all_proxy": "http://other:1", "https_proxy": PROXY}, "https://a.example", PROXY),
        ({"https_proxy": PROXY, "no_proxy": "a.example"}, "https://a.example", None),
        ({"https_proxy": PROXY, "no_proxy": "a.example"}, "https://b.a.example", None),
        ({"https_proxy": PROXY, "no_proxy": "a.example"}, "https://ba.example", PROXY),
        ({"https_proxy": PROXY, "NO_PROXY": "x, ,10.0.0.0/8 .b.example"}, "https://10.1.1.1", None),
        ({"https_proxy": PROXY, "NO_PROXY": "x, ,10.0.0.0/8 .b.example"}, "https://a.b.example", None),
        ({"https_proxy": PROXY, "NO_PROXY": "http://?,a.example"}, "https://a.example", None),
        ({"https_proxy": PROXY, "no_proxy": "*"}, "https://a.example", None),
        ({"https_proxy": PROXY}, "https://localhost", None),
    ],
)
def test_the_environment_is_read_as_other_programs_read_it(
    environ: dict[str, str], url: str, expected: str | None
) -> None:
    proxy = from_environment(environ).proxy_for(url)
    assert (proxy.url if proxy is not None else None) == expected


def test_a_proxy_of_the_environment_that_cannot_be_used_is_told() -> None:
    with pytest.raises(BadProxy):
        from_environment({"HTTPS_PROXY": "socks5://proxy:1080"})


def test_the_proxy_of_the_configuration_wins_over_the_environment_with_all_that_belongs_to_it() -> None:
    environ = {"HTTPS_PROXY": "http://other:1", "NO_PROXY": "*"}
    outbound = Outbound(rules=ProxyRules.of(PROXY, [".b.example"]))
    assert outbound.rules_in(environ).proxy_for("https://a.example") == Proxy(PROXY)
    assert outbound.rules_in(environ).proxy_for("https://a.b.example") is None


def test_exceptions_of_the_configuration_hold_for_a_proxy_of_the_environment_too() -> None:
    rules = Outbound(exceptions=("a.example",)).rules_in({"HTTPS_PROXY": PROXY, "NO_PROXY": "b.example"})
    assert [rules.proxy_for(f"https://{name}.example") for name in "abc"] == [None, None, Proxy(PROXY)]


@pytest.mark.parametrize(
    ("outbound", "environ", "expected"),
    [
        (Outbound(), {}, "a.example"),
        (Outbound(rules=ProxyRules.of(PROXY)), {}, "proxy"),
        (Outbound(rules=ProxyRules.of(PROXY, ["a.example"])), {}, "a.example"),
        (Outbound(), {"HTTPS_PROXY": "http://other:1"}, "other"),
        (Outbound(), {"HTTPS_PROXY": "socks5://other:1"}, "a.example"),
    ],
)
def test_only_the_name_of_the_first_hop_is_looked_up_here(
    outbound: Outbound, environ: dict[str, str], expected: str
) -> None:
    assert outbound.name_to_resolve("https://a.example:8443", environ) == expected


@pytest.mark.parametrize(("host", "expected"), [("localhost", True), ("::1", True), ("a.example", False), ("", False)])
def test_a_host_is_this_machine_itself_or_another(host: str, expected: bool) -> None:
    assert is_loopback(host) is expected
