"""The files of `conf.d/` beside the configuration file, and the encodings of all of them."""

from __future__ import annotations

import codecs
import os
from pathlib import Path

import pytest

from tvapp.config.files import FOLDER, LIMIT_BYTES, MOST_FILES, NotText, decode
from tvapp.config.load import ConfigErrors, Loaded, load, load_all
from tvapp.config.model import Config
from tvapp.core.errors import ConfigError

MAIN = """
[maps]
auth = "shared-key"
subscription_keys = ["the-primary-key"]
[geofences]
store = "folder"
path = "fences"
[kiosk]
units = "metric"
language = "fi"
"""


class Folder:
    """A folder with a configuration file and a `conf.d/` beside it."""

    def __init__(self, path: Path) -> None:
        self.main = path / "config.toml"
        self.main.write_text(MAIN)
        self.main.chmod(0o600)
        self.more = path / FOLDER
        self.more.mkdir()

    def add(self, name: str, text: str | bytes, mode: int = 0o600) -> Path:
        path = self.more / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        path.chmod(mode)
        return path

    def load(self, **environ: str) -> Config:
        return load(self.main, environ)

    def all(self) -> Loaded:
        return load_all(self.main, {})

    def error(self) -> ConfigError:
        with pytest.raises(ConfigErrors) as caught:
            self.load()
        (error,) = caught.value.errors
        return error


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


def test_files_are_merged_over_the_main_one_in_the_order_of_their_names(folder: Folder) -> None:
    folder.add("20-site.toml", '[kiosk]\nunits = "metric"\n')
    folder.add("10-all.toml", '[kiosk]\nunits = "imperial"\nlanguage = "de"\n')
    config = folder.load()
    assert (config.kiosk.units, config.kiosk.language) == ("metric", "de")
    assert config.geofences.store == "folder"
    assert [path.name for path in folder.all().files] == ["config.toml", "10-all.toml", "20-site.toml"]
    assert folder.all().written["kiosk.units"].source.endswith("20-site.toml")


def test_the_environment_wins_over_all_of_them(folder: Folder) -> None:
    folder.add("10.toml", '[kiosk]\nlanguage = "de"\n')
    assert folder.load(TVAPP_KIOSK_LANGUAGE="fr").kiosk.language == "fr"


def test_a_table_of_a_later_file_replaces_that_of_an_earlier_one(folder: Folder) -> None:
    folder.add("10.toml", '[geofences]\nkinds = { depot = "Yard", berth = "Berth" }\n')
    folder.add("20.toml", '[geofences]\nkinds = { school = "School" }\n')
    assert set(folder.load().geofences.kinds) == {"school"}


@pytest.mark.parametrize(
    "name",
    [
        "10.toml~",
        "10.toml.bak",
        "10.toml.dpkg-old",
        ".10.toml",
        ".#10.toml",
        "#10.toml#",
        "10.conf",
        "README",
        "10.TOML",
    ],
)
def test_what_editors_and_packages_leave_behind_is_no_configuration(folder: Folder, name: str) -> None:
    folder.add(name, "this is no TOML")
    assert folder.load().kiosk.language == "fi"


def test_a_wrong_key_names_the_file_in_which_it_stands(folder: Folder) -> None:
    path = folder.add("10.toml", '[kiosk]\nlangauge = "de"\n')
    error = folder.error()
    assert (error.source, error.key) == (str(path), "kiosk.langauge")
    assert "did you mean language?" in error.found


def test_a_wrong_value_names_the_file_whose_value_counts(folder: Folder) -> None:
    folder.add("10.toml", '[kiosk]\nunits = "parsecs"\n')
    folder.add("20.toml", '[kiosk]\nunits = "imperial"\n')
    assert folder.load().kiosk.units == "imperial"
    path = folder.add("30.toml", '[kiosk]\nunits = "miles"\n')
    assert folder.error().source == str(path)


def test_broken_toml_names_its_file_and_the_others_are_still_read(folder: Folder) -> None:
    path = folder.add("10.toml", "[kiosk\n")
    folder.add("20.toml", '[kiosk]\nlanguage = "de"\n')
    error = folder.error()
    assert (error.source, error.allowed) == (str(path), "TOML, see https://toml.io")
    assert folder.all().config.kiosk.language == "de"


def test_relative_paths_are_relative_to_the_file_in_which_they_stand(folder: Folder) -> None:
    folder.add("10.toml", '[geofences]\npath = "here"\n')
    assert folder.load().geofences.path == str(folder.more / "here")


def test_a_file_with_a_secret_that_everybody_can_read_is_refused_also_if_a_later_one_wins(folder: Folder) -> None:
    path = folder.add("10.toml", '[maps]\nsubscription_keys = ["another-key"]\n', 0o644)
    folder.add("20.toml", '[maps]\nsubscription_keys = ["a-third-key"]\n')
    error = folder.error()
    assert (error.source, error.key) == (str(path), "maps.subscription_keys")
    assert f"chmod o-rwx {path}" in error.allowed
    path.chmod(0o640)
    assert folder.load().maps.subscription_keys == ("a-third-key",)


def test_a_folder_or_a_pipe_of_that_name_is_no_file(folder: Folder) -> None:
    (folder.more / "10.toml").mkdir()
    assert folder.error().found == "Is not a file"
    (folder.more / "10.toml").rmdir()
    os.mkfifo(folder.more / "10.toml")
    assert folder.error().found == "Is not a file"


def test_links_are_followed_and_a_loop_of_them_is_named(folder: Folder, tmp_path: Path) -> None:
    (tmp_path / "elsewhere.toml").write_text('[kiosk]\nlanguage = "de"\n')
    (folder.more / "10.toml").symlink_to(tmp_path / "elsewhere.toml")
    assert folder.load().kiosk.language == "de"
    (folder.more / "20.toml").symlink_to(folder.more / "20.toml")
    assert folder.error().found == "Too many levels of symbolic links"
    (folder.more / "20.toml").unlink()
    (folder.more / "20.toml").symlink_to(tmp_path / "nowhere.toml")
    assert folder.error().found == "No such file or directory"


def test_a_huge_file_is_refused(folder: Folder) -> None:
    folder.add("10.toml", "#" * (LIMIT_BYTES + 1))
    assert folder.error().found == f"more than {LIMIT_BYTES} bytes"


def test_there_may_be_many_files_but_not_any_number(folder: Folder) -> None:
    for number in range(MOST_FILES):
        folder.add(f"{number:03}.toml", f"[kiosk]\ndim_after_min = {number}\n")
    assert folder.load().kiosk.dim_after_min == MOST_FILES - 1
    folder.add("last.toml", "")
    error = folder.error()
    assert (error.source, error.found) == (str(folder.more), f"{MOST_FILES + 1} files")


def test_a_file_called_conf_d_is_none(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text(MAIN)
    (tmp_path / "config.toml").chmod(0o600)
    (tmp_path / FOLDER).write_text("a file")
    assert load(tmp_path / "config.toml", {}).kiosk.language == "fi"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_folder_that_may_not_be_read_is_named(folder: Folder) -> None:
    folder.more.chmod(0)
    error = folder.error()
    folder.more.chmod(0o700)
    assert (error.source, error.found) == (str(folder.more), "Permission denied")


TEXT = '[kiosk]\nlanguage = "de" # grün\n'


@pytest.mark.parametrize(
    "data",
    [
        TEXT.encode(),
        codecs.BOM_UTF8 + TEXT.encode(),
        TEXT.replace("\n", "\r\n").encode(),
        TEXT.encode("utf-16"),
        codecs.BOM_UTF16_BE + TEXT.encode("utf-16-be"),
        TEXT.encode("utf-16-le"),
        TEXT.encode("utf-16-be"),
        codecs.BOM_UTF16_LE + TEXT.replace("\n", "\r\n").encode("utf-16-le"),
        TEXT.encode("utf-32"),
        codecs.BOM_UTF32_BE + TEXT.encode("utf-32-be"),
    ],
    ids=[
        "utf-8",
        "mark",
        "crlf",
        "utf-16",
        "utf-16-be",
        "le-no-mark",
        "be-no-mark",
        "utf-16-crlf",
        "utf-32",
        "utf-32-be",
    ],
)
def test_a_file_is_read_in_the_encoding_that_it_has(folder: Folder, data: bytes) -> None:
    folder.add("10.toml", data)
    assert folder.load().kiosk.language == "de"
    folder.main.write_bytes(MAIN.encode() + b"\n" if data == TEXT.encode() else data)
    assert folder.all().written["kiosk.language"].value == "de"


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (b"[kiosk]\nlanguage = '\xe4'\n", "bytes that are not UTF-8"),
        (b"\xff\xfe[\0k\0i\0o", "bytes that are not UTF-16"),
        (b"\xff\xfe\0\0[\0\0", "bytes that are not UTF-32"),
    ],
)
def test_bytes_that_are_no_text_are_named_with_their_place(folder: Folder, data: bytes, found: str) -> None:
    path = folder.add("10.toml", data)
    error = folder.error()
    assert (error.source, error.found) == (str(path), found)
    assert error.key.startswith("byte ")


@pytest.mark.parametrize("data", [b"", b"a", b"\0", codecs.BOM_UTF8])
def test_short_files_are_text_too(data: bytes) -> None:
    assert len(decode(data)) <= 1


def test_the_place_of_the_first_wrong_byte_is_counted_from_one() -> None:
    with pytest.raises(NotText) as caught:
        decode(b"ab\xff")
    assert caught.value.where == 3
