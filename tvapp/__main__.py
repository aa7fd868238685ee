"""`python -m tvapp` is `tvapp`."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line and end the process with its exit status."""
    from tvapp.commands.cli import run
    from tvapp.host.process import end

    end(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
