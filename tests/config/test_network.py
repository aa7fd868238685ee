"""[network]: the proxy, its login and its exceptions, and the certificates, from files, secrets and the environment."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tvapp.commands.cli import run
from tvapp.config.load import ConfigErrors, load, load_all
from tvapp.config.model import Config
from tvapp.core.proxies import NO_SOCKS, Proxy

BASE = {
    "TVAPP_MAPS_AUTH": "shared-key",
    "TVAPP_MAPS_SUBSCRIPTION_KEYS": "a-key-of-the-maps",
    "TVAPP_GEOFENCES_STORE": "folder",
    "TVAPP_GEOFENCES_PATH": "/srv/geofences",
}
FAR = "https://atlas.microsoft.com/map/tile"
Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def write(text: str, mode: int = 0o600, name: str = "config.toml") -> Path:
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        path.chmod(mode)
        return path

    return write


def proxy_of(config: Config, url: str = FAR) -> Proxy | None:
    return config.outbound.rules_in({"HTTPS_PROXY": "http://of-the-environment:1"}).proxy_for(url)


def errors_of(path: Path | None, **environ: str) -> list[tuple[str, str, str]]:
    with pytest.raises(ConfigErrors) as caught:
        load(path, BASE | environ)
    return [(error.key, error.found, error.allowed) for error in caught.value.errors]


def test_without_a_proxy_that_of_the_environment_counts() -> None:
    assert proxy_of(load(None, BASE)) == Proxy("http://of-the-environment:1")


def test_a_proxy_of_the_file_wins_over_the_environment(write: Write) -> None:
    path = write('[network]\nproxy = "http://proxy:8080"\nno_proxy = ["10.0.0.0/8", ".example.com"]', 0o644)
    config = load(path, BASE)
    assert proxy_of(config) == Proxy("http://proxy:8080")
    assert proxy_of(config, "https://10.1.2.3") is None
    assert proxy_of(config, "https://fences.example.com") is None


def test_everything_can_be_set_by_variables() -> None:
    config = load(
        None,
        BASE
        | {
            "TVAPP_NETWORK_PROXY": "https://proxy:8080",
            "TVAPP_NETWORK_PROXY_USERNAME": "tv",
            "TVAPP_NETWORK_PROXY_PASSWORD": "s3cret",
            "TVAPP_NETWORK_NO_PROXY": "10.0.0.0/8, .example.com",
        },
    )
    assert proxy_of(config) == Proxy("https://proxy:8080", "tv", "s3cret")
    assert proxy_of(config, "https://a.example.com") is None
    assert "s3cret" not in repr(config)


def test_credentials_may_stand_in_the_address_or_be_secrets(write: Write) -> None:
    write("http://tv:s3cret@proxy:8080\n", name="proxy")
    write("s3cret\n", name="password")
    whole = load(write('[network]\nproxy = { file = "proxy" }', 0o644), BASE)
    beside = load(
        write(
            '[network]\nproxy = "http://proxy:8080"\nproxy_username = "tv"\nproxy_password = { file = "password" }',
            0o644,
        ),
        BASE,
    )
    assert proxy_of(whole) == proxy_of(beside) == Proxy("http://proxy:8080", "tv", "s3cret")
    assert "s3cret" not in repr(whole) + repr(beside)


@pytest.mark.parametrize("line", ['proxy = "http://tv:s3cret@proxy:8080"', 'proxy_password = "s3cret"'])
def test_a_file_with_the_login_of_a_proxy_has_to_be_private(write: Write, line: str) -> None:
    path = write(f"[network]\n{line}", 0o644)
    errors = [error for error in load_all(path, BASE).errors if "chmod" in error.allowed]
    assert [error.key for error in errors] == [f"network.{line.partition(' ')[0]}"]
    path.chmod(0o640)
    assert not [error for error in load_all(path, BASE).errors if "chmod" in error.allowed]


@pytest.mark.parametrize(
    ("line", "key", "found", "allowed"),
    [
        ('proxy = "proxy:8080"', "proxy", '"proxy:8080"', "http://proxy.example.com:8080"),
        ('proxy = "socks5://tv:s3cret@proxy:1"', "proxy", '"socks5://...@proxy:1"', NO_SOCKS),
        ('proxy = "http://tv:s3cret@proxy:99999"', "proxy", '"http://...@proxy:99999"', "http://proxy.example.com:8080"),
        ("proxy = 8080", "proxy", "a int", "http://proxy.example.com:8080"),
        ('no_proxy = ["10.0.0.0/8", "10.0.0.0/33"]', "no_proxy", '"10.0.0.0/33"', "10.0.0.0/8"),
        ('no_proxy = ["http://a.example"]', "no_proxy", '"http://a.example"', ".example.com"),
        ("no_proxy = [5]", "no_proxy", "5", ".example.com"),
        ('no_proxy = "10.0.0.0/8"', "no_proxy", '"10.0.0.0/8"', "a list"),
        ('ca_bundle = "missing.pem"', "ca_bundle", '"missing.pem"', "No such file"),
        ('proxy_username = "tv"', "proxy", "nothing", "the address of the proxy"),
        ('proxy_password = "s3cret"', "proxy_username", "nothing", "the name that proxy_password belongs to"),
        (
            'proxy = "http://a:b@proxy:1"\nproxy_username = "tv"',
            "proxy_username",
            "a name in proxy as well",
            "only one of the two",
        ),
        ('proxi = "http://proxy:1"', "proxi", '"proxi", which is unknown (did you mean proxy?)', "no_proxy"),
    ],
)  # fmt: skip
def test_a_wrong_value_is_told_without_secrets(write: Write, line: str, key: str, found: str, allowed: str) -> None:
    ((told_key, told_found, told_allowed),) = errors_of(write(f"[network]\n{line}"))
    assert (told_key, told_found) == (f"network.{key}", found)
    assert allowed in told_allowed
    assert "s3cret" not in told_found + told_allowed


def test_config_check_names_the_file_and_shows_no_login(
    write: Write, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in BASE.items():
        monkeypatch.setenv(name, value)
    path = write('[network]\nproxy = "http://tv:s3cret@proxy:8080"\nproxy_password = "s3cret"\nno_proxy = ["x:0"]')
    assert run(["config", "check", "--json", "--config", str(path)]) == 3
    out = capsys.readouterr().out
    assert "s3cret" not in out
    report = json.loads(out)
    shown = {each["key"]: each["value"] for each in report["settings"]}
    assert shown["network.proxy"] == '"http://...@proxy:8080"'
    assert {(each["source"], each["key"], each["found"]) for each in report["errors"]} >= {
        (str(path), "network.no_proxy", '"x:0"')
    }


def test_both_bundles_are_trusted_and_one_that_is_named_twice_is_read_once(write: Write) -> None:
    for name in ("a.pem", "b.pem"):
        write("", name=name)
    both = load(write('[identity]\nca_bundle = "a.pem"\n[network]\nca_bundle = "b.pem"'), BASE)
    assert [Path(each).name for each in both.outbound.ca_bundles] == ["a.pem", "b.pem"]
    same = load(write('[identity]\nca_bundle = "a.pem"\n[network]\nca_bundle = "a.pem"'), BASE)
    assert [Path(each).name for each in same.outbound.ca_bundles] == ["a.pem"]
    assert load(None, BASE).outbound.ca_bundles == ()
