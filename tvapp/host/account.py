"""The user that a program runs as: who owns a folder, and how root becomes that user for good."""

from __future__ import annotations

import grp
import os
import pwd
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Account:
    """A user of this machine with its groups. A user without a name has its number in the place of one."""

    name: str
    uid: int
    gid: int
    groups: tuple[int, ...]
    home: str


def current() -> Account:
    """Return the user of this process."""
    uid, gid = os.geteuid(), os.getegid()
    name, home = _name_and_home(uid)
    return Account(name, uid, gid, tuple(os.getgroups()), home)


def named(name: str, more_groups: Sequence[str] = ()) -> Account | None:
    """Return a user by name, in its own and in `more_groups`; None if there is no such user."""
    try:
        entry = pwd.getpwnam(name)
    except KeyError:
        return None
    groups = set(os.getgrouplist(name, entry.pw_gid)) | set(_ids(more_groups))
    return Account(name, entry.pw_uid, entry.pw_gid, tuple(sorted(groups)), entry.pw_dir)


def owner_of(path: Path) -> Account | None:
    """Return the owner of a file or a folder; None if it is not there."""
    try:
        status = path.stat()
    except OSError:
        return None
    name, home = _name_and_home(status.st_uid)
    return named(name) or Account(name, status.st_uid, status.st_gid, (status.st_gid,), home)


def name_of(uid: int) -> str:
    """Return the name of a user, or its number."""
    return _name_and_home(uid)[0]


def become(account: Account) -> None:
    """Become another user, for good: root is left behind. Only root may call it."""
    os.setgroups(account.groups)
    os.setresgid(account.gid, account.gid, account.gid)
    os.setresuid(account.uid, account.uid, account.uid)


def _name_and_home(uid: int) -> tuple[str, str]:
    try:
        entry = pwd.getpwuid(uid)
    except KeyError:
        return str(uid), "/"
    return entry.pw_name, entry.pw_dir


def _ids(groups: Sequence[str]) -> list[int]:
    found = []
    for group in groups:
        try:
            found.append(grp.getgrnam(group).gr_gid)
        except KeyError:
            continue  # a group that this machine does not have gives no right either
    return found
