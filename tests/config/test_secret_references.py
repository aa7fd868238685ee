"""Secrets that the configuration only refers to: credentials of systemd, and private files."""

from __future__ import annotations

import codecs
import os
from pathlib import Path

import pytest

from tvapp.config.load import ConfigErrors, load, load_all, read_again
from tvapp.config.secret_references import LIMIT_BYTES, CredentialElsewhere, holds_secret
from tvapp.core.errors import ConfigError

LOCK = "scrypt$ln=15,r=8,p=1$AAECAwQFBgcICQoLDA0ODw$" + "A" * 43
SECRET = "a-secret-key-of-maps"


class Machine:
    """A machine with a configuration, a folder of credentials and a folder for files."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.credentials = folder / "credentials"
        self.credentials.mkdir()
        self.environ = {"CREDENTIALS_DIRECTORY": str(self.credentials)}

    def file(self, name: str, content: str | bytes, mode: int = 0o640) -> Path:
        path = self.folder / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        path.chmod(mode)
        return path

    def credential(self, name: str, content: str | bytes) -> None:
        self.file(f"credentials/{name}", content, 0o440)

    def write(self, keys: str, mode: int = 0o644) -> Path:
        text = f'[maps]\nauth = "shared-key"\nsubscription_keys = {keys}\n[geofences]\nstore = "folder"\npath = "f"\n'
        path = self.folder / "config.toml"
        path.write_text(text)
        path.chmod(mode)
        return path

    def keys(self, written: str, **environ: str) -> tuple[str, ...]:
        return load(self.write(written), {**self.environ, **environ}).maps.subscription_keys

    def error(self, written: str) -> ConfigError:
        with pytest.raises(ConfigErrors) as caught:
            self.keys(written)
        (error,) = caught.value.errors
        assert SECRET not in str(error)
        return error


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_a_credential_of_systemd_is_read(machine: Machine) -> None:
    machine.credential("maps-key", f"{SECRET}\n")
    assert machine.keys('{ credential = "maps-key" }') == (SECRET,)
    machine.credential("other", "the-other-key")
    assert machine.keys('[{ credential = "maps-key" }, { credential = "other" }]') == (SECRET, "the-other-key")


def test_a_file_is_read_relative_to_the_one_that_names_it(machine: Machine) -> None:
    machine.file("keys", f"{SECRET}\r\nthe-other-key\r\n")
    assert machine.keys('{ file = "keys" }') == (SECRET, "the-other-key")
    assert machine.keys(f'{{ file = "{machine.folder}/keys" }}') == (SECRET, "the-other-key")
    more = machine.folder / "conf.d"
    more.mkdir()
    (more / "own").write_text("a-key-beside-it")
    (more / "own").chmod(0o600)
    (more / "10.toml").write_text('[maps]\nsubscription_keys = { file = "own" }\n')
    assert machine.keys('{ file = "keys" }') == ("a-key-beside-it",)


def test_a_lock_may_be_a_reference_too(machine: Machine) -> None:
    machine.credential("lock", LOCK)
    machine.file("keys", SECRET)
    environ = {"TVAPP_KIOSK_LOCK": '{ credential = "lock" }'}
    assert load(machine.write('{ file = "keys" }'), {**machine.environ, **environ}).kiosk.lock == LOCK


def test_a_variable_may_hold_a_reference_and_wins(machine: Machine) -> None:
    machine.credential("other", "a-key-of-the-environment")
    machine.file("keys", SECRET)
    written = machine.keys('{ file = "keys" }', TVAPP_MAPS_SUBSCRIPTION_KEYS='{ credential = "other" }')
    assert written == ("a-key-of-the-environment",)
    assert machine.keys('{ file = "keys" }', TVAPP_MAPS_SUBSCRIPTION_KEYS="plain-key-1,plain-key-2")[1] == "plain-key-2"


def test_a_configuration_that_only_refers_to_secrets_need_not_be_private(machine: Machine) -> None:
    machine.file("keys", SECRET)
    assert machine.keys('{ file = "keys" }') == (SECRET,)
    assert "a file that everybody on this machine can read" in machine.error(f'["{SECRET}"]').found
    assert "a file that everybody on this machine can read" in machine.error(f'[{{ file = "keys" }}, "{SECRET}"]').found


@pytest.mark.parametrize(("mode", "may"), [(0o644, "read"), (0o642, "change")])
def test_a_file_with_a_secret_has_to_be_private(machine: Machine, mode: int, may: str) -> None:
    path = machine.file("keys", SECRET, mode)
    error = machine.error('{ file = "keys" }')
    assert f"everybody on this machine can {may}" in error.found
    assert error.allowed == f"a private file: chmod o-rwx {path}"


def test_without_systemd_a_credential_is_elsewhere(machine: Machine) -> None:
    loaded = load_all(machine.write('{ credential = "maps-key" }'), {})
    (error,) = loaded.errors
    assert isinstance(error, CredentialElsewhere)
    assert "LoadCredential=maps-key:PATH" in error.allowed


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ('{ credential = "none" }', 'credential "none", which is not there'),
        ('{ credential = "../keys" }', "a name that no credential can have"),
        ('{ credential = "." }', "a name that no credential can have"),
        ('{ credential = "" }', "a name that no credential can have"),
        ('{ credential = "a", file = "b" }', "a table that is no reference to a secret"),
        ('{ credential = ["a"] }', "a table that is no reference to a secret"),
        ('{ file = "~nobody-by-this-name/key" }', "~nobody-by-this-name/key: there is no such home folder here"),
        ("{ file = 7 }", "a table that is no reference to a secret"),
        ('{ file = "" }', "a table that is no reference to a secret"),
        ('{ file = "a\\u0000b" }', "a table that is no reference to a secret"),
        ("{ }", "a table that is no reference to a secret"),
    ],
)
def test_a_reference_that_leads_nowhere_is_explained(machine: Machine, written: str, found: str) -> None:
    assert machine.error(written).found == found


@pytest.mark.parametrize(
    ("content", "found"),
    [
        ("", ", which is empty"),
        (" \r\n", ", which is empty"),
        ("x" * (LIMIT_BYTES + 1), f": more than {LIMIT_BYTES} bytes"),
        (b"\x80\x81\x82 key", ": bytes that are not text"),
    ],
    ids=["empty", "blank", "huge", "binary"],
)
def test_a_file_that_holds_no_secret_is_explained(machine: Machine, content: str | bytes, found: str) -> None:
    path = machine.file("keys", content)
    assert machine.error('{ file = "keys" }').found == f"{path}{found}"
    machine.credential("keys", content)
    assert machine.error('{ credential = "keys" }').found == f'credential "keys"{found}'


def test_a_secret_of_another_form_is_explained_without_being_shown(machine: Machine) -> None:
    machine.file("keys", f"{SECRET} one two three")
    error = machine.error('{ file = "keys" }')
    assert error.found == '{ file = "keys" }'
    assert "one or two keys" in error.allowed
    machine.file("keys", f"{SECRET}\0\x01")
    assert SECRET not in str(machine.error('{ file = "keys" }'))


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_a_secret_that_an_editor_of_windows_saved_is_read(machine: Machine, encoding: str) -> None:
    machine.file("keys", codecs.encode(f"{SECRET}\r\n", encoding))
    assert machine.keys('{ file = "keys" }') == (SECRET,)


def test_folders_pipes_loops_and_missing_files_are_no_secrets(machine: Machine) -> None:
    path = machine.folder / "keys"
    assert machine.error('{ file = "keys" }').found == f"{path}: No such file or directory"
    path.symlink_to(path)
    assert machine.error('{ file = "keys" }').found == f"{path}: Too many levels of symbolic links"
    path.unlink()
    path.mkdir()
    assert machine.error('{ file = "keys" }').found == f"{path}: Is a directory"
    path.rmdir()
    os.mkfifo(path)
    assert machine.error('{ file = "keys" }').found == f"{path}, which is not a file"
    assert machine.error('{ file = "~no-such-user/keys" }').found.endswith("there is no such home folder here")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_explained(machine: Machine) -> None:
    path = machine.file("keys", SECRET, 0)
    assert machine.error('{ file = "keys" }').found == f"{path}: Permission denied"


def test_only_secrets_may_be_references(machine: Machine) -> None:
    machine.file("keys", SECRET)
    path = machine.write('{ file = "keys" }')
    path.write_text(path.read_text() + '[kiosk]\nlanguage = { file = "keys" }\n')
    with pytest.raises(ConfigErrors) as caught:
        load(path, machine.environ)
    assert [error.key for error in caught.value.errors] == ["kiosk.language"]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("text", True),
        (["text"], True),
        ({"file": "x"}, False),
        ([{"file": "x"}, {"credential": "y"}], False),
        ([{"file": "x"}, "text"], True),
        ({"key": "text"}, True),
    ],
)
def test_a_value_that_only_refers_to_secrets_is_none(value: object, expected: bool) -> None:
    assert holds_secret(value) is expected


def test_a_secret_is_read_again_from_where_it_is_kept(machine: Machine) -> None:
    machine.file("keys", f"{SECRET}\n")
    config = load(machine.write('{ file = "keys" }'), machine.environ)
    assert read_again(config, "maps.subscription_keys") == (SECRET,)
    machine.file("keys", "a-new-primary-key\na-new-secondary-key\n")
    assert read_again(config, "maps.subscription_keys") == ("a-new-primary-key", "a-new-secondary-key")
    assert config.maps.subscription_keys == (SECRET,)
    assert SECRET not in repr(config)


def test_a_credential_is_read_again_where_systemd_keeps_it(machine: Machine) -> None:
    machine.credential("one", SECRET)
    machine.file("two", "the-other-key")
    config = load(machine.write('[{ credential = "one" }, { file = "two" }]'), machine.environ | {"HOME": "/secret"})
    machine.credential("one", "refreshed-by-systemd")
    assert read_again(config, "maps.subscription_keys") == ("refreshed-by-systemd", "the-other-key")
    assert "/secret" not in str(config.references["maps.subscription_keys"].environ)


@pytest.mark.parametrize("content", ["", "short", "three keys-of the-account"])
def test_what_cannot_be_used_now_is_no_secret(machine: Machine, content: str) -> None:
    machine.file("keys", SECRET)
    config = load(machine.write('{ file = "keys" }'), machine.environ)
    machine.file("keys", content)
    assert read_again(config, "maps.subscription_keys") is None
    (machine.folder / "keys").unlink()
    assert read_again(config, "maps.subscription_keys") is None


def test_a_secret_that_stands_in_the_file_itself_is_not_read_again(machine: Machine) -> None:
    config = load(machine.write(f'["{SECRET}"]', 0o600), machine.environ)
    assert read_again(config, "maps.subscription_keys") is None
    assert config.references == {}


def test_a_reference_in_a_variable_is_read_again_too(machine: Machine) -> None:
    machine.credential("one", SECRET)
    variable = {"TVAPP_MAPS_SUBSCRIPTION_KEYS": '{ credential = "one" }'}
    config = load(machine.write('["a-key-of-the-file"]', 0o600), machine.environ | variable)
    assert read_again(config, "maps.subscription_keys") == (SECRET,)
