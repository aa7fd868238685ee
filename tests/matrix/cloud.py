"""The local cloud with Blob Storage beside it, under three names: so that each service can fail alone, or a whole host.

`python -m tests.matrix.cloud` takes the arguments of `python -m tvapp.localcloud`. The blobs are those of the imitation
in `tests.fences.stores.server`: behind the local cloud's own switchboard it has every fault that the others have, its
requests are counted in the same place, and it wants real tokens. What the store makes of Microsoft's own emulator is
shown in `tests/fences/stores/test_blob_azurite.py`.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from functools import partial

from tests.blobs_beside import blob_routes
from tvapp.localcloud.__main__ import main
from tvapp.localcloud.certificates import HOSTS

LOGIN, MAPS, BLOBS = "login.localhost", "maps.localhost", "blobs.localhost"
BLOB = "blob"
CONTAINER = "/account1/fences"

if __name__ == "__main__":
    hosts = (*HOSTS, LOGIN, MAPS, BLOBS)
    routes = partial(blob_routes, name=BLOB, container=CONTAINER)
    sys.exit(main(sys.argv[1:], lambda options: replace(options, hosts=hosts, more_routes=routes)))
