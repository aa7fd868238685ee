"""The local cloud under names that only a proxy leads to: `python -m tests.net.named_cloud NAME,NAME ...`."""

from __future__ import annotations

import sys
from dataclasses import replace

from tvapp.localcloud.__main__ import main
from tvapp.localcloud.certificates import HOSTS

if __name__ == "__main__":
    names = tuple(sys.argv[-1].split(","))
    sys.exit(main(sys.argv[1:-1], lambda options: replace(options, hosts=(*HOSTS, *names))))
