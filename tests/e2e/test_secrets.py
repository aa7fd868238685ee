"""A whole session of the real program leaves secrets in the token cache only."""

from __future__ import annotations

import base64
import contextlib
import dataclasses
import importlib
import json
import pkgutil
import re
import urllib.parse
from collections.abc import Iterator
from pathlib import Path

import pytest

import tvapp
from tests.cloud import LocalCloud
from tests.e2e.editing import AT_SEA, draw_circle
from tests.e2e.rig import running, until, with_account

SECRET_FIELD = re.compile(r"(^|_)(secret|token|user_code|device_code|subscription_keys?|lock|salt|qr_uri)$")


def forms(secret: str) -> Iterator[bytes]:
    """Yield a secret as it may stand in a file: plain, URL-encoded, in JSON, and in base64 at each of three offsets."""
    yield secret.encode()
    yield urllib.parse.quote(secret, safe="").encode()
    yield json.dumps(secret)[1:-1].encode()
    for before in range(3):
        whole = base64.b64encode(b"\0" * before + secret.encode())
        yield whole[4 if before else 0 : len(whole) - 4]
        yield base64.urlsafe_b64encode(b"\0" * before + secret.encode())[4 if before else 0 : len(whole) - 4]


def places(cloud: LocalCloud, contents: dict[str, bytes], issued: list[dict[str, str]]) -> list[str]:
    found = []
    for entry in issued:
        secret = entry["secret"]
        # The parts of a signed token are as good as the whole.
        parts = {secret, *(part for part in secret.split(".") if len(part) >= 40 and not part.startswith("eyJhbGci"))}
        for form in {form for part in parts for form in forms(part) if len(form) >= 8}:
            found += [f"{entry['kind']} in {name}" for name, content in contents.items() if form in content]
    return found


def process(pid: int) -> dict[str, bytes]:
    """Return everything that the owner may read about a process and its children."""
    found: dict[str, bytes] = {}
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    for each in (str(pid), *children):
        for name in ("cmdline", "environ"):
            found |= content(Path(f"/proc/{each}/{name}"))
    return found


def files(folder: Path) -> dict[str, bytes]:
    """Return the contents of all files below a folder that a program may be changing."""
    return {name: data for path in folder.rglob("*") for name, data in content(path).items()}


def content(path: Path) -> dict[str, bytes]:
    """Return the content of a file by its name; nothing of one that is no file or just went away."""
    with contextlib.suppress(FileNotFoundError, ProcessLookupError, IsADirectoryError):
        return {} if path.is_socket() else {str(path): path.read_bytes()}
    return {}


def test_a_whole_session_leaves_no_secret_anywhere_but_in_the_token_cache(
    cloud: LocalCloud, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    # Codes and tokens come and go quickly: renewed before and after the sign-in, refused, and renewed once more.
    cloud.settings(code_lifetime_s=8, token_lifetime_s=20)
    contents: dict[str, bytes] = {}
    with running(with_account(cloud, TVAPP_VIEW_HOME=AT_SEA), tmp_path) as tv:
        tv.wait_for("signin.prompted")
        tv.wait_for("signin.prompted")
        cloud.approve(cloud.pending()[-1]["user_code"])
        tv.wait_for("signin.succeeded")
        tv.wait_for("geofences.loaded")
        tv.settled()
        tv.picture()
        draw_circle(tv)
        tv.wait_for("geofence.uploaded")
        cloud.fault("tile", status=403, times=1)
        tv.press("zoom-in")
        tv.wait_for("tile.failed")
        renewed = len(cloud.issued())
        until(lambda: len(cloud.issued()) > renewed, 40.0)
        contents |= process(tv.app.pid)
        contents |= files(tv.data_dir)
        tv.press("menu", "left", "ok")
        tv.opened("account")
        tv.press("right", "ok")
        tv.wait_for("signin.signed_out")
        tv.opened("sign-in")
        issued = cloud.issued()
        assert tv.end() == 0
    # Including the temporary file that replaces the cache: tokens are renewed all the time here.
    tokens = {name: content for name, content in contents.items() if Path(name).parent.name == "auth"}
    kinds = {entry["kind"] for entry in issued}
    assert kinds == {"token", "device_code", "user_code", "refresh_token", "subscription_key", "username"}
    assert {place.partition(" ")[0] for place in places(cloud, tokens, issued)} >= {"token", "refresh_token"}
    others = {name: content for name, content in contents.items() if name not in tokens}
    left = {f"left: {name}": content for name, content in files(tv.data_dir).items()}
    others |= left
    others |= {str(path): path.read_bytes() for path in tmp_path.glob("log-*")}
    others |= {"console": "".join(capfd.readouterr()).encode()}
    assert places(cloud, others, issued) == []
    # Nothing of what the account saw is in any file either, pages of a database that are free included.
    named = [re.findall(r'"name": ?"([^"]{6,})"', str(file["content"])) for file in cloud.map_data()["files"]]
    seen = {name.encode() for names in named for name in names}
    assert len(seen) > 5
    assert any(b"\x89PNG" in content for name, content in contents.items() if "tiles.sqlite" in name)
    assert [(name, mark) for name, content in left.items() for mark in (b"\x89PNG", *seen) if mark in content] == []


def test_a_job_that_crashes_with_a_secret_in_its_hands_does_not_tell_it(cloud: LocalCloud, tmp_path: Path) -> None:
    with running(with_account(cloud), tmp_path, module="tests.e2e.failing_backend_app") as tv:
        tv.wait_for("app.broken")
        text = tv.log_file.read_text()
        assert "eyJhbGciOi" not in text
        assert "c2lnbmF0dXJl" not in text
        assert tv.end() == 0


def is_text(kind: str) -> bool:
    return re.search(r"\b(str|bytes)\b", kind) is not None


def test_no_value_shows_a_secret_when_it_is_printed() -> None:
    shown = []
    seen = 0
    for module in pkgutil.walk_packages(tvapp.__path__, "tvapp."):
        if module.name.endswith("__main__"):
            continue
        for kind in vars(importlib.import_module(module.name)).values():
            if isinstance(kind, type) and dataclasses.is_dataclass(kind) and kind.__module__ == module.name:
                secret = [
                    field
                    for field in dataclasses.fields(kind)
                    if is_text(str(field.type)) and SECRET_FIELD.search(field.name)
                ]
                seen += len(secret)
                shown += [f"{module.name}.{kind.__name__}.{field.name}" for field in secret if field.repr]
    assert seen > 5
    assert shown == []
