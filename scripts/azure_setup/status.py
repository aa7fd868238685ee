"""The exit statuses of the four commands."""

DONE, FAILED, USAGE, UNUSABLE, NO_RIGHTS = 0, 1, 2, 3, 4
