"""One request to Azure Resource Manager, and the form of its answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tvapp.localcloud.cloud import Cloud
from tvapp.localcloud.tenant.callers import require_action
from tvapp.localcloud.tenant.model import Json
from tvapp.localcloud.tenant.serving import Answer


@dataclass(frozen=True, slots=True)
class Call:
    """One request: who sent it, about which path, with which body."""

    cloud: Cloud
    object_id: str
    path: str
    parts: tuple[str, ...]
    query: dict[str, str]
    body: Json

    def require(self, action: str, scope: str) -> None:
        """Refuse the caller without a role that contains `action`."""
        require_action(self.cloud, self.object_id, action, scope)


Work = Callable[[Call], Answer]
