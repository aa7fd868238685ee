"""Writes the configuration file of the screens from what was provisioned."""

from __future__ import annotations

import hashlib
import json

from scripts.azure_setup.step import Known
from scripts.azure_setup.wanted import Wanted

CLOUDS = {"AzureCloud": "public", "AzureUSGovernment": "us-government", "AzureChinaCloud": "china"}
"""`[identity] cloud`, by the name that `az` has for it."""
CREDENTIAL = "maps-keys"
_HEADER = "# Written by scripts/azure/provision, which replaces it as long as nobody changes it: "


def config_text(wanted: Wanted, known: Known, keys_file: str = "") -> str:
    """Return config.toml. It holds no key: those are in `keys_file`, or in a credential of systemd."""
    lines = [
        "# What each key allows: scripts/kiosk/REFERENCE.md.",
        "# Check it with `tvapp config check`, and all that it names with `tvapp doctor`.",
        "",
    ]
    if wanted.has_sign_in:
        lines += ["[identity]", *_identity(wanted, known), ""]
    lines += ["[maps]", *_maps(wanted, known, keys_file), ""]
    if wanted.usage and known["cloud"] not in CLOUDS:
        lines += ["[usage]", f"endpoint = {_text(known['manager'])}", ""]
    lines.append("[geofences]")
    if wanted.has_blobs:
        container = f"{known['blob-endpoint'].rstrip('/')}/{wanted.container}"
        lines += ['store = "blob"', f"container_url = {_text(container)}"]
    else:
        lines += ["# The store is yours to decide: a folder of *.geojson files, or addresses (see the reference).",
                  'store = "folder"', 'path = "/srv/geofences"']  # fmt: skip
    if wanted.has_blobs and not wanted.editors:
        lines += ["", "[kiosk]", "# Nobody was given the role to change geofences (provision --editors GROUP).",
                  "read_only = true"]  # fmt: skip
    text = "\n".join(lines) + "\n"
    return f"{_HEADER}{_digest(text)}.\n{text}"


def is_unchanged(text: str) -> bool:
    """Tell whether nobody has changed a configuration since it was written."""
    header, _, rest = text.partition("\n")
    return header == f"{_HEADER}{_digest(rest)}."


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _identity(wanted: Wanted, known: Known) -> list[str]:
    cloud = CLOUDS.get(known["cloud"])
    if cloud is None:
        lines = [f"authority = {_text(known['login'] + '/' + known['tenant'])}"]
    else:
        lines = [f"tenant = {_text(known['tenant'])}"]
        lines += [f"cloud = {_text(cloud)}"] if cloud != "public" else []
    lines += [f"client_id = {_text(known['app-id'])}", f"app_name = {_text(wanted.app)}"]
    if known.get("organisation"):
        lines.append(f"organisation = {_text(known['organisation'])}")
    return lines


def _maps(wanted: Wanted, known: Known, keys_file: str) -> list[str]:
    lines = [f"endpoint = {_text(known['maps-host'])}"]
    if wanted.usage:
        lines.append(f"resource_id = {_text(known['maps-id'])}")
    if wanted.auth == "entra":
        return [f"client_id = {_text(known['maps-client-id'])}", *lines]
    reference = f"{{ file = {_text(keys_file)} }}" if keys_file else f'{{ credential = "{CREDENTIAL}" }}'
    return [*lines, 'auth = "shared-key"', f"subscription_keys = {reference}"]


def _text(value: str) -> str:
    # JSON's strings are TOML's basic strings.
    return json.dumps(value, ensure_ascii=False)
