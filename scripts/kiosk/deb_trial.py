"""The command behind `scripts/kiosk/try-deb`: installs, uses, changes and removes a package on a clean Debian.

What is installed is the package itself with other version numbers (older: one file more), so that an upgrade and a
downgrade are real ones. There is no screen: SDL draws on its dummy driver, set by a drop-in.
"""

from __future__ import annotations

import itertools
import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from collections.abc import Set as AbstractSet
from pathlib import Path

from scripts.kiosk.container import Container, console_in_front
from scripts.kiosk.desk_trial import look_from_desk
from scripts.kiosk.unit_state import Unit

HERE = Path(__file__).parent
OLDER, NEWER = "u0", "u9"
LEFTOVER = "usr/lib/tvapp/only-in-the-older-version"
LARGEST_INSTALLATION_KB = 125_000
WORST_EXPOSURE = 1.6
"""Of `systemd-analyze security`; 10 is the worst."""
WITHOUT_A_SCREEN = "[Service]\nEnvironment=SDL_VIDEODRIVER=dummy\n"
WITHOUT_CONSOLES = "TTYPath=\nStandardInput=null\nExecStartPre=\n[Unit]\nConditionPathExists=\n"
WAYLAND = ("cage", "libwayland-cursor0", "libwayland-egl1", "seatd", "xwayland")
WITHOUT_A_SEAT = "[Service]\nEnvironment=WLR_BACKENDS=headless WLR_LIBINPUT_NO_DEVICES=1 WLR_RENDERER=pixman\n"
"""cage draws into memory: no graphics card, no seat."""
CONFIG = """
[maps]
auth = "shared-key"
subscription_keys = { credential = "tvapp_maps-keys" }
[geofences]
store = "folder"
path = "/srv/geofences"
[view]
home = { longitude = 24.95, latitude = 60.17, zoom = 12 }
"""
FENCE = {
    "type": "Feature",
    "properties": {"name": "Yard"},
    "geometry": {"type": "Polygon", "coordinates": [[[24.9, 60.1], [25.0, 60.1], [25.0, 60.2], [24.9, 60.1]]]},
}
SECRET = "not-a-real-key"
CREDENTIALS = "/run/credentials/tvapp.service"
KEPT = {"/var/lib/tvapp/outbox/kept": "a change", "/etc/tvapp/conf.d/50-kept.toml": '[kiosk]\nunits = "imperial"\n'}
"""Files of the viewer and of the installer, with their contents, that only a purge may remove."""


class Trial:
    """One package on one clean system; prints each check, and counts those that failed."""

    def __init__(self, package: Path, work: Path, box: Container) -> None:
        self._package = package
        self._work = work
        self._box = box
        self._tv, self._cage = Unit(box, "tvapp"), Unit(box, "tvapp-cage")
        self.failed = 0
        version = field(package, "Version")
        self._base = version.rpartition("u")[0]
        self._drop_in = WITHOUT_A_SCREEN if box.has_consoles else WITHOUT_A_SCREEN + WITHOUT_CONSOLES

    def check(self, claim: str, holds: bool, found: object = "") -> None:
        """Print whether a claim holds, and if not what was found instead."""
        print(f"{'ok  ' if holds else 'FAIL'} {claim}" + ("" if holds else f": {found}"), flush=True)
        self.failed += not holds

    def whole(self) -> None:
        """Go through the life of an installation."""
        self._versions()
        before = self._files()
        self._install()
        self._permissions()
        self._units()
        self._isolation()
        self._service()
        self._endings()
        self._wayland()
        self._display_manager()
        self._change_version(self._variant(NEWER), "upgrade")
        self.check("an upgrade removes the older version's files", not (self._box.root / LEFTOVER).exists())
        self._change_version(self._variant(OLDER), "downgrade", "--allow-downgrades")
        self._stays_disabled()
        self._remove_and_purge(before)

    def _versions(self) -> None:
        release = self._base.rpartition("~deb")[2]
        plain = self._base.rpartition("~deb")[0]
        later = f"{plain}~deb{int(release) + 1}u1"
        order = [f"{self._base}{OLDER}", f"{self._base}u1", f"{self._base}{NEWER}", later, plain]
        compare = ["dpkg", "--compare-versions"]
        ordered = [subprocess.run([*compare, a, "lt", b]).returncode == 0 for a, b in itertools.pairwise(order)]
        self.check("a later package, a later Debian and the plain version are upgrades", all(ordered), order)

    def _variant(self, suffix: str) -> Path:
        """Return the package with another version number; the older one has a file more."""
        target = self._box.root / "root" / f"tvapp_{suffix}.deb"
        if not target.exists():
            tree = self._work / suffix
            subprocess.run(["dpkg-deb", "--raw-extract", str(self._package), str(tree)], check=True)
            control = tree / "DEBIAN" / "control"
            lines = control.read_text(encoding="utf-8").splitlines()
            lines = [f"Version: {self._base}{suffix}" if line.startswith("Version:") else line for line in lines]
            control.write_text("\n".join(lines) + "\n", encoding="utf-8")
            if suffix == OLDER:
                (tree / LEFTOVER).touch()
            build = ["dpkg-deb", "--root-owner-group", "-Zgzip", "-z1", "--build", str(tree), str(target)]
            subprocess.run(build, check=True, stdout=subprocess.DEVNULL)
            shutil.rmtree(tree)
        return target

    def _apt(self, *arguments: str) -> str:
        return self._box.run("apt-get", "-qq", "-y", "--no-install-recommends", *arguments)

    def _files(self) -> set[str]:
        """Return every file that a package may leave behind."""
        skipped = ("/var/lib/dpkg", "/var/lib/apt", "/var/cache", "/var/log", "/root", "/tmp", "/run", "/proc", "/sys")
        found = self._box.run(
            "find", "/", "-xdev", "(", "-path", "/nowhere", *_or(skipped), ")", "-prune", "-o", "-print"
        )
        return {line for line in found.splitlines() if "/systemd/catalog/" not in line}

    def _install(self) -> None:
        box, drop_ins = self._box, self._box.root / "etc/systemd/system/tvapp.service.d"
        self._apt("update")
        drop_ins.mkdir(parents=True)
        (drop_ins / "no-screen.conf").write_text(self._drop_in, encoding="utf-8")
        package = self._variant(OLDER)
        self._apt("install", f"/root/{package.name}")
        size = int(box.run("dpkg-query", "-W", "-f", "${Installed-Size}", "tvapp"))
        self.check(f"{size} KB installed are {LARGEST_INSTALLATION_KB} or less", size <= LARGEST_INSTALLATION_KB)
        self.check("the service is enabled", self._tv.has("enabled"))
        self.check("it runs, although nothing is configured yet", self._tv.has("active"))
        status = self._tv.shows("StatusText")
        self.check("its status names the configuration", "configuration" in status, status)
        log = self._tv.log()
        self.check("the log says what is to be filled in", 'found:   "to be filled in"' in log, log)
        for what, name, value in (
            ("the power key does not switch the machine off", "HandlePowerKey", "ignore"),
            ("but held for long it does", "HandlePowerKeyLongPress", "poweroff"),
        ):
            manager = ("org.freedesktop.login1", "/org/freedesktop/login1", "org.freedesktop.login1.Manager")
            found = box.run("busctl", "get-property", *manager, name)
            self.check(f"{what}, without a restart of the machine", found == f's "{value}"', found)
        journald = box.run("systemd-analyze", "cat-config", "systemd/journald.conf")
        self.check("the log's size is limited", "\nSystemMaxUse=200M\n" in journald, journald)

    def _permissions(self) -> None:
        box = self._box
        for path, wanted in (
            ("/etc/tvapp", "755 root:root"),
            ("/etc/tvapp/config.toml", "640 root:tv"),
            ("/etc/tvapp/conf.d", "755 root:root"),
            ("/etc/tvapp/credentials", "700 root:root"),
            ("/var/lib/tvapp", "700 tv:tv"),
        ):
            found = box.run("stat", "-c", "%a %U:%G", path)
            self.check(f"{path} is {wanted}", found == wanted, found)
        listed = [line for line in box.run("dpkg", "-L", "tvapp").splitlines() if line.startswith("/usr/lib/tvapp")]
        odd = [
            line
            for line in box.run("find", "/usr/lib/tvapp", "-printf", "%m %U:%G %y %p\n").splitlines()
            if not line.startswith(("644 0:0 f ", "755 0:0 d "))
        ]
        self.check(
            f"all {len(listed)} files in /usr/lib/tvapp are root's, 644, in folders that are 755", not odd, odd[:5]
        )
        self.check("the launcher is 755", box.run("stat", "-c", "%a %U", "/usr/bin/tvapp") == "755 root")
        self.check("every installed file is as it was packaged", box.run("dpkg", "--verify", "tvapp") == "")
        groups = set(box.run("id", "-nG", "tv").split())
        self.check("the user is in its groups", groups == {"tv", "video", "render", "input"}, groups)
        shell = box.run("getent", "passwd", "tv").split(":")[5:]
        self.check("it has a home and no shell", shell == ["/var/lib/tvapp", "/usr/sbin/nologin"], shell)
        sources = {name for name in listed if name.endswith(".py")}
        compiled = {
            f"{name.rpartition('/__pycache__/')[0]}/{name.rpartition('/')[2].split('.')[0]}.py"
            for name in listed
            if name.endswith(".pyc")
        }
        self.check(f"all {len(sources)} sources are compiled", sources == compiled, list(sources ^ compiled)[:5])

    def _units(self) -> None:
        box = self._box
        done = box.tries("systemd-analyze", "verify", "--man=no", "tvapp.service")
        self.check("the unit is right", done.returncode == 0 and done.stderr == "", done.stderr)
        exposure = float(box.run("systemd-analyze", "security", "tvapp.service", "--no-pager").split()[-3])
        self.check(f"an exposure of {exposure} is {WORST_EXPOSURE} or less", exposure <= WORST_EXPOSURE)
        self._apt("install", *WAYLAND, "v4l-utils")
        for name in ("tvapp-cage.service", "tvapp-console@tvapp.service", "tvapp-cec@cec0.service"):
            done = box.tries("systemd-analyze", "verify", "--man=no", name)
            self.check(f"{name} is right", done.returncode == 0 and done.stderr == "", done.stderr)
        if box.tries("udevadm", "verify", "--help").returncode == 0:
            done = box.tries("udevadm", "verify", "/usr/lib/udev/rules.d/60-tvapp.rules")
            self.check("the udev rules are right", done.returncode == 0, done.stdout + done.stderr)
        else:
            print("--   the udev rules: this Debian's udevadm cannot verify rules")

    def _isolation(self) -> None:
        box = self._box
        evil = box.root / "tmp/evil"
        evil.mkdir()
        for name in ("tvapp.py", "json.py", "sitecustomize.py"):
            (evil / name).write_text("raise SystemExit('another module')\n", encoding="utf-8")
        done = box.tries(
            "/usr/bin/tvapp", "version", environment=("PYTHONPATH=/tmp/evil", "PYTHONSTARTUP=/tmp/evil/json.py")
        )
        self.check("PYTHONPATH does not reach it", done.stdout.startswith("tvapp "), done.stdout + done.stderr)
        done = box.tries("tvapp", "demo")
        self.check("the demo says that it is not there", done.returncode == 7 and "clone" in done.stderr, done.stderr)
        shutil.rmtree(evil)

    def _service(self) -> None:
        box = self._box
        fences = box.root / "srv/geofences"
        fences.mkdir(parents=True)
        (fences / "yard.geojson").write_text(json.dumps(FENCE), encoding="utf-8")
        (box.root / "etc/tvapp/config.toml").write_text(CONFIG, encoding="utf-8")
        (box.root / "etc/tvapp/credentials/maps-keys").write_text(SECRET, encoding="utf-8")
        for name, text in KEPT.items():
            box.run("install", "-D", "-o", "tv", "-g", "tv", "-m", "0600", "/dev/null", name)
            (box.root / name[1:]).write_text(text, encoding="utf-8")
        started = time.monotonic()
        box.run("systemctl", "restart", "tvapp")
        self.check(f"configured, it is ready after {time.monotonic() - started:.1f} s", self._tv.has("active"))
        self._within(30, "it reads the geofences", lambda: "geofences.loaded " in self._tv.log())
        self._within(
            30, "its status says what it shows", lambda: "Showing the map, 1 geofence" in self._tv.shows("StatusText")
        )
        look_from_desk(box, self._tv, self.check, self._within)
        credential = box.run("stat", "-c", "%a", f"{CREDENTIALS}/tvapp_maps-keys")
        self.check("a secret reaches the service", credential in ("400", "440"), credential)
        command = ("tvapp", "doctor", "--json", "--data-dir", "/var/lib/tvapp")
        done = box.tries(
            "runuser",
            "-u",
            "tv",
            "--",
            "env",
            "SDL_VIDEODRIVER=dummy",
            f"CREDENTIALS_DIRECTORY={CREDENTIALS}",
            *command,
        )
        checks = {check["name"]: check["outcome"] for check in json.loads(done.stdout)["checks"]}
        wanted = dict.fromkeys(("config", "data-dir", "display", "store"), "pass")
        found = {name: checks.get(name) for name in wanted}
        self.check("doctor, as the service's user, finds what is there", found == wanted, checks)
        self._doctor_of_root(wanted.keys() - {"display"})

    def _doctor_of_root(self, wanted: AbstractSet[str]) -> None:
        """Root finds the service by itself, looks as its user, and leaves no file behind."""
        box = self._box
        state = ("find", "/var/lib/tvapp", "-name", "tiles*", "-prune", "-o", "-printf", "%p %u %m %s %T@ %C@\n")
        box.run("systemctl", "kill", "--signal=STOP", "--kill-who=main", "tvapp")
        before = box.run(*state)
        done = box.tries("tvapp", "doctor", "--json")
        after = box.run(*state)
        box.run("systemctl", "kill", "--signal=CONT", "--kill-who=main", "tvapp")
        report = json.loads(done.stdout)
        machine = (report["machine"]["user"], report["machine"]["data_dir"])
        self.check("doctor of root looks as the service", machine == ("tv", "/var/lib/tvapp"), machine)
        outcomes = {check["name"]: check["outcome"] for check in report["checks"]}
        passed = {name for name in wanted if outcomes.get(name) == "pass"}
        self.check("doctor of root finds what is there", passed == wanted, done.stdout)
        self.check("doctor of root changes nothing", before == after, f"{before}\n{after}")
        self.check("doctor of root makes no folder of its own", not (box.root / "root/.local").exists())

    def _endings(self) -> None:
        box = self._box
        for signal, meaning in (("KILL", "killed"), ("TERM", "closed with status 0, as by the remote")):
            former = self._tv.main_pid()
            box.run("systemctl", "kill", f"--signal={signal}", "--kill-who=main", "tvapp")
            if box.has_consoles:
                time.sleep(3)
                self.check(f"{meaning}, no login prompt comes to the front", console_in_front() == "tty7")
            self._within(40, f"{meaning}, it starts again", lambda: self._tv.was_started_again(former))  # noqa: B023 - called at once
        if not box.has_consoles:
            print("--   keys and login prompts: this machine has no virtual consoles that a container can use")
            return
        self.check("its console is in front", console_in_front() == "tty7", console_in_front())
        box.run("systemctl", "stop", "tvapp")
        self._within(5, "stopped, the login prompt is in front", _login_prompt_in_front)
        self.check("a login prompt is there", box.run("systemctl", "is-active", "getty@tty1") == "active")
        box.run("systemctl", "start", "tvapp")
        box.run("systemctl", "kill", "--signal=KILL", "--kill-who=main", "tvapp")
        self._within(5, "killed, it waits to be started again", lambda: self._tv.shows("SubState") == "auto-restart")
        box.run("systemctl", "stop", "tvapp")
        self._within(5, "stopped while it waits, the login prompt is in front", _login_prompt_in_front)
        box.run("systemctl", "start", "tvapp")
        self.check("started again, its console is in front", console_in_front() == "tty7", console_in_front())

    def _wayland(self) -> None:
        box, drop_ins = self._box, self._box.root / "etc/systemd/system/tvapp-cage.service.d"
        drop_ins.mkdir(parents=True)
        without_consoles = "" if box.has_consoles else WITHOUT_CONSOLES
        (drop_ins / "no-seat.conf").write_text(WITHOUT_A_SEAT + without_consoles, encoding="utf-8")
        box.run("systemctl", "daemon-reload")
        former = len(self._cage.log())
        box.tries("systemctl", "start", "tvapp-cage")
        log = self._cage.log()[former:]
        self.check("under Wayland it is ready", self._cage.has("active"), log[-2000:])
        self.check("and draws with SDL's Wayland driver", "driver=wayland" in log, log[-2000:])
        self.check("the service on the console has made way", not self._tv.has("active"))
        fed = "WatchdogTimestampMonotonic"
        first = self._cage.shows(fed)
        self._within(40, "its signs of life reach the watchdog", lambda: self._cage.shows(fed) != first)
        if box.has_consoles:
            self.check("its console is in front, not the login prompt", console_in_front() == "tty7")
        box.run("systemctl", "stop", "tvapp-cage")
        if box.has_consoles:
            self._within(5, "stopped under Wayland, the login prompt is in front", _login_prompt_in_front)
        shutil.rmtree(drop_ins)
        box.run("systemctl", "daemon-reload")
        box.run("systemctl", "start", "tvapp")

    def _display_manager(self) -> None:
        box, alias = self._box, self._box.root / "etc/systemd/system/display-manager.service"
        if not box.has_consoles:
            print("--   a display manager: the unit's conditions are off where there are no virtual consoles")
            return
        alias.symlink_to("/lib/systemd/system/lightdm.service")
        box.run("systemctl", "restart", "tvapp")
        status = box.tries("systemctl", "status", "--no-pager", "tvapp").stdout
        says = "ConditionPathIsSymbolicLink=!/etc/systemd/system/display-manager.service was not met" in status
        self.check(
            "beside a display manager it does not start, and says why", says and not self._tv.has("active"), status
        )
        alias.unlink()
        box.run("systemctl", "restart", "tvapp")

    def _change_version(self, package: Path, what: str, *flags: str) -> None:
        former = self._tv.main_pid()
        self._apt("install", *flags, f"/root/{package.name}")
        version = self._box.run("dpkg-query", "-W", "-f", "${Version}", "tvapp")
        self.check(f"{what} to {version}", version == field(package, "Version"), version)
        self.check(f"{what}: the service was started again", self._tv.was_started_again(former))
        self._data_is_kept(what)

    def _stays_disabled(self) -> None:
        self._box.run("systemctl", "disable", "--now", "tvapp")
        self._apt("install", f"/root/{self._variant(NEWER).name}")
        self.check(
            "a service that was switched off stays off in an upgrade",
            not self._tv.has("active") and not self._tv.has("enabled"),
        )
        self._box.run("systemctl", "enable", "--now", "tvapp")

    def _remove_and_purge(self, before: set[str]) -> None:
        box = self._box
        self._apt("remove", "tvapp")
        self.check("removed, it does not run", not self._tv.has("active"))
        self.check("removed, /usr/lib/tvapp is gone", not (box.root / "usr/lib/tvapp").exists())
        if box.has_consoles:
            self._within(5, "removed, the login prompt is in front", _login_prompt_in_front)
        self._data_is_kept("remove")
        self._apt("install", f"/root/{self._variant(NEWER).name}")
        self.check("installed again, it runs", self._tv.has("active"))
        self._data_is_kept("install again")
        self._apt("purge", "tvapp")
        for path in ("etc/tvapp", "var/lib/tvapp", "usr/lib/tvapp"):
            self.check(f"purged, /{path} is gone", not (box.root / path).exists())
        shutil.rmtree(box.root / "etc/systemd/system/tvapp.service.d")
        shutil.rmtree(box.root / "srv/geofences")
        left = [name for name in self._files() - before if "tvapp" in name]
        self.check("purged, no file of it is left", not left, left)

    def _data_is_kept(self, after: str) -> None:
        texts = {**KEPT, "/etc/tvapp/config.toml": CONFIG, "/etc/tvapp/credentials/maps-keys": SECRET}
        lost = [name for name, text in texts.items() if _read(self._box.root / name[1:]) != text]
        self.check(f"{after}: data and configuration are kept", not lost, lost)

    def _within(self, seconds: float, claim: str, holds: Callable[[], bool]) -> None:
        until = time.monotonic() + seconds
        while not (held := holds()) and time.monotonic() < until:
            time.sleep(0.5)
        self.check(claim, held, self._tv.log()[-600:] if not held else "")


def field(package: Path, name: str) -> str:
    """Return a field of a Debian package's control file."""
    command = ["dpkg-deb", "--field", str(package), name]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def _login_prompt_in_front() -> bool:
    return console_in_front() == "tty1"


def _or(paths: tuple[str, ...]) -> list[str]:
    return [word for path in paths for word in ("-o", "-path", path)]


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError:
        return ""


def main(suite: str, package: Path) -> int:
    """Try a package on a suite; returns the exit status."""
    with tempfile.TemporaryDirectory(prefix="tvapp-trial-") as folder:
        work, root = Path(folder), Path(folder) / "root"
        subprocess.run([str(HERE / "suite-root"), suite, "clean", str(root)], check=True)
        with Container(root) as box:
            trial = Trial(package, work, box)
            trial.whole()
    print(f"{trial.failed} checks failed" if trial.failed else "Everything is as it should be.")
    return 1 if trial.failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], Path(sys.argv[2])))
