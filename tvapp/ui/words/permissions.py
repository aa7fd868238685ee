"""The names of permissions, by the resource that they open."""

from __future__ import annotations

from typing import Literal

Permission = Literal["storage", "other"]


def permission_for(resource: str) -> Permission:
    """Return the permission that a resource belongs to.

    >>> permission_for("https://storage.azure.com")
    'storage'
    """
    bare = resource.rstrip("/")
    is_storage = bare == "https://storage.azure.com" or bare.endswith(".blob.core.windows.net")
    return "storage" if is_storage else "other"
