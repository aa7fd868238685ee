"""The command behind `scripts/kiosk/try-fleet`: runs the Ansible role and the cloud-init example on a clean Debian.

Ansible runs in the container itself, with the connection "local". There is no screen: SDL draws on its dummy driver,
set by `tvapp_unit_settings`.
"""

from __future__ import annotations

import contextlib
import hashlib
import http.server
import json
import re
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path

from scripts.kiosk.container import Container

HERE = Path(__file__).parent
FLEET = HERE / "fleet"
EXAMPLE = FLEET / "cloud-init.example.yaml"
WITHOUT_A_SCREEN = ["Environment=SDL_VIDEODRIVER=dummy"]
WITHOUT_CONSOLES = ["TTYPath=", "StandardInput=null", "ExecStartPre=", "ExecStopPost="]
CONDITIONS = "[Unit]\nConditionPathExists=\n"
CONFIG: dict[str, dict[str, object]] = {
    "identity": {"token_key": {"credential": "token-key"}},
    "maps": {"auth": "shared-key", "subscription_keys": {"credential": "tvapp_maps-keys"}},
    "geofences": {"store": "folder", "path": "/srv/geofences", "kinds": {"depot": 'Lager "Süd" 🏭'}},
    "kiosk": {"dim_after_min": 0, "motion": False},
    "network": {"no_proxy": ["10.0.0.0/8", ".example.com"]},
}
SECRET = "not-a-real-key-of-maps"
CREDENTIALS = "/run/credentials/tvapp.service"


class FleetTrial:
    """One clean system; prints each check, and counts those that failed."""

    def __init__(self, box: Container) -> None:
        self._box = box
        self.failed = 0

    def check(self, claim: str, holds: bool, found: object = "") -> None:
        """Print whether a claim holds, and if not what was found instead."""
        print(f"{'ok  ' if holds else 'FAIL'} {claim}" + ("" if holds else f": {found}"), flush=True)
        self.failed += not holds

    # -- Ansible ----------------------------------------------------------------------------------------------------

    def ansible(self) -> None:
        """Run the role: at first, again, with a wrong value, with another secret, with a file less."""
        box = self._box
        box.run("apt-get", "update", "-qq")
        box.run("apt-get", "install", "-y", "-qq", "--no-install-recommends", "ansible-core", "python3-apt")
        box.run("mkdir", "-p", "/srv/geofences")
        settings: dict[str, object] = {
            "tvapp_package": "/root/fleet/tvapp.deb",
            "tvapp_config": CONFIG,
            "tvapp_conf_d": {"50-site": {"kiosk": {"units": "imperial"}}, "60-more": {"kiosk": {"language": "de"}}},
            "tvapp_conf_d_is_complete": True,
            "tvapp_secrets": {"maps-keys": SECRET},
            "tvapp_ca_bundle": "/etc/ssl/certs/ca-certificates.crt",
            "tvapp_encrypts_sign_in": True,
            "tvapp_log_max": "100M",
            "tvapp_unit_settings": WITHOUT_A_SCREEN + ([] if box.has_consoles else WITHOUT_CONSOLES),
        }
        first = self._play(settings)
        self.check("the role sets a clean TV up", first["failed"] == 0 and first["changed"] > 0, self._said[-3000:])
        self.check("tvapp runs", self._is_running(), box.tries("systemctl", "status", "tvapp").stdout)
        self.check("it starts with the TV", box.tries("systemctl", "is-enabled", "tvapp").stdout.strip() == "enabled")
        self._look_at_files()
        started = self._invocation()
        second = self._play(settings)
        self.check("the second run changes nothing", second["changed"] == 0 and second["failed"] == 0, second)
        self.check("and restarts nothing", self._invocation() == started)

        before = box.run("cat", "/etc/tvapp/config.toml")
        wrong = {**CONFIG, "kiosk": {"units": "furlongs"}}
        refused = self._play({**settings, "tvapp_config": wrong, "tvapp_conf_d": {}})
        self.check("a wrong value ends the run", refused["failed"] == 1, refused)
        self.check("with tvapp's own words", "kiosk.units" in self._said and "furlongs" in self._said, self._said)
        self.check("and leaves the TV as it is", box.run("cat", "/etc/tvapp/config.toml") == before)
        self.check("and running", self._invocation() == started and self._is_running())

        renewed = self._play({**settings, "tvapp_secrets": {"maps-keys": "another-key-of-maps"}})
        self.check("another secret is one change and a restart", renewed["changed"] == 2, renewed)
        self.check("and the service has it", "another-key" in box.run("cat", f"{CREDENTIALS}/tvapp_maps-keys"))
        fewer = self._play({**settings, "tvapp_conf_d": {}, "tvapp_secrets": {"maps-keys": "another-key-of-maps"}})
        self.check("files of conf.d that are no longer wanted go", fewer["failed"] == 0, fewer)
        self.check("all of them", box.run("ls", "/etc/tvapp/conf.d") == "", box.run("ls", "/etc/tvapp/conf.d"))
        self.check(
            "no secret was shown", SECRET not in self._everything_said and "another-key" not in self._everything_said
        )

    _said = _everything_said = ""

    def _play(self, settings: Mapping[str, object]) -> dict[str, int]:
        """Run the playbook; returns the figures of its recap."""
        folder = self._box.root / "root/fleet"
        inventory = {"tvs": {"hosts": {"tv-01": {"ansible_connection": "local"}}, "vars": dict(settings)}}
        (folder / "inventory.yml").write_text(json.dumps(inventory), encoding="utf-8")
        done = self._box.tries(
            "sh",
            "-c",
            "cd /root/fleet && ansible-playbook -v -i inventory.yml playbook.yml",
            environment=["HOME=/root"],
        )
        self._said = done.stdout + done.stderr
        self._everything_said += self._said
        figures = {name: int(number) for name, number in re.findall(r"(\w+)=(\d+)", done.stdout.rpartition("RECAP")[2])}
        if not figures or (done.returncode and not figures.get("failed")):
            raise SystemExit(f"ansible-playbook ended with {done.returncode}:\n{self._said[-4000:]}")
        return figures

    def _look_at_files(self) -> None:
        box = self._box
        checked = json.loads(box.run("tvapp", "config", "check", "--json"))
        self.check("tvapp accepts its configuration", checked["ok"], checked)
        keys = {each["key"]: each["value"] for each in checked["settings"]}
        self.check("all settings are there", keys.get("kiosk.units") == '"imperial"' and "Süd" in str(keys), keys)
        self.check("and emoji", "🏭" in box.run("cat", "/etc/tvapp/config.toml"))
        modes = {
            path: box.run("stat", "-c", "%a %U:%G", path)
            for path in ("/etc/tvapp/config.toml", "/etc/tvapp/conf.d/50-site.toml", "/etc/tvapp/credentials/maps-keys")
        }
        expected = ["640 root:tv", "640 root:tv", "600 root:root"]
        self.check("the files are private", list(modes.values()) == expected, modes)
        self.check("the service has the secret", box.run("cat", f"{CREDENTIALS}/tvapp_maps-keys") == SECRET)
        key = box.run("cat", f"{CREDENTIALS}/token-key")
        self.check("and a key for the sign-in", len(key) == 44, f"{len(key)} characters")
        sealed = box.run("cat", "/etc/credstore.encrypted/tvapp.token-key")
        self.check("which is encrypted on the disk", key not in sealed)
        self.check("nothing is left of the check", box.tries("test", "-e", "/etc/tvapp/.fleet").returncode != 0)
        logged = box.run("journalctl", "--unit=tvapp", "--output=cat", "--no-pager")
        self.check(
            "the log has the start, and no secret",
            "app.started" in logged and SECRET not in logged and key not in logged,
        )

    # -- cloud-init ---------------------------------------------------------------------------------------------------

    def cloud_init(self, package: Path) -> None:
        """Check the example against cloud-init's own schema, and let it set up a TV at its first start."""
        box = self._box
        box.run("apt-get", "update", "-qq")
        box.run("apt-get", "install", "-y", "-qq", "--no-install-recommends", "cloud-init")
        shutil.copyfile(EXAMPLE, box.root / "root/example.yaml")
        schema = box.tries("cloud-init", "schema", "--config-file", "/root/example.yaml")
        self.check("the example is valid for cloud-init", schema.returncode == 0, schema.stdout + schema.stderr)
        with serving(package.parent) as port:
            seed = box.root / "var/lib/cloud/seed/nocloud"
            seed.mkdir(parents=True, exist_ok=True)
            (seed / "meta-data").write_text("instance-id: tv-01\nlocal-hostname: tv-01\n")
            (seed / "user-data").write_text(_for_this_box(package, port), encoding="utf-8")
            drop_in = box.root / "etc/systemd/system/tvapp.service.d"
            drop_in.mkdir(parents=True, exist_ok=True)
            consoles = [] if box.has_consoles else WITHOUT_CONSOLES
            lines = "\n".join(["[Service]", *WITHOUT_A_SCREEN, *consoles])
            (drop_in / "trial.conf").write_text(f"{lines}\n{CONDITIONS if consoles else ''}")
            for stage in (["init", "--local"], ["init"], ["modules", "--mode=config"], ["modules", "--mode=final"]):
                box.tries("cloud-init", *stage)
        status = box.tries("cloud-init", "status", "--long").stdout
        said = box.tries("cat", "/var/log/cloud-init-output.log").stdout[-2000:]
        self.check("tvapp runs after the first start", self._is_running(), status + said)
        self.check("and starts with the TV", box.tries("systemctl", "is-enabled", "tvapp").stdout.strip() == "enabled")
        mode = box.tries("stat", "-c", "%a", "/etc/tvapp/credentials").stdout.strip()
        self.check("its secrets are private", mode == "700", mode)
        key = box.tries("cat", f"{CREDENTIALS}/token-key").stdout.strip()
        self.check("it has a key of its own", len(key) == 44, f"{len(key)} characters")

    # -- parts --------------------------------------------------------------------------------------------------------

    def _is_running(self) -> bool:
        return self._box.tries("systemctl", "is-active", "tvapp").stdout.strip() == "active"

    def _invocation(self) -> str:
        return self._box.run("systemctl", "show", "--property=InvocationID", "--value", "tvapp")


def _for_this_box(package: Path, port: int) -> str:
    """Return the example with the address and the checksum of a package, and without a proxy."""
    text = EXAMPLE.read_text(encoding="utf-8")
    text = text.replace("https://packages.example.com/tvapp.deb", f"http://127.0.0.1:{port}/{package.name}")
    text = text.replace("0" * 64, hashlib.sha256(package.read_bytes()).hexdigest())
    without_proxy = re.sub(r"      \[network\]\n(?:      \w.*\n)+", "", text)
    assert without_proxy != text
    return without_proxy


@contextlib.contextmanager
def serving(folder: Path) -> Iterator[int]:
    """Serve a folder over HTTP on a port of loopback, which is yielded."""
    handler = partial(http.server.SimpleHTTPRequestHandler, directory=str(folder))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield int(server.server_address[1])
    finally:
        server.shutdown()
        server.server_close()


def _root(suite: str, folder: Path) -> Path:
    root = folder / "root"
    subprocess.run([str(HERE / "suite-root"), suite, "clean", str(root)], check=True)
    return root


def main(suite: str, package: Path) -> int:
    """Try role and example on a suite; returns the exit status."""
    failed = 0
    with tempfile.TemporaryDirectory(prefix="tvapp-fleet-") as folder:
        root = _root(suite, Path(folder))
        shutil.copytree(FLEET, root / "root/fleet")
        shutil.copyfile(package, root / "root/fleet/tvapp.deb")
        with Container(root) as box:
            if not box.has_consoles:
                conditions = root / "etc/systemd/system/tvapp.service.d/no-console.conf"
                conditions.parent.mkdir(parents=True)
                conditions.write_text(CONDITIONS)
            trial = FleetTrial(box)
            trial.ansible()
            failed += trial.failed
    with (
        tempfile.TemporaryDirectory(prefix="tvapp-cloud-init-") as folder,
        Container(_root(suite, Path(folder))) as box,
    ):
        trial = FleetTrial(box)
        trial.cloud_init(package)
        failed += trial.failed
    print(f"{failed} checks failed" if failed else "Everything is as it should be.")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], Path(sys.argv[2])))
