"""What to call a permission that is missing: the resource it opens, by what people know it for."""

from __future__ import annotations

from typing import Literal

Permission = Literal["storage", "other"]


def permission_for(resource: str) -> Permission:
    """Return what a resource is for here.

    >>> permission_for("https://storage.azure.com")
    'storage'
    """
    bare = resource.rstrip("/")
    is_storage = bare == "https://storage.azure.com" or bare.endswith(".blob.core.windows.net")
    return "storage" if is_storage else "other"
