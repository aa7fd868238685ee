"""The local cloud, with Blob Storage beside it, under names that only a proxy leads to.

`python -m tests.net.named_cloud [ARGUMENTS OF THE LOCAL CLOUD] NAME,NAME`
"""

from __future__ import annotations

import sys
from dataclasses import replace
from functools import partial

from tests.blobs_beside import blob_routes
from tvapp.localcloud.__main__ import main
from tvapp.localcloud.certificates import HOSTS

BLOB = "named-blob"
CONTAINER = "/geofences"

if __name__ == "__main__":
    names = tuple(sys.argv[-1].split(","))
    routes = partial(blob_routes, name=BLOB, container=CONTAINER)
    sys.exit(main(sys.argv[1:-1], lambda options: replace(options, hosts=(*HOSTS, *names), more_routes=routes)))
