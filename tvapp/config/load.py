"""Loads the settings from a TOML file and the environment into frozen dataclasses, or reports every error at once.

`config.rules` has what each key allows.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import fields, replace
from pathlib import Path

from tvapp.config.model import SECTIONS, Config, Found
from tvapp.core.errors import ConfigError, TvappError

SYSTEM_FILE = Path("/etc/tvapp/config.toml")
LIMIT_BYTES = 1 << 20
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
        return (Path(chosen).expanduser(),)
    home = environ.get("HOME", "")
    folder = environ.get("XDG_CONFIG_HOME") or (f"{home}/.config" if home else "")
    users = (Path(folder) / "tvapp/config.toml",) if folder else ()
    return (*users, system_file)


def load(path: Path | None, environ: Mapping[str, str], *, system_file: Path = SYSTEM_FILE) -> Config:
    """Read the settings: `path` (from the command line) or the first file that exists, overridden by the environment.

    Raises:
        ConfigErrors: with every error, not only the first.
    """
    from tvapp.config.rules import check_file, check_together, check_value

    searched = (path,) if path is not None else search_path(environ, system_file)
    must_exist = path is not None or bool(environ.get("TVAPP_CONFIG"))
    errors: list[ConfigError] = []
    source = next((candidate for candidate in searched if must_exist or _is_there(candidate)), None)
    in_file = {} if source is None else _from_file(source, errors)
    written = dict(in_file or {})
    written.update(_from_environment(environ, errors))
    if source is None and not written and not errors:
        where = " or ".join(str(candidate) for candidate in searched)
        nothing = ConfigError("configuration", "file", "none", f"{where}, or --config FILE")
        raise ConfigErrors([nothing], searched, Config())
    values: dict[str, object] = {}
    for key, found in written.items():
        base = Path.cwd() if found.in_environment or source is None else source.parent
        value, error = check_value(key, found, base)
        if error is not None:
            errors.append(error)
        elif value != "":  # an empty text means the default
            values[key] = value
    config = _build(values, source)
    if source is not None:
        errors += check_file(source, written)
    if in_file is not None:
        bad = frozenset(error.key.partition('."')[0] for error in errors)
        errors += check_together(config, bad, str(source) if source is not None else "environment")
    if errors:
        raise ConfigErrors(errors, searched, config)
    return config


def _is_there(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:
        return True  # the file may exist but cannot be seen: report that instead of going on without it


def _from_file(path: Path, errors: list[ConfigError]) -> dict[str, Found] | None:
    import tomllib

    name = str(path)
    try:
        with path.open("rb") as file:
            data = file.read(LIMIT_BYTES + 1)
        if len(data) > LIMIT_BYTES:
            raise OSError(None, f"more than {LIMIT_BYTES} bytes")
        document = tomllib.loads(data.decode("utf-8"))
    except tomllib.TOMLDecodeError as error:
        what, _, place = str(error).partition(" (at ")
        errors.append(ConfigError(name, place.rstrip(")") or "the text", what, "TOML, see https://toml.io"))
        return None
    except RecursionError:
        errors.append(ConfigError(name, "the text", "values nested too deep", "TOML, see https://toml.io"))
        return None
    except UnicodeDecodeError as error:
        errors.append(ConfigError(name, f"byte {error.start + 1}", "bytes that are not UTF-8", "TOML in UTF-8"))
        return None
    except OSError as error:
        reason = error.strerror or str(error)
        errors.append(ConfigError(name, "file", reason, "a file that can be read"))
        return None
    return _flat(document, name, errors)


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
    if config.maps.auth == "shared-key" and config.geofences.store == "blob" and "identity.scopes" not in values:
        # A subscription key opens the map: the account is for the storage alone and needs no right to Azure Maps.
        config = replace(config, identity=replace(config.identity, scopes=(STORAGE_SCOPE,)))
    return config
