"""The token cache survives whatever happens to its file, and tells nobody else."""

from __future__ import annotations

import base64
import json
import os
import stat
import time
from pathlib import Path

import msal
import pytest

from tvapp.auth import msal_cache
from tvapp.auth.token_store import FORMAT, SEALED, Owner, QuietTokenStore, TokenStore, erase, token_file
from tvapp.core.disk import DiskHealth
from tvapp.core.errors import StorageError
from tvapp.core.log import RecordingLog
from tvapp.core.record import RecordFormat

HOME_ID = "uid-1.tid-1"
SCOPE = "https://atlas.microsoft.com/user_impersonation"


def encoded(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def filled(*, expires_in: int = 3600, refresh_in: int | None = None) -> str:
    """Return a cache as MSAL writes it."""
    cache = msal.SerializableTokenCache()
    claims = {"sub": "s", "oid": "uid-1", "tid": "tid-1", "name": "Aino V", "preferred_username": "aino@contoso.com"}
    response: dict[str, object] = {
        "access_token": "AT-secret",
        "refresh_token": "RT-secret",
        "id_token": f"{encoded({'alg': 'none'})}.{encoded(claims)}.x",
        "client_info": encoded({"uid": "uid-1", "utid": "tid-1"}),
        "expires_in": expires_in,
        "token_type": "Bearer",
    }
    if refresh_in is not None:
        response["refresh_in"] = refresh_in
    cache.add(
        {
            "client_id": "app",
            "scope": [SCOPE, "openid"],
            "token_endpoint": "https://login.example.com/tid-1/oauth2/v2.0/token",
            "response": response,
            "grant_type": "urn:ietf:params:oauth:grant-type:device_code",
        }
    )
    text: str = cache.serialize()
    return text


def make_store(
    folder: Path, log: RecordingLog | None = None, *, client_id: str = "app", keys: tuple[str, ...] = ()
) -> TokenStore:
    log = log or RecordingLog()
    return TokenStore(token_file(folder), log, Owner("https://login.example.com/tid-1", client_id, keys))


def test_what_was_saved_comes_back(tmp_path: Path) -> None:
    assert make_store(tmp_path).save(filled())
    text = make_store(tmp_path).load()
    assert json.loads(text) == json.loads(filled()) or msal_cache.parse(text)
    (account,) = msal_cache.accounts(msal_cache.parse(text) or {})
    assert (account.name, account.username, account.home_id, account.tenant) == (
        "Aino V",
        "aino@contoso.com",
        HOME_ID,
        "tid-1",
    )


def test_the_file_and_its_folder_are_the_owners_alone(tmp_path: Path) -> None:
    os.umask(0o022)
    store = make_store(tmp_path)
    store.save(filled())
    assert stat.S_IMODE(store.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(store.path.parent.stat().st_mode) == 0o700
    store.path.chmod(0o644)
    store.load()
    assert stat.S_IMODE(store.path.stat().st_mode) == 0o600


def test_the_file_is_a_record_and_a_damaged_one_is_read_as_signed_out_and_moved_aside(tmp_path: Path) -> None:
    log = RecordingLog()
    store = make_store(tmp_path, log)
    store.save(filled())
    whole = store.path.read_bytes()
    assert FORMAT.unpack(whole)
    store.path.write_bytes(whole[:-1])
    assert store.load() == ""
    assert not store.path.exists()
    assert len(log.named("token_cache.corrupt")) == 1
    assert "AT-secret" not in repr(log.events)
    store.path.write_bytes(whole)
    assert store.load()


def version_1(cache: object) -> bytes:
    owner = {"authority": "https://login.example.com/tid-1", "client_id": "app"}
    return json.dumps({"version": 1, **owner, "checksum": 1, "cache": cache}).encode()


def test_a_cache_of_version_1_is_read_and_the_next_write_replaces_it(tmp_path: Path) -> None:
    log = RecordingLog()
    store = make_store(tmp_path, log)
    store.path.parent.mkdir(parents=True)
    store.path.write_bytes(version_1(json.loads(filled())))
    text = store.load()
    assert msal_cache.accounts(msal_cache.parse(text) or {})
    assert log.events == []
    assert make_store(tmp_path, log, client_id="another").load() == ""
    assert log.named("token_cache.ignored")
    assert store.save(text)
    assert FORMAT.unpack(store.path.read_bytes())
    assert store.load() == text


def test_a_cache_of_version_1_that_was_cut_is_moved_aside(tmp_path: Path) -> None:
    log = RecordingLog()
    store = make_store(tmp_path, log)
    store.path.parent.mkdir(parents=True)
    store.path.write_bytes(version_1(json.loads(filled()))[:-1])
    assert store.load() == ""
    assert log.named("token_cache.corrupt")


NO_RECORD = ""
"""The reason is that of the record format."""


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", NO_RECORD),
        (b"\x00" * 400, NO_RECORD),
        (b"\xff\xfe", NO_RECORD),
        (b"null", NO_RECORD),
        (b"[]", NO_RECORD),
        (b"[" * 100_000, NO_RECORD),
        (b"{" * 100_000, "not JSON"),
        (FORMAT.pack(b""), "not JSON"),
        (FORMAT.pack(b"[]"), "not a JSON object"),
        (FORMAT.pack(b"\xff"), "not JSON"),
        (FORMAT.pack(b"[" * 100_000), "not JSON"),
        (RecordFormat("token-cache", 3).pack(b"{}"), NO_RECORD),
        (version_1([1]), "not a token cache"),
        (version_1({"Account": {"a": 1}}), "not a token cache"),
        (version_1({"AccessToken": {"a": {"expires_on": "soon"}}}), "not a token cache"),
        (version_1({"Account": {"a": {}}}), "not a token cache"),
    ],
)
def test_a_file_that_makes_no_sense_is_moved_aside(tmp_path: Path, content: bytes, reason: str) -> None:
    log = RecordingLog()
    store = make_store(tmp_path, log)
    store.path.parent.mkdir(parents=True)
    store.path.write_bytes(content)
    assert store.load() == ""
    (event,) = log.named("token_cache.corrupt")
    assert event["reason"]
    assert event == {"reason": reason or event["reason"], "next": "sign in again"}
    assert log.at_level("warning") == ["token_cache.corrupt"]
    assert store.path.with_name("tokens.json.corrupt").exists()


def test_a_file_that_cannot_be_moved_aside_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = RecordingLog()
    store = make_store(tmp_path, log)
    store.path.parent.mkdir(parents=True)
    store.path.write_bytes(b"nonsense")

    def refuse(self: Path, target: Path) -> None:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(Path, "replace", refuse)
    assert store.load() == ""
    assert log.named("token_cache.not_moved") == [{"reason": "Read-only file system"}]
    assert log.at_level("warning") == ["token_cache.corrupt", "token_cache.not_moved"]


def test_a_file_that_may_not_be_read_is_left_where_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = RecordingLog()
    disk = DiskHealth(log)
    path = token_file(tmp_path)
    store = TokenStore(path, log, Owner("https://login.example.com/tid-1", "app"), disk=disk)
    store.save(filled())

    def refuse(_path: Path, _limit: int) -> bytes:
        raise StorageError(str(path), "Permission denied", "denied")

    with monkeypatch.context() as patch:
        patch.setattr("tvapp.auth.token_store.read_bounded", refuse)
        assert store.load() == ""
    assert path.exists()
    assert log.named("token_cache.corrupt") == []
    assert len(log.named("disk.failed")) == 1
    assert store.save(filled()), "the disk has worked again"
    assert len(log.named("disk.restored")) == 1


def test_an_enormous_file_and_a_folder_in_its_place_are_survived(tmp_path: Path) -> None:
    store = make_store(tmp_path)
    store.path.parent.mkdir(parents=True)
    store.path.write_bytes(b" " * (5 * 1024 * 1024))
    assert store.load() == ""
    store.path.mkdir()
    log = RecordingLog()
    assert make_store(tmp_path, log).load() == ""
    assert log.named("token_cache.corrupt")


def test_tokens_of_another_app_are_left_alone(tmp_path: Path) -> None:
    make_store(tmp_path).save(filled())
    log = RecordingLog()
    other = make_store(tmp_path, log, client_id="another")
    assert other.load() == ""
    assert log.events == [("token_cache.ignored", {"reason": "it belongs to another authority or app"})]
    assert log.at_level("info") == ["token_cache.ignored"]
    assert make_store(tmp_path).load()


def test_a_disk_that_takes_nothing_is_told_once(tmp_path: Path) -> None:
    (tmp_path / "auth").write_text("in the way")
    log = RecordingLog()
    store = make_store(tmp_path, log)
    assert not store.save(filled())
    assert store.save(filled()) is False
    assert len(log.named("disk.failed")) == 1


def test_erasing_removes_what_was_moved_aside_too(tmp_path: Path) -> None:
    store = make_store(tmp_path)
    store.save(filled())
    store.path.with_name("tokens.json.corrupt").write_text("RT-secret")
    store.path.with_name(".tokens.json.1234.tmp").write_text("RT-secret")
    assert store.erase()
    assert list(store.path.parent.iterdir()) == []
    assert not store.erase()
    assert not erase(tmp_path / "nowhere" / "tokens.json")


def test_erasing_what_cannot_be_erased_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = make_store(tmp_path)
    store.save(filled())

    def refuse(self: Path, missing_ok: bool = False) -> None:
        raise PermissionError(30, "Read-only file system")

    monkeypatch.setattr(Path, "unlink", refuse)
    with pytest.raises(StorageError):
        store.erase()


def test_a_good_access_token_is_found_without_msal() -> None:
    cache = msal_cache.parse(filled()) or {}
    found = msal_cache.access_token(cache, [SCOPE], HOME_ID, "app", time.time())
    assert found is not None
    assert found.secret == "AT-secret"
    assert 3590 < found.expires_in <= 3600
    assert 3290 < found.renew_in <= 3300
    assert "AT-secret" not in repr(found)


def test_the_server_may_ask_for_an_earlier_renewal() -> None:
    cache = msal_cache.parse(filled(refresh_in=1000)) or {}
    found = msal_cache.access_token(cache, [SCOPE], HOME_ID, "app", time.time())
    assert found is not None
    assert found.renew_in <= 1000


@pytest.mark.parametrize(
    ("scope", "home_id", "client_id", "later"),
    [
        ("https://storage.azure.com/user_impersonation", HOME_ID, "app", 0),
        (SCOPE, "somebody.else", "app", 0),
        (SCOPE, HOME_ID, "another", 0),
        (SCOPE, HOME_ID, "app", 3601),
        (SCOPE, HOME_ID, "app", -3600),
    ],
)
def test_no_token_is_used_for_what_it_is_not(scope: str, home_id: str, client_id: str, later: float) -> None:
    cache = msal_cache.parse(filled()) or {}
    assert msal_cache.access_token(cache, [scope], home_id, client_id, time.time() + later) is None


def test_an_account_without_tokens_is_no_account() -> None:
    cache = dict(msal_cache.parse(filled()) or {})
    cache["RefreshToken"] = cache["AccessToken"] = {}
    assert msal_cache.accounts(cache) == ()


# -- encrypted --------------------------------------------------------------------------------------------------------

ONE, TWO = (base64.urlsafe_b64encode(bytes([number]) * 32).decode() for number in (1, 2))
SHORT = '{"AccessToken": {}, "Account": {}}'


def test_with_a_key_nothing_of_the_sign_in_can_be_read_in_the_file(tmp_path: Path) -> None:
    store = make_store(tmp_path, keys=(ONE,))
    assert store.save(filled())
    data = store.path.read_bytes()
    assert SEALED.unpack(data)
    for secret in (b"RT-secret", b"AT-secret", b"aino", b"login.example.com", b"app"):
        assert secret not in data.partition(b"\n")[2]
    (account,) = msal_cache.accounts(msal_cache.parse(make_store(tmp_path, keys=(ONE,)).load()) or {})
    assert account.home_id == HOME_ID
    assert stat.S_IMODE(store.path.stat().st_mode) == 0o600


def test_a_plain_file_is_read_and_encrypted_by_the_next_write(tmp_path: Path) -> None:
    make_store(tmp_path).save(filled())
    log = RecordingLog()
    store = make_store(tmp_path, log, keys=(ONE,))
    text = store.load()
    assert "RT-secret" in text
    store.save(text)
    assert b"RT-secret" not in store.path.read_bytes()
    assert "RT-secret" in make_store(tmp_path, keys=(ONE,)).load()
    assert log.events == []


def test_keys_are_rotated_by_a_list_the_first_of_which_writes(tmp_path: Path) -> None:
    make_store(tmp_path, keys=(ONE,)).save(filled())
    both = make_store(tmp_path, keys=(TWO, ONE))
    text = both.load()
    assert "RT-secret" in text
    both.save(text)
    assert "RT-secret" in make_store(tmp_path, keys=(TWO,)).load()
    log = RecordingLog()
    assert make_store(tmp_path, log, keys=(ONE,)).load() == ""
    assert log.named("token_cache.locked")


@pytest.mark.parametrize(("keys", "reason"), [((), "is not set"), ((TWO,), "a key that is not in identity.token_key")])
def test_a_file_that_cannot_be_decrypted_is_kept_aside_and_told(
    tmp_path: Path, keys: tuple[str, ...], reason: str
) -> None:
    make_store(tmp_path, keys=(ONE,)).save(filled())
    sealed = token_file(tmp_path).read_bytes()
    log = RecordingLog()
    store = make_store(tmp_path, log, keys=keys)
    assert store.load() == ""
    (told,) = log.named("token_cache.locked")
    assert str(told["reason"]).endswith(reason)
    assert told["next"] == "sign in again"
    aside = store.path.with_name(f"{store.path.name}.locked")
    assert aside.read_bytes() == sealed
    assert store.load() == ""
    assert len(log.events) == 1

    # With the right key again, the file can be put back.
    aside.replace(store.path)
    assert "RT-secret" in make_store(tmp_path, keys=(ONE,)).load()


def test_signing_out_removes_what_was_kept_aside_too(tmp_path: Path) -> None:
    make_store(tmp_path, keys=(ONE,)).save(filled())
    store = make_store(tmp_path, keys=(TWO,))
    store.load()
    store.save(filled())
    assert store.erase()
    assert list(store.path.parent.iterdir()) == []


def test_a_diagnosis_moves_no_file_that_it_cannot_decrypt(tmp_path: Path) -> None:
    make_store(tmp_path, keys=(ONE,)).save(filled())
    log = RecordingLog()
    quiet = QuietTokenStore(token_file(tmp_path), log, Owner("https://login.example.com/tid-1", "app", (TWO,)))
    assert quiet.load() == ""
    assert list(quiet.path.parent.iterdir()) == [quiet.path]
    assert log.named("token_cache.locked")[0]["next"] == "left as it is"


def test_whichever_byte_of_an_encrypted_file_changes_nothing_of_it_is_used(tmp_path: Path) -> None:
    make_store(tmp_path, keys=(ONE,)).save(SHORT)
    path = token_file(tmp_path)
    sound = path.read_bytes()
    assert make_store(tmp_path, keys=(ONE,)).load()
    for at in range(len(sound)):
        log = RecordingLog()
        path.write_bytes(sound[:at] + bytes([sound[at] ^ 0x01]) + sound[at + 1 :])
        assert make_store(tmp_path, log, keys=(ONE,)).load() == "", at
        assert [name for name, _ in log.events] == ["token_cache.corrupt"]
    for length in range(0, len(sound), 7):
        path.write_bytes(sound[:length])
        assert make_store(tmp_path, keys=(ONE,)).load() == ""


def test_an_encrypted_content_that_was_changed_under_a_right_checksum_is_not_used(tmp_path: Path) -> None:
    make_store(tmp_path, keys=(ONE,)).save(SHORT)
    path = token_file(tmp_path)
    content = bytearray(SEALED.unpack(path.read_bytes()))
    for at in range(0, len(content), 3):
        changed = bytes(content[:at]) + bytes([content[at] ^ 0x01]) + bytes(content[at + 1 :])
        log = RecordingLog()
        path.write_bytes(SEALED.pack(changed))
        assert make_store(tmp_path, log, keys=(ONE,)).load() == "", at
        assert log.named("token_cache.locked")
