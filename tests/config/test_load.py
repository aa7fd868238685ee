"""Settings: where they come from, and what is said about wrong ones."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tvapp.config.load import ConfigErrors, load, search_path
from tvapp.config.model import Config, Home
from tvapp.config.rules import RULES
from tvapp.core.errors import ConfigError

GUID = "11111111-2222-3333-4444-555555555555"
MAPS = "30d7cc00-0000-0000-0000-000000009f55"
COMPLETE = f"""
[identity]
tenant = "contoso.onmicrosoft.com"
client_id = "{GUID}"
[maps]
client_id = "{MAPS}"
[geofences]
store = "map-data"
"""

LOCK = "scrypt$ln=15,r=8,p=1$AAECAwQFBgcICQoLDA0ODw$" + "A" * 43

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def write(text: str, mode: int = 0o600) -> Path:
        path = tmp_path / "config.toml"
        path.write_text(text, encoding="utf-8")
        path.chmod(mode)
        return path

    return write


def errors_of(path: Path | None, environ: dict[str, str] | None = None) -> tuple[ConfigError, ...]:
    with pytest.raises(ConfigErrors) as caught:
        load(path, environ or {}, system_file=Path("/nonexistent/config.toml"))
    return caught.value.errors


def one_error(path: Path | None, environ: dict[str, str] | None = None) -> ConfigError:
    errors = errors_of(path, environ)
    assert len(errors) == 1, [str(error) for error in errors]
    return errors[0]


def test_the_sample_of_the_manual_is_read(write: Write) -> None:
    config = load(
        write(
            f"""
            [identity]
            tenant = "contoso.onmicrosoft.com"
            client_id = "{GUID}"
            [maps]
            client_id = "{MAPS}"
            endpoint = "https://atlas.microsoft.com"
            auth = "entra"
            style = "microsoft.base.darkgrey"
            [geofences]
            store = "blob"
            container_url = "https://acct.blob.core.windows.net/geofences"
            [view]
            home = {{ longitude = -122.126986, latitude = 47.639754, zoom = 14 }}
            [kiosk]
            fullscreen = true
            language = "en"
            units = "metric"
            read_only = false
            """
        ),
        {},
    )
    assert config.identity.tenant == "contoso.onmicrosoft.com"
    assert config.view.home == Home(-122.126986, 47.639754, 14.0)
    assert config.maps.base == "dark"
    assert config.needs_sign_in
    assert config.source is not None


def test_files_are_looked_for_in_the_order_of_the_manual() -> None:
    system = Path("/etc/tvapp/config.toml")
    home = {"HOME": "/home/kiosk"}
    assert search_path(home) == (Path("/home/kiosk/.config/tvapp/config.toml"), system)
    assert search_path({**home, "XDG_CONFIG_HOME": "/x"}) == (Path("/x/tvapp/config.toml"), system)
    assert search_path({**home, "TVAPP_CONFIG": "/a.toml"}) == (Path("/a.toml"),)
    assert search_path({}) == (system,)


def test_the_users_file_comes_before_the_systems(tmp_path: Path) -> None:
    system = tmp_path / "etc.toml"
    system.write_text(COMPLETE)
    assert load(None, {"HOME": str(tmp_path)}, system_file=system).source == system
    users = tmp_path / ".config/tvapp/config.toml"
    users.parent.mkdir(parents=True)
    users.write_text(COMPLETE)
    assert load(None, {"HOME": str(tmp_path)}, system_file=system).source == users


def test_without_any_settings_it_says_where_to_put_the_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigErrors) as caught:
        load(None, {"HOME": str(tmp_path)}, system_file=tmp_path / "etc.toml")
    (error,) = caught.value.errors
    assert str(tmp_path / ".config/tvapp/config.toml") in error.allowed
    assert str(tmp_path / "etc.toml") in error.allowed
    assert len(caught.value.searched) == 2
    assert caught.value.usable == Config()


def test_a_file_that_was_asked_for_must_be_there(tmp_path: Path) -> None:
    missing = tmp_path / "missing.toml"
    for error in (one_error(missing), one_error(None, {"TVAPP_CONFIG": str(missing)})):
        assert (error.source, error.key, error.found) == (str(missing), "file", "No such file or directory")


def test_a_folder_is_not_a_file(tmp_path: Path) -> None:
    assert one_error(tmp_path).found == "Is a directory"


def close(*numbers: int) -> None:
    for number in numbers:
        os.close(number)


def test_a_pipe_may_be_the_file_but_keeps_the_start_waiting_for_moments_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tvapp.config.files.PIPE_WITHIN_S", 0.05)
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    holder = os.open(pipe, os.O_RDWR)  # an end to write to, so that nobody has closed the pipe
    assert one_error(pipe).found == "a pipe into which nobody writes"
    writer = os.open(pipe, os.O_WRONLY)
    os.write(writer, COMPLETE.encode())
    closing = threading.Timer(0.01, close, [holder, writer])
    closing.start()
    assert load(pipe, {}).maps.client_id == MAPS
    closing.join()


def test_a_loop_of_links_and_a_device_are_no_files(tmp_path: Path) -> None:
    loop = tmp_path / "loop"
    loop.symlink_to(loop)
    assert one_error(loop).found == "Too many levels of symbolic links"
    assert one_error(Path("/dev/zero")).found == "Is not a file"


def test_a_home_folder_that_is_not_there_is_no_file(tmp_path: Path) -> None:
    error = one_error(None, {"TVAPP_CONFIG": "~no-such-user/config.toml"})
    assert (error.source, error.found) == ("~no-such-user/config.toml", "No such file or directory")


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("loop", "Too many levels of symbolic links"),
        ("pipe", "this is not a file"),
        ("folder", "this is not a file"),
        ("/dev/zero", "this is not a file"),
        ("file/inside", "Not a directory"),
        ("missing", "No such file or directory"),
        ("~no-such-user/ca.pem", "there is no such home folder here"),
    ],
)
def test_what_keeps_a_path_from_being_a_file_is_told(write: Write, tmp_path: Path, path: str, reason: str) -> None:
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").touch()
    os.mkfifo(tmp_path / "pipe")
    text = COMPLETE.replace("[identity]", f'[identity]\nca_bundle = "{path}"')
    error = one_error(write(text))
    assert (error.key, error.found) == ("identity.ca_bundle", f'"{path}"')
    assert reason in error.allowed


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_certificate_file_that_may_not_be_read_is_explained(write: Write, tmp_path: Path) -> None:
    (tmp_path / "ca.pem").touch(0o000)
    error = one_error(write(COMPLETE.replace("[identity]", '[identity]\nca_bundle = "ca.pem"')))
    assert "Permission denied" in error.allowed


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_explained(write: Write) -> None:
    assert one_error(write(COMPLETE, 0o000)).found == "Permission denied"


def test_broken_toml_is_explained_with_its_place(write: Write) -> None:
    error = one_error(write('[identity]\ntenant = "contoso\n'))
    assert error.key == "line 2, column 18"
    assert "TOML" in error.allowed


def test_bytes_that_are_no_text_are_explained(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_bytes(b'[identity]\ntenant = "\xff"\n')
    assert "UTF-8" in one_error(path).found


def test_a_huge_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_bytes(b"#" * (2 << 20))
    assert "more than" in one_error(path).found


def test_every_error_is_told_at_once(write: Write) -> None:
    errors = errors_of(
        write(
            """
            [identity]
            tenat = "contoso.onmicrosoft.com"
            client_id = "not a guid"
            [maps]
            client_id = 7
            endpoint = "http://atlas.microsoft.com"
            [geofences]
            store = "bolb"
            [kisok]
            fullscreen = true
            [view]
            home = { longitude = 200, latitude = 10, zoom = 3 }
            """
        )
    )
    keys = [error.key for error in errors]
    assert keys == [
        "identity.tenat",
        "kisok",
        "maps.client_id",
        "maps.endpoint",
        "geofences.store",
        "view.home",
        "identity.client_id",
    ]
    assert all(error.source.endswith("config.toml") for error in errors)
    assert "did you mean tenant?" in errors[0].found
    assert "did you mean kiosk?" in errors[1].found


@pytest.mark.parametrize(
    ("setting", "found", "allowed"),
    [
        ('kiosk.fullscreen = "yes"', '"yes"', "true or false"),
        ('kiosk.units = "miles"', '"miles"', '"metric", "imperial"'),
        ("kiosk.language = 3", "3", 'a language such as "en"'),
        ('kiosk.renderer = "gpu"', '"gpu"', '"auto", "accelerated", "software"'),
        ('maps.style = "satellite"', '"satellite"', '"imagery"'),
        ('maps.endpoint = "https://atlas.microsoft.com/map"', '"https://atlas.microsoft.com/map"', "without a path"),
        ('maps.endpoint = "atlas.microsoft.com"', '"atlas.microsoft.com"', "https://"),
        ('maps.endpoint = "https://a b"', '"https://a b"', "https://"),
        ('maps.endpoint = "https://host:port"', '"https://host:port"', "https://"),
        ('maps.endpoint = "https://user:pw@host"', '"https://user:pw@host"', "https://"),
        ('identity.authority = "http://login.example.com/t"', '"http://login.example.com/t"', "https://"),
        ('identity.authority = "https://login.example.com"', '"https://login.example.com"', "tenant as its path"),
        ('identity.cloud = "germany"', '"germany"', '"public", "us-government", "china"'),
        ('identity.tenant = "my company"', '"my company"', "contoso.onmicrosoft.com"),
        ('identity.scopes = "one"', '"one"', "a list"),
        ('identity.scopes = ["a b"]', '["a b"]', "without spaces"),
        ('identity.ca_bundle = "/no/such/file.pem"', '"/no/such/file.pem"', "No such file"),
        ('maps.client_id = "123"', '"123"', "GUID"),
        ("geofences.refresh_s = 1", "1", "a number from 5 to 86400"),
        ("geofences.refresh_s = true", "true", "a number"),
        ("geofences.refresh_s = nan", "not a number", "a number"),
        ("view.home = { longitude = 1 }", "{ longitude = 1 }", "latitude"),
        ("view.home = { longitude = 1, latitude = 90 }", "{ longitude = 1, latitude = 90 }", "-85.05 to 85.05"),
        ("view.home = 5", "5", "longitude"),
        ('remote.keys = { "retrun" = "select" }', '{ retrun = "select" }', 'did you mean "return"?'),
        ('remote.keys = { "red" = "bakc" }', '{ red = "bakc" }', "back"),
        ('remote.devices = ["event3"]', '["event3"]', "/dev/input"),
    ],
)
def test_a_wrong_value_is_explained(write: Write, setting: str, found: str, allowed: str) -> None:
    error = one_error(write(_with(COMPLETE, setting)))
    assert error.key == setting.split(" = ")[0]
    assert error.found == found
    assert allowed in error.allowed


def _with(text: str, setting: str) -> str:
    """Replace or add a setting, as TOML with dotted sections."""
    key, _, value = setting.partition(" = ")
    section, _, name = key.partition(".")
    lines = [line for line in text.splitlines() if not (line.startswith(f"{name} =") and name != "client_id")]
    if name == "client_id":
        lines = [line for line in lines if MAPS not in line]
    if f"[{section}]" in lines:
        lines.insert(lines.index(f"[{section}]") + 1, f"{name} = {value}")
    else:
        lines += [f"[{section}]", f"{name} = {value}"]
    return "\n".join(lines)


@pytest.mark.parametrize(
    ("text", "missing"),
    [
        ("[kiosk]\nread_only = true", {"geofences.store", "maps.client_id", "identity.client_id", "identity.tenant"}),
        (COMPLETE.replace('"map-data"', '"blob"'), {"geofences.container_url"}),
        (COMPLETE.replace('"map-data"', '"folder"'), {"geofences.path"}),
        (COMPLETE.replace('"map-data"', '"url"'), {"geofences.urls"}),
        (COMPLETE.replace('store = "map-data"', ""), {"geofences.store"}),
        (COMPLETE.replace(f'client_id = "{MAPS}"', ""), {"maps.client_id"}),
        ('[maps]\nauth = "shared-key"\n[geofences]\nstore = "folder"\npath = "f"', {"maps.subscription_keys"}),
    ],
)
def test_what_has_to_be_set_together_is_asked_for(write: Write, text: str, missing: set[str]) -> None:
    errors = errors_of(write(text))
    assert {error.key for error in errors} == missing
    assert {error.found for error in errors} == {"nothing"}


def test_the_installer_has_to_choose_a_store(write: Write) -> None:
    error = one_error(write(COMPLETE.replace('store = "map-data"', "")))
    assert "there is no default, the installer decides" in error.allowed


def test_shared_keys_and_a_folder_need_no_account(write: Write) -> None:
    path = write(
        '[maps]\nauth = "shared-key"\nsubscription_keys = ["primary-key-1", "secondary-2"]\n'
        '[geofences]\nstore = "folder"\npath = "fences"'
    )
    config = load(path, {})
    assert not config.needs_sign_in
    assert config.geofences.path == str(path.parent / "fences")
    assert "primary" not in repr(config)


def test_shared_keys_with_blobs_need_an_account_for_the_blobs(write: Write) -> None:
    text = (
        '[maps]\nauth = "shared-key"\nsubscription_keys = ["primary-key-1"]\n'
        '[geofences]\nstore = "blob"\ncontainer_url = "https://a.example/c"'
    )
    assert {error.key for error in errors_of(write(text))} == {"identity.client_id", "identity.tenant"}


def test_keys_are_never_shown(write: Write) -> None:
    key = "VerySecretKeyOfTheMapsAccount"
    for value in (f'"{key}"', f'["{key} {key}"]', f'["{key}", "{key}", "{key}"]', f'{{ a = "{key}" }}'):
        error = one_error(write(_with(COMPLETE, f"maps.subscription_keys = {value}")))
        assert key not in str(error)
    error = one_error(write(COMPLETE), {"TVAPP_MAPS_SUBSCRIPTION_KEYS": "short"})
    assert error.found == "a text of 5 characters"


def test_a_signature_in_an_address_is_never_shown(write: Write) -> None:
    setting = 'geofences.container_url = "https://a.blob.core.windows.net/c?sv=1&sig=SECRET"'
    error = one_error(write(_with(COMPLETE, setting)))
    assert "SECRET" not in str(error)
    assert "sign-in" in error.allowed


def test_a_file_with_keys_that_everybody_can_read_is_refused(write: Write) -> None:
    text = (
        '[maps]\nauth = "shared-key"\nsubscription_keys = ["primary-key-1"]\n[geofences]\nstore = "folder"\npath = "f"'
    )
    path = write(text, 0o644)
    error = one_error(path)
    assert "0644" in error.found
    assert f"chmod o-rwx {path}" in error.allowed
    path.chmod(0o640)
    assert load(path, {}).maps.auth == "shared-key"
    assert stat.S_IMODE(write(COMPLETE, 0o644).stat().st_mode) == 0o644
    load(path, {})


def test_a_link_to_a_file_with_keys_is_judged_by_the_file(write: Write, tmp_path: Path) -> None:
    text = (
        '[maps]\nauth = "shared-key"\nsubscription_keys = ["primary-key-1"]\n[geofences]\nstore = "folder"\npath = "f"'
    )
    path, link = write(text, 0o602), tmp_path / "my config.toml"
    link.symlink_to(path)
    error = one_error(link)
    assert ("change" in error.found, "0602" in error.found) == (True, True)
    assert f"chmod o-rwx '{link}'" in error.allowed
    path.chmod(0o660)
    assert load(link, {}).maps.auth == "shared-key"
    # What is in the environment is nobody's business but the process's own.
    path.chmod(0o644)
    path.write_text(text.replace('subscription_keys = ["primary-key-1"]', ""))
    assert load(link, {"TVAPP_MAPS_SUBSCRIPTION_KEYS": "primary-key-1"}).maps.subscription_keys


def test_a_lock_is_read_and_never_shown(write: Write) -> None:
    config = load(write(_with(COMPLETE, f'kiosk.lock = "{LOCK}"')), {})
    assert config.kiosk.lock == LOCK
    assert "scrypt" not in repr(config)
    assert load(write(COMPLETE), {"TVAPP_KIOSK_LOCK": LOCK}).kiosk.lock == LOCK
    assert load(write(_with(COMPLETE, 'kiosk.lock = ""')), {}).kiosk.lock == ""


@pytest.mark.parametrize(
    "value",
    [
        '"up up left right"',
        f'"{LOCK[:-1]}"',
        f'"{LOCK.replace("ln=15", "ln=30")}"',
        f'"{LOCK.replace("r=8", "r=80")}"',
        f'["{LOCK}"]',
        "1234",
        "true",
    ],
)
def test_a_lock_that_is_none_is_refused_with_the_remedy_and_not_repeated(write: Write, value: str) -> None:
    error = one_error(write(_with(COMPLETE, f"kiosk.lock = {value}")))
    assert error.key == "kiosk.lock"
    assert "`tvapp lock`" in error.allowed
    for secret in ("left", "scrypt$", LOCK[-20:], "1234"):
        assert secret not in str(error)


def test_a_lock_in_a_file_that_everybody_can_read_is_refused(write: Write) -> None:
    error = one_error(write(_with(COMPLETE, f'kiosk.lock = "{LOCK}"'), 0o644))
    assert error.key == "kiosk.lock"
    assert "chmod" in error.allowed


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ('["depot", "school"]', {"depot": {}, "school": {}}),
        ("[]", {}),
        (
            '{ depot = "Lager", berth = { en = "Berth", fi = "Laituri" } }',
            {"depot": {"": "Lager"}, "berth": {"en": "Berth", "fi": "Laituri"}},
        ),
        ('{ "loading bay" = { pt-BR = "Doca" } }', {"loading bay": {"pt-BR": "Doca"}}),
        ('["می\u200cخواهم"]', {"می\u200cخواهم": {}}),
    ],
)
def test_kinds_are_a_list_of_keys_or_a_table_of_names(
    write: Write, written: str, expected: dict[str, dict[str, str]]
) -> None:
    assert load(write(_with(COMPLETE, f"geofences.kinds = {written}")), {}).geofences.kinds == expected
    assert load(write(COMPLETE), {"TVAPP_GEOFENCES_KINDS": written}).geofences.kinds == expected


def test_kinds_in_the_environment_may_be_json_or_words_between_commas(write: Write) -> None:
    path = write(_with(COMPLETE, 'geofences.kinds = ["event"]'))
    for text in ("depot, loading bay", '["depot", "loading bay"]', '{"depot": {}, "loading bay": {}}'):
        assert list(load(path, {"TVAPP_GEOFENCES_KINDS": text}).geofences.kinds) == ["depot", "loading bay"]


def test_as_many_kinds_as_are_allowed_are_taken(write: Write) -> None:
    kinds = [f"kind {number} {'x' * 32}" for number in range(10, 34)]
    assert {len(kind) for kind in kinds} == {40}
    assert list(load(write(_with(COMPLETE, f"geofences.kinds = {kinds}")), {}).geofences.kinds) == kinds


@pytest.mark.parametrize(
    "value",
    [
        f"{[f'kind {number}' for number in range(25)]}",
        f'["{"x" * 41}"]',
        '["depot", "Depot"]',
        '["depot", ""]',
        '[" depot"]',
        r'["de\u0000pot"]',
        r'["de\u202epot"]',
        r'["\u200c"]',
        '["depot", 3]',
        "3",
        '"depot"',
        "{ depot = 3 }",
        '{ depot = "" }',
        '{ depot = { english = "Depot" } }',
        '{ depot = { en = "" } }',
        f'{{ depot = {{ en = "{"x" * 41}" }} }}',
        '{ depot = { en = ["Depot"] } }',
        '{ depot = ["Depot"] }',
    ],
)
def test_wrong_kinds_are_refused_with_an_example(write: Write, value: str) -> None:
    error = one_error(write(_with(COMPLETE, f"geofences.kinds = {value}")))
    assert error.key == "geofences.kinds"
    assert 'berth = { en = "Berth"' in error.allowed


@pytest.mark.parametrize("short", ["road", "dark", "imagery", "hybrid"])
def test_styles_have_short_names(write: Write, short: str) -> None:
    maps = load(write(_with(COMPLETE, f'maps.style = "{short}"')), {}).maps
    assert maps.base == short
    assert load(write(_with(COMPLETE, f'maps.style = "{maps.style}"')), {}).maps == maps


def test_the_environment_wins_over_the_file(write: Write) -> None:
    config = load(
        write(_with(COMPLETE, 'maps.endpoint = "https://atlas.microsoft.com"')),
        {
            "TVAPP_MAPS_ENDPOINT": "https://localhost:8443/",
            "TVAPP_KIOSK_FULLSCREEN": "false",
            "TVAPP_KIOSK_READ_ONLY": "1",
            "TVAPP_GEOFENCES_STORE": "url",
            "TVAPP_GEOFENCES_URLS": "https://a.example/1.geojson, https://b.example/2.geojson",
            "TVAPP_GEOFENCES_REFRESH_S": "30",
            "TVAPP_VIEW_HOME": "{ longitude = 24.95, latitude = 60.17, zoom = 13 }",
            "TVAPP_REMOTE_KEYS": '{ "red" = "back" }',
            "TVAPP_REMOTE_DEVICES": '["/dev/input/event3"]',
            "TVAPP_DATA_DIR": "/somewhere",
            "TVAPP_IDENTITY_TENANT": "",
            "PATH": "/bin",
        },
    )
    assert config.maps.endpoint == "https://localhost:8443"
    assert config.kiosk.fullscreen is False
    assert config.kiosk.read_only is True
    assert config.geofences.urls == ("https://a.example/1.geojson", "https://b.example/2.geojson")
    assert config.geofences.refresh_s == 30.0
    assert config.view.home == Home(24.95, 60.17, 13.0)
    assert config.remote.keys == {"red": "back"}
    assert config.remote.devices == ("/dev/input/event3",)
    assert config.identity.tenant == "contoso.onmicrosoft.com"


def test_the_environment_alone_is_enough(tmp_path: Path) -> None:
    environ = {
        "TVAPP_IDENTITY_AUTHORITY": "https://localhost:1234/contoso",
        "TVAPP_IDENTITY_CLIENT_ID": GUID,
        "TVAPP_MAPS_CLIENT_ID": MAPS,
        "TVAPP_GEOFENCES_STORE": "map-data",
        "TVAPP_VIEW_HOME": '{"longitude": 24.95, "latitude": 60.17}',
    }
    config = load(None, environ, system_file=tmp_path / "none.toml")
    assert config.source is None
    assert config.view.home == Home(24.95, 60.17, 14.0)


def test_a_wrong_variable_is_named(write: Write) -> None:
    errors = errors_of(write(COMPLETE), {"TVAPP_KIOSK_FULLSCREEN": "perhaps", "TVAPP_MAPS_ENDPONT": "https://x"})
    assert [(error.source, error.key, error.found) for error in errors] == [
        (
            "environment",
            "TVAPP_MAPS_ENDPONT",
            "TVAPP_MAPS_ENDPONT, which is unknown (did you mean TVAPP_MAPS_ENDPOINT?)",
        ),
        ("TVAPP_KIOSK_FULLSCREEN (environment)", "kiosk.fullscreen", "perhaps"),
    ]


def test_only_one_kind_of_authority_can_be_used(write: Write) -> None:
    text = COMPLETE.replace(
        'tenant = "contoso.onmicrosoft.com"',
        'authority = "https://a.example/t"\noidc_authority = "https://b.example/realm"',
    )
    assert one_error(write(text)).key == "identity.oidc_authority"


def test_another_provider_may_name_its_clients_as_it_likes(write: Write) -> None:
    text = COMPLETE.replace('tenant = "contoso.onmicrosoft.com"', 'oidc_authority = "https://b.example/realm"')
    config = load(write(text.replace(GUID, "tv-kiosk")), {})
    assert config.identity.client_id == "tv-kiosk"
    assert one_error(write(COMPLETE.replace(GUID, "tv-kiosk"))).key == "identity.client_id"


def test_a_section_must_be_a_section(write: Write) -> None:
    assert {error.key for error in errors_of(write("identity = 3\n" + COMPLETE.replace("[identity]", "[kiosk]")))} >= {
        "identity"
    }


def test_what_could_be_read_is_kept_for_the_error_screen(write: Write) -> None:
    with pytest.raises(ConfigErrors) as caught:
        load(write(COMPLETE + '[kiosk]\nfullscreen = false\nunits = "miles"\n'), {})
    assert caught.value.usable.kiosk.fullscreen is False
    assert caught.value.usable.kiosk.units == "metric"


def test_a_certificate_bundle_beside_the_file_is_found(write: Write, tmp_path: Path) -> None:
    (tmp_path / "ca.pem").touch()
    config = load(write(_with(COMPLETE, 'identity.ca_bundle = "ca.pem"')), {})
    assert config.identity.ca_bundle == str(tmp_path / "ca.pem")


def test_every_key_has_a_rule_and_an_environment_variable() -> None:
    from tvapp.config.load import _keys
    from tvapp.config.model import SECTIONS

    assert {f"{section}.{key}" for section in SECTIONS for key in _keys(section)} == set(RULES)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=150, deadline=None)
@given(key=st.sampled_from(sorted(RULES)), value=VALUES)
def test_no_value_upsets_a_rule(key: str, value: object) -> None:
    from tvapp.config.model import Found
    from tvapp.config.rules import check_value

    accepted, error = check_value(key, Found(value, "file"), Path("/base"))
    assert accepted is None or error is None
    assert error is None or str(error)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(key=st.sampled_from(sorted(RULES)), text=st.text(max_size=30).filter(lambda text: "\0" not in text))
def test_no_variable_upsets_it(tmp_path: Path, key: str, text: str) -> None:
    variable = f"TVAPP_{key.replace('.', '_')}".upper()
    with pytest.raises(ConfigErrors):
        load(None, {variable: text}, system_file=tmp_path / "none.toml")


@pytest.mark.process
def test_reading_settings_loads_nothing_heavy() -> None:
    script = "import sys, tvapp.config.load, tvapp.config.rules; print(' '.join(sys.modules))"
    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout.split()
    assert {"pygame", "msal", "httpx", "requests", "asyncio", "numpy", "shapely", "PIL"} & set(loaded) == set()


def test_the_screen_is_dimmed_after_an_hour_and_awake_day_and_night_unless_the_installer_says_otherwise(
    write: Write,
) -> None:
    assert (load(write(COMPLETE), {}).kiosk.dim_after_min, load(write(COMPLETE), {}).kiosk.awake) == (60.0, ())
    hours = '[kiosk]\ndim_after_min = 0\nawake = ["mon-fri 07:00-19:00", "fri 22:00-02:00"]\n'
    kiosk = load(write(COMPLETE + hours), {}).kiosk
    assert (kiosk.dim_after_min, kiosk.awake) == (0.0, ("mon-fri 07:00-19:00", "fri 22:00-02:00"))
    environ = {"TVAPP_KIOSK_AWAKE": '["sat,sun 10:00-16:00"]', "TVAPP_KIOSK_DIM_AFTER_MIN": "5"}
    kiosk = load(write(COMPLETE), environ).kiosk
    assert (kiosk.dim_after_min, kiosk.awake) == (5.0, ("sat,sun 10:00-16:00",))


@pytest.mark.parametrize(
    ("line", "key"),
    [
        ('awake = ["weekdays 7-19"]', "kiosk.awake"),
        ('awake = ["mon-fri 07:00-19:00", 7]', "kiosk.awake"),
        ('awake = "mon-fri 07:00-19:00"', "kiosk.awake"),
        ("dim_after_min = -1", "kiosk.dim_after_min"),
    ],
)
def test_hours_that_make_no_sense_are_explained(write: Write, line: str, key: str) -> None:
    error = one_error(write(f"{COMPLETE}[kiosk]\n{line}\n"))
    assert error.key == key
    assert "days and hours" in error.allowed or "a number" in error.allowed


def test_dev_null_is_an_empty_file() -> None:
    own = {"TVAPP_MAPS_AUTH": "shared-key", "TVAPP_MAPS_SUBSCRIPTION_KEYS": "a-key-of-maps"}
    fences = {"TVAPP_GEOFENCES_STORE": "folder", "TVAPP_GEOFENCES_PATH": "/srv"}
    assert load(None, {"TVAPP_CONFIG": "/dev/null", **own, **fences}).geofences.path == "/srv"
