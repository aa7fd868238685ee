"""`tvapp doctor`: checks configuration, display, network, clock, sign-in, maps and store, and names remedies."""

from __future__ import annotations

import argparse
import asyncio
import json
import math
import os
import sys
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal
from urllib.parse import urlsplit

from tvapp.commands.console import default_data_dir
from tvapp.config.load import ConfigErrors, load
from tvapp.config.model import Config
from tvapp.core.clock import SystemClock
from tvapp.core.data_folder import DataFolder
from tvapp.core.disk import DiskHealth
from tvapp.core.errors import (
    DataError,
    Forbidden,
    NetworkError,
    NotFound,
    ServiceError,
    StorageError,
    TlsFailed,
    TvappError,
    Unauthorized,
)
from tvapp.core.exit_status import EXIT_FAILED, EXIT_OK
from tvapp.core.jobs import Inbox, Jobs
from tvapp.core.log import RecordingLog
from tvapp.core.surroundings import Surroundings
from tvapp.net.urls import host_of, is_loopback
from tvapp.tiles.ports import TileRequest
from tvapp.tiles.tile import TileId
from tvapp.ui.settings import UiSettings
from tvapp.ui.words.connection import failure_advice, failure_title
from tvapp.ui.words.lookup import error_words, problem_words

if TYPE_CHECKING:
    from tvapp.app.backend import Backend
    from tvapp.auth.service import SignIn
    from tvapp.core.connection_steps import Failure
    from tvapp.net.skew import SkewMonitor

Outcome = Literal["pass", "fail", "skip"]
CHECK_WITHIN_S = 30.0


@dataclass(frozen=True, slots=True)
class Check:
    """The result of one check; `remedy` says what to do and is empty for a pass."""

    name: str
    outcome: Outcome
    found: str
    remedy: str = ""


def run_doctor(options: argparse.Namespace) -> int:
    """Check everything and print the findings; returns the exit status."""
    checks = list(_all(options))
    failed = sum(check.outcome == "fail" for check in checks)
    if options.json:
        report = {"ok": not failed, "checks": [asdict(check) for check in checks]}
        sys.stdout.write(json.dumps(report, indent=2) + "\n")
    else:
        for check in checks:
            sys.stdout.write(f"{_MARKS[check.outcome]} {check.name:<9} {check.found}\n")
            if check.remedy:
                sys.stdout.write(f"            -> {check.remedy}\n")
        sys.stdout.write("Everything is fine.\n" if not failed else f"{failed} of {len(checks)} checks failed.\n")
    return EXIT_FAILED if failed else EXIT_OK


_MARKS: dict[Outcome, str] = {"pass": "ok  ", "fail": "FAIL", "skip": "--  "}


def _all(options: argparse.Namespace) -> list[Check]:
    data_dir: Path = options.data_dir or default_data_dir()
    try:
        config = load(options.config, os.environ)
    except ConfigErrors as errors:
        wrong = [
            Check("config", "fail", f"{error.source}: {error.key} is {error.found}", f"allowed: {error.allowed}")
            for error in errors.errors
        ]
        rest = "the configuration has to be right first"
        skipped = [Check(name, "skip", rest) for name in ("link", "network", "clock", "sign-in", "maps", "store")]
        return [*wrong, _data_dir(data_dir), _display(errors.usable), *skipped]
    source = str(config.source) if config.source else "environment variables"
    return [Check("config", "pass", source), _data_dir(data_dir), _display(config), *_online(config, data_dir)]


def _data_dir(data_dir: Path) -> Check:
    from tvapp.core.files import make_private_dir, remove, write_atomic

    probe = data_dir / ".doctor"
    try:
        make_private_dir(data_dir)
        write_atomic(probe, b"")
        remove(probe)
    except StorageError as error:
        return Check("data-dir", "fail", str(error), "name a folder that can be written: --data-dir")
    return Check("data-dir", "pass", str(data_dir))


def _display(config: Config, environ: Mapping[str, str] = os.environ) -> Check:
    import tvapp.display.sdl  # noqa: F401  (loads SDL, which tells what it was built with)
    from tvapp.display.driver import expected_driver
    from tvapp.display.hardware import display_availability, unreadable_inputs
    from tvapp.display.libraries import missing_for

    driver = expected_driver(environ)
    seen = display_availability(environ, lacks=missing_for)
    if seen.outlook == "never" and seen.reason:
        found, _, remedy = seen.reason.partition(": ")
        return Check("display", "fail", found, remedy or "connect a screen, or set DISPLAY")
    if driver == "kmsdrm":
        if closed := unreadable_inputs(config.remote.devices):
            found, _, remedy = closed.rpartition(": ")
            return Check("display", "fail", found, remedy)
        if seen.outlook == "wait":
            return Check("display", "fail", seen.reason, "switch the screen on, and look at its cable")
        return Check("display", "pass", "the console's screen (KMS/DRM)")
    if environ.get("SDL_VIDEODRIVER"):
        return Check("display", "pass", f"SDL_VIDEODRIVER is {driver}")
    return Check("display", "pass", environ.get("WAYLAND_DISPLAY") or environ.get("DISPLAY", ""))


def _online(config: Config, data_dir: Path) -> list[Check]:
    from tvapp.app.backend import build_backend
    from tvapp.auth.service import build_sign_in
    from tvapp.net.lazy_chain import LazyChain
    from tvapp.net.skew import SkewMonitor

    clock, log = SystemClock(), RecordingLog()
    jobs = Jobs(Inbox(), log)
    surroundings = Surroundings(
        jobs, clock, log, DiskHealth(log), lambda: 0.5, DataFolder(data_dir), since_start=lambda: 0.0
    )
    skew = SkewMonitor(clock, log, jobs.inbox.post)
    network = LazyChain(jobs, clock, log, outbound=config.outbound, random=surroundings.random, skew=skew)
    try:
        sign_in: SignIn | None = None
        if config.needs_sign_in:
            sign_in = build_sign_in(config, surroundings, network, skew)
        tokens = sign_in.tokens if sign_in is not None else None
        backend = build_backend(config, surroundings, tokens, network.get(), 1.0)
        visit = _Visit(config, surroundings, sign_in, backend, skew)
        checks = [visit.link(), *visit.network(), visit.clock(), visit.sign_in(), visit.maps(), visit.store()]
        backend.close()
        return checks
    finally:
        network.close()
        jobs.stop()


class _Visit:
    """The checks that need the network, in order; one that depends on an earlier one that failed is skipped."""

    def __init__(
        self, config: Config, surroundings: Surroundings, sign_in: SignIn | None, backend: Backend, skew: SkewMonitor
    ) -> None:
        self._config = config
        self._clock = surroundings.clock
        self._jobs = surroundings.jobs
        self._sign_in = sign_in
        self._backend = backend
        self._skew = skew
        self._differences_s: list[float] = []
        """How far each host's clock was ahead of ours."""
        self._signed_in = sign_in is None

    def link(self) -> Check:
        """Look at the cable or Wi-Fi, and at the address that the network gave."""
        from tvapp.core.connection_steps import link_failure
        from tvapp.host.links import read_links

        if all(is_loopback(host_of(url)) for url in self._urls()):
            return Check("link", "pass", "not needed: every host is this machine itself")
        link = read_links()
        if (failure := link_failure(link)) is not None:
            return _step_check("link", failure, failure.detail)
        names = ", ".join(each.name for each in link.interfaces if each.has_carrier and each.has_address)
        return Check("link", "pass", f"{names} is connected and has an address")

    def network(self) -> list[Check]:
        """Reach every host that the configuration names, without credentials."""
        hosts = {urlsplit(url).netloc: url for url in self._urls()}
        return [self._reach(host, url) for host, url in hosts.items()]

    def clock(self) -> Check:
        """Judge our clock by all hosts that answered, as the app does."""
        skew_s = self._skew.skew_s
        if skew_s is not None:
            by = f"{abs(skew_s) / 60:.0f} min " if math.isfinite(skew_s) else ""
            found = f"the clock of this machine is {by}{'behind' if skew_s > 0 else 'ahead'}"
            return Check("clock", "fail", found, "switch on time synchronisation: timedatectl set-ntp true")
        if not self._differences_s:
            return Check("clock", "skip", "nobody answered who could tell the time")
        return Check("clock", "pass", f"right to within {min(map(abs, self._differences_s)):.0f} s")

    def sign_in(self) -> Check:
        """Renew the account's token, or without an account request a code."""
        if self._sign_in is None:
            return Check("sign-in", "pass", "not needed: a subscription key opens the map")
        from tvapp.auth import provider

        gateway = self._sign_in.gateway
        scope = " ".join(provider.first_resource(self._config.identity.scopes))
        account = gateway.load_account()
        if account is not None:
            tokens = self._sign_in.tokens
            tokens.use_account(account.home_id)
            failure = self._try(lambda: tokens.get(scope))
            if failure is None:
                self._signed_in = True
                return Check("sign-in", "pass", f"signed in as {account.shortened}")
            return Check("sign-in", "fail", str(failure), error_words(failure, "advice"))
        from tvapp.auth.messages import CodeRefused

        answer = gateway.request_code(1)
        if isinstance(answer, CodeRefused):
            problem = answer.problem
            ids = f" (AADSTS{problem.aadsts}, {problem.correlation_id})" if problem.aadsts else ""
            found = problem_words(problem.kind, "title") + ids
            return Check("sign-in", "fail", found, problem_words(problem.kind, "admin"))
        gateway.drop(1)
        return Check("sign-in", "pass", f"nobody is signed in; codes can be had at {answer.verification_uri}")

    def maps(self) -> Check:
        """Fetch the tile of the whole world."""
        if not self._signed_in:
            return Check("maps", "skip", "somebody has to sign in first: tvapp run")
        maps, config = self._backend.maps, self._config
        style = config.maps.style if config.maps.style != "microsoft.imagery" else "microsoft.base.road"
        language, view = config.kiosk.language, config.maps.view
        failure = self._try(lambda: maps.tile(TileRequest(TileId(style, 0, 0, 0), language, view)))
        if failure is None:
            return Check("maps", "pass", f"{config.maps.endpoint} gives tiles of {style}")
        return Check("maps", "fail", str(failure), error_words(failure, "advice"))

    def store(self) -> Check:
        """Read the geofences."""
        name = self._config.geofences.store
        if self._backend.fences is None:
            return Check("store", "fail", f"{name or 'no store'} is set", "set [geofences] store")
        if name not in ("folder", "url") and not self._signed_in:
            return Check("store", "skip", "somebody has to sign in first: tvapp run")
        store = self._backend.fences.store
        counts: list[tuple[int, int]] = []

        async def read() -> None:
            loaded = await store.load()
            counts.append((len(loaded.fences), len(loaded.skipped)))

        failure = self._try(read)
        if failure is not None:
            return Check("store", "fail", f"{name}: {failure}", _store_remedy(name, failure))
        ((count, skipped),) = counts
        return Check("store", "pass", f"{name}: {count} geofences" + (f", {skipped} skipped" if skipped else ""))

    def _urls(self) -> list[str]:
        from tvapp.auth import provider

        urls = [self._config.maps.endpoint, *self._config.geofences.urls, self._config.geofences.container_url]
        if self._sign_in is not None:
            urls.insert(0, provider.authority(self._config.identity))
        return [url for url in urls if url]

    def _reach(self, host: str, url: str) -> Check:
        from tvapp.core.headers import Headers, parse_http_date
        from tvapp.net.request import Request

        async def ask() -> None:
            request = Request("HEAD", f"https://{host}/", Headers({"accept": "*/*"}), is_probe=True)
            # Twice: one answer alone counts no more than our own clock.
            for _ in range(2):
                response = await self._backend.http.send(request)
            if (date := parse_http_date(response.headers.get("date", ""))) is not None:
                self._differences_s.append(date - self._clock.wall())

        failure = self._try(ask)
        if isinstance(failure, NetworkError):
            from tvapp.core.connection_steps import failure_of

            check = _step_check("network", failure_of(failure), str(failure))
            if isinstance(failure, TlsFailed):
                return replace(check, remedy="give the certificate authority as [network] ca_bundle, or set the clock")
            return check
        if failure is not None and not isinstance(failure, ServiceError):
            return Check("network", "fail", str(failure), error_words(failure, "advice"))
        return Check("network", "pass", f"{host} answers")

    def _try(self, work: Callable[[], Coroutine[object, object, object]]) -> TvappError | None:
        """Run a coroutine on the io thread; returns the TvappError that it raised, or None."""

        async def bounded() -> TvappError | None:
            try:
                await asyncio.wait_for(work(), CHECK_WITHIN_S)
            except TvappError as error:
                return error
            except TimeoutError:
                from tvapp.core.errors import TimedOut

                return TimedOut("", f"no answer within {CHECK_WITHIN_S:.0f} s")
            return None

        return asyncio.run_coroutine_threadsafe(bounded(), self._jobs.io_loop()).result()


def _step_check(name: str, failure: Failure, detail: str) -> Check:
    """Return a failed step of the connection in the words of the screens."""
    settings = UiSettings()
    found = failure_title(failure, settings)
    return Check(name, "fail", f"{found} ({detail})" if detail else found, failure_advice(failure, settings))


def _store_remedy(store: str, failure: TvappError) -> str:
    from tvapp.auth.problems import Refused

    if isinstance(failure, Refused):
        return problem_words(failure.problem.kind, "admin")
    if store == "blob":
        match failure:
            case Unauthorized():
                return "the storage account has to be in the tenant of the sign-in"
            case Forbidden():
                return "give the role Storage Blob Data Reader at the container, and let this network pass its firewall"
            case NotFound() | DataError():
                return "check [geofences] container_url: https://ACCOUNT.blob.core.windows.net/CONTAINER"
    if store == "url" and isinstance(failure, ServiceError | DataError):
        return "check [geofences] urls: each has to answer with GeoJSON, without a sign-in or a redirect"
    return error_words(failure, "advice")
