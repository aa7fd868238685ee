"""The exit statuses of the program, and what each means: for `tvapp --help` and the reference."""

from __future__ import annotations

from collections.abc import Mapping

EXIT_OK = 0
EXIT_FAILED = 1
EXIT_USAGE = 2
EXIT_CONFIG = 3
EXIT_DISPLAY = 4
EXIT_CRASHED = 5
EXIT_RUNNING = 6
EXIT_NOT_INSTALLED = 7
EXIT_NO_ANSWER = 8
EXIT_RESTART = 9

MEANINGS: Mapping[int, str] = {
    EXIT_OK: "ended by Back, SIGTERM or SIGHUP; or the command did what it was asked",
    EXIT_FAILED: "something failed (doctor: at least one check; demo: a step of the journey did not happen; "
    "ctl: the running tvapp refused, and said why; usage: the metrics of the account could not be read)",
    EXIT_USAGE: "the command line is wrong",
    EXIT_CONFIG: "the configuration is wrong: there is no screen to say so on, or `config check` found it",
    EXIT_DISPLAY: "no display could be opened and none can be expected; or no key could ever arrive",
    EXIT_CRASHED: "met a problem, told of it on the screen, is to be started again (does so itself without systemd)",
    EXIT_RUNNING: "another tvapp uses this data folder",
    EXIT_NOT_INSTALLED: "demo: packages that only the demo needs are not installed; it says how to get them",
    EXIT_NO_ANSWER: "ctl: no tvapp runs with this data folder, it does not answer in time, or it is another user's",
    EXIT_RESTART: "ended by `tvapp ctl restart`, for systemd to start it again (without systemd it does so itself)",
}
