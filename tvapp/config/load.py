"""Loads the settings from TOML files and the environment into frozen dataclasses, or reports every error at once.

`config.rules` has what each key allows.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path

from tvapp.config.files import more_files, read_document
from tvapp.config.model import MAPS_ENDPOINTS, SECTIONS, Config, Found, Reference
from tvapp.config.secret_references import credentials_in
from tvapp.core.errors import ConfigError, TvappError

SYSTEM_FILE = Path("/etc/tvapp/config.toml")
PREFIX = "TVAPP_"
STORAGE_SCOPE = "https://storage.azure.com/user_impersonation"


class ConfigErrors(TvappError):
    """Every error in the settings.

    `searched` are the files that were looked for, `usable` are the settings without errors: enough to show an error
    screen in the right language and size.
    """

    def __init__(self, errors: Iterable[ConfigError], searched: tuple[Path, ...], usable: Config) -> None:
        self.errors = tuple(errors)
        self.searched = searched
        self.usable = usable
        super().__init__("\n".join(str(error) for error in self.errors))


def search_path(environ: Mapping[str, str], system_file: Path = SYSTEM_FILE) -> tuple[Path, ...]:
    """Return where a config file is looked for, in order, when the command line names none."""
    if chosen := environ.get("TVAPP_CONFIG"):
        return (Path(os.path.expanduser(chosen)),)  # noqa: PTH111 - pathlib's raises where there is no such home folder
    home = environ.get("HOME", "")
    folder = environ.get("XDG_CONFIG_HOME") or (f"{home}/.config" if home else "")
    users = (Path(folder) / "tvapp/config.toml",) if folder else ()
    return (*users, system_file)


@dataclass(frozen=True, slots=True)
class Loaded:
    """What was read: the settings as far as they can be used, each value with where it stands, and every error."""

    config: Config
    searched: tuple[Path, ...]
    files: tuple[Path, ...] = ()
    """The main file, and those of `conf.d/` in the order in which they were merged over it."""
    written: Mapping[str, Found] = field(default_factory=dict)
    errors: tuple[ConfigError, ...] = ()


def load(path: Path | None, environ: Mapping[str, str], *, system_file: Path = SYSTEM_FILE) -> Config:
    """Read the settings: `path` (from the command line) or the first file that exists, overridden by the environment.

    The files of `conf.d/` beside that file are merged over it: a key of a later file replaces that of an earlier one.

    Raises:
        ConfigErrors: with every error, not only the first.
    """
    loaded = load_all(path, environ, system_file=system_file)
    if loaded.errors:
        raise ConfigErrors(loaded.errors, loaded.searched, loaded.config)
    return loaded.config


def load_all(path: Path | None, environ: Mapping[str, str], *, system_file: Path = SYSTEM_FILE) -> Loaded:
    """Read the settings as `load` does; returns the errors with them."""
    from tvapp.config.rules import check_file, check_together, check_value, refers_to_secret

    searched = (path,) if path is not None else search_path(environ, system_file)
    must_exist = path is not None or bool(environ.get("TVAPP_CONFIG"))
    errors: list[ConfigError] = []
    source = next((candidate for candidate in searched if must_exist or _is_there(candidate)), None)
    parts, is_complete = _from_files(source, errors) if source is not None else ([], True)
    written: dict[str, Found] = {}
    for _, part in parts:
        written.update(part)
    written.update(_from_environment(environ, errors))
    if source is None and not written and not errors:
        where = " or ".join(str(candidate) for candidate in searched)
        nothing = ConfigError("configuration", "file", "none", f"{where}, or --config FILE")
        return Loaded(Config(), searched, errors=(nothing,))
    values: dict[str, object] = {}
    references: dict[str, Reference] = {}
    for key, found in written.items():
        base = Path.cwd() if found.in_environment else Path(found.source).parent
        if refers_to_secret(key, found):
            references[key] = Reference(found, base, credentials_in(environ))
        value, error = check_value(key, found, base, environ)
        if error is not None:
            errors.append(error)
        elif value != "":  # an empty text means the default
            values[key] = value
    config = replace(_build(values, source), references=references)
    for file, part in parts:
        errors += check_file(file, part)
    if is_complete:
        bad = frozenset(error.key.partition('."')[0] for error in errors)
        errors += check_together(config, bad, str(source) if source is not None else "environment")
    return Loaded(config, searched, tuple(file for file, _ in parts), written, tuple(errors))


def read_again(config: Config, key: str) -> object | None:
    """Return the present value of a secret that `key` refers to; None where it refers to none, or cannot be used now.

    A file may have been replaced since the start. What systemd handed over stays what it was until the service is
    restarted, except where the unit refreshes its credentials on a reload.
    """
    from tvapp.config.rules import check_value

    reference = config.references.get(key)
    if reference is None:
        return None
    value, error = check_value(key, reference.found, reference.base, reference.environ)
    return None if error is not None else value


def _is_there(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:
        return True  # the file may exist but cannot be seen: report that instead of going on without it


def _from_files(source: Path, errors: list[ConfigError]) -> tuple[list[tuple[Path, dict[str, Found]]], bool]:
    """Return what stands in each file, in order, and whether every file could be read."""
    unread: list[ConfigError] = []
    parts: list[tuple[Path, dict[str, Found]]] = []
    for path in (source, *more_files(source, unread)):
        document = read_document(path, unread, is_main=path is source)
        if document is not None:
            parts.append((path, _flat(document, str(path), errors)))
    errors += unread
    return parts, not unread


def _flat(document: Mapping[str, object], name: str, errors: list[ConfigError]) -> dict[str, Found]:
    written: dict[str, Found] = {}
    for section, content in document.items():
        if section not in SECTIONS:
            errors.append(_unknown(name, section, f"[{section}]", SECTIONS))
            continue
        if not isinstance(content, dict):
            errors.append(ConfigError(name, section, "a value", f"a section, [{section}]"))
            continue
        known = _keys(section)
        for key, value in content.items():
            if key in known:
                written[f"{section}.{key}"] = Found(value, name)
            else:
                errors.append(_unknown(name, f"{section}.{key}", f'"{key}"', known))
    return written


def _from_environment(environ: Mapping[str, str], errors: list[ConfigError]) -> dict[str, Found]:
    written: dict[str, Found] = {}
    for variable, text in environ.items():
        if not variable.startswith(PREFIX) or not text:
            continue
        section, _, key = variable.removeprefix(PREFIX).lower().partition("_")
        if section not in SECTIONS or not key:
            continue
        known = _keys(section)
        if key in known:
            written[f"{section}.{key}"] = Found(text, variable, in_environment=True)
        else:
            names = [f"{PREFIX}{section}_{name}".upper() for name in known]
            errors.append(_unknown("environment", variable, variable, names))
    return written


def _unknown(source: str, key: str, found: str, known: Iterable[str]) -> ConfigError:
    from difflib import get_close_matches

    names = list(known)
    near = get_close_matches(key.rpartition(".")[2], names, 1, 0.6)
    hint = f" (did you mean {near[0]}?)" if near else ""
    return ConfigError(source, key, f"{found}, which is unknown{hint}", ", ".join(names))


def _keys(section: str) -> tuple[str, ...]:
    return tuple(each.name for each in fields(SECTIONS[section]))


def _build(values: Mapping[str, object], source: Path | None) -> Config:
    parts = {
        section: kind(**{key: values[f"{section}.{key}"] for key in _keys(section) if f"{section}.{key}" in values})
        for section, kind in SECTIONS.items()
    }
    config = Config(**parts, source=source)
    if "maps.endpoint" not in values:
        # A token of one cloud must not be sent to another one's host by default.
        config = replace(config, maps=replace(config.maps, endpoint=MAPS_ENDPOINTS[config.identity.cloud]))
    if config.maps.auth == "shared-key" and config.geofences.store == "blob" and "identity.scopes" not in values:
        # A subscription key opens the map: the account is for the storage alone and needs no right to Azure Maps.
        config = replace(config, identity=replace(config.identity, scopes=(STORAGE_SCOPE,)))
    return config
