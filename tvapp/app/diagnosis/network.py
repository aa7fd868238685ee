"""Checks of the network: the link, every host that the settings name, and the clock by what those hosts say."""

from __future__ import annotations

import asyncio
import math
import socket
import ssl
from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

from cryptography import x509

from tvapp.app.diagnosis.subject import Online, Subject, failure_of
from tvapp.app.diagnosis.verdicts import Check
from tvapp.auth import provider
from tvapp.config.model import Config
from tvapp.core.connection_steps import failure_of as failed_step
from tvapp.core.connection_steps import link_failure
from tvapp.core.diagnosis import Finding
from tvapp.core.errors import NetworkError, ServiceError, TlsFailed, TvappError, UnexpectedReply
from tvapp.core.headers import Headers, parse_http_date
from tvapp.core.jobs import Jobs
from tvapp.core.proxies import BadProxy, Proxy
from tvapp.core.urls import host_of, is_loopback
from tvapp.host.links import read_links
from tvapp.net.request import Request
from tvapp.net.trust import UNREADABLE
from tvapp.ui.settings import UiSettings
from tvapp.ui.words.connection import failure_advice, failure_title

LOOK_WITHIN_S = 5.0
"""For the certificate of a host that is not trusted."""

FAULTS: Mapping[str, str] = {
    "name-unknown": "dns",
    "no-name-server": "dns",
    "untrusted": "tls-interception",
    "other-host": "captive-portal",
    "expired": "certificate-expired",
    "clock-wrong": "clock-wrong",
    "tls": "tls",
}
"""By the reason of a failed step (`core.connection_steps`): the fault, where it has another name here."""

BLOCKED = frozenset({"timeout", "refused", "broken", "unreachable", "no-route"})
"""Reasons that mean that this host is kept from the TV, where others answer."""


def urls_of(config: Config) -> Mapping[str, str]:
    """Return an address on every host that the settings name, by host and port."""
    named = [config.maps.endpoint]
    match config.geofences.store:
        case "url":
            named += config.geofences.urls
        case "blob":
            named.append(config.geofences.container_url)
    if config.needs_sign_in:
        named.insert(0, provider.authority(config.identity))
    return {urlsplit(url).netloc.rpartition("@")[2]: url for url in named if url}


def check_of(url: str) -> str:
    """Return the id of the check of a host."""
    return f"network:{urlsplit(url).netloc.rpartition('@')[2]}"


def link(subject: Subject) -> list[Finding]:
    """Look at the cable or Wi-Fi, and at the address that the network gave."""
    check = subject.check("link", "/sys/class/net")
    if all(is_loopback(host_of(url)) for url in urls_of(subject.loaded.config).values()):
        return [check.passed("link.local")]
    state = read_links()
    if (failure := link_failure(state)) is not None:
        settings = UiSettings(language=subject.language)
        title, advice = failure_title(failure, settings), failure_advice(failure, settings)
        detail = f" ({failure.detail})" if failure.detail else ""
        return [check.said("fail", f"link-{failure.reason}", title + detail, advice)]
    names = ", ".join(each.name for each in state.interfaces if each.has_carrier and each.has_address)
    return [check.passed("link", names=names)]


async def hosts(subject: Subject, online: Online) -> list[Finding]:
    """Reach every host without credentials. A host that alone does not answer is blocked."""
    urls = urls_of(subject.loaded.config)
    failures = await asyncio.gather(*(_reach(subject, online, host) for host in urls))
    has_answers = any(failure is None or isinstance(failure, ServiceError) for failure in failures)
    return [
        await _judge(subject, host, url, failure, has_answers)
        for (host, url), failure in zip(urls.items(), failures, strict=True)
    ]


async def _reach(subject: Subject, online: Online, host: str) -> TvappError | None:
    async def ask() -> None:
        request = Request("HEAD", f"https://{host}/", Headers({"accept": "*/*"}), is_probe=True)
        # Twice: one answer alone counts no more than our own clock.
        for _ in range(2):
            response = await online.http.send(request)
        if (date := parse_http_date(response.headers.get("date", ""))) is not None:
            subject.notes.differences_s.append(date - subject.surroundings.clock.wall())

    return await failure_of(ask)


async def _judge(subject: Subject, host: str, url: str, failure: TvappError | None, has_answers: bool) -> Finding:
    check = subject.check("network", f"https://{host}/", host)
    if isinstance(failure, UnexpectedReply) and failure.code == "html":
        return check.error("captive-portal", failure, host=host)
    way = _proxy(subject, url)
    if isinstance(way, BadProxy) and failure is None:
        return check.warned("proxy-unusable", reason=str(way), host=host)
    proxy = way.host if isinstance(way, Proxy) else ""
    if failure is None or isinstance(failure, ServiceError):
        return check.passed("network.proxy" if proxy else "network", host=host, proxy=proxy)
    if not isinstance(failure, NetworkError):
        return check.error("unreachable", failure, host=host)
    step = failed_step(failure)
    if isinstance(failure, TlsFailed) and failure.reason.startswith(UNREADABLE):
        return check.error("ca-bundle", failure, host=host)
    if step.reason in ("proxy", "proxy-login", "proxy-refuses"):
        return check.failed(step.reason, host=host, proxy=proxy, reason=failure.reason)
    if step.reason == "untrusted":
        return await _intercepted(check, subject.surroundings.jobs, host, proxy)
    if step.reason in BLOCKED and has_answers:
        return check.failed("host-blocked", host=host, reason=_title(subject, failure))
    if step.reason in FAULTS:
        return check.failed(FAULTS[step.reason], host=host, reason=_title(subject, failure))
    advice = failure_advice(step, UiSettings(language=subject.language))
    return check.said("fail", "unreachable", _title(subject, failure), advice)


def _title(subject: Subject, failure: NetworkError) -> str:
    title = failure_title(failed_step(failure), UiSettings(language=subject.language))
    return f"{title} ({failure.reason})" if failure.reason else title


def _proxy(subject: Subject, url: str) -> Proxy | BadProxy | None:
    """Return the proxy on the way to a host, or what is wrong with that of the environment."""
    try:
        return subject.loaded.config.outbound.rules_in(subject.environ).proxy_for(url)
    except BadProxy as error:
        return error


async def _intercepted(check: Check, jobs: Jobs, host: str, proxy: str) -> Finding:
    issuer = "" if proxy else await jobs.in_worker(lambda: issuer_of(host))
    if issuer:
        return check.failed("tls-interception", host=host, issuer=issuer)
    return check.failed("tls-untrusted", host=host)


def issuer_of(netloc: str) -> str:
    """Return who issued the certificate that a host shows, in the certificate's words; "" if that cannot be told.

    The connection is made for this alone: nothing is sent through it, since nobody vouches for the other side.
    """
    parts = urlsplit(f"https://{netloc}")
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    try:
        with (
            socket.create_connection((parts.hostname or "", parts.port or 443), LOOK_WITHIN_S) as plain,
            context.wrap_socket(plain, server_hostname=parts.hostname) as secure,
        ):
            data = secure.getpeercert(binary_form=True) or b""
        issuer = x509.load_der_x509_certificate(data).issuer.rfc4514_string()
    except (OSError, ValueError):
        return ""
    return "".join(letter for letter in issuer[:120] if letter.isprintable())


async def clock(subject: Subject, online: Online) -> Sequence[Finding]:
    """Judge our clock by all hosts that answered, as the app does."""
    check = subject.check("clock", "the time that the hosts tell")
    skew_s = online.skew.skew_s
    if skew_s is not None:
        minutes = f"{abs(skew_s) / 60:.0f} min " if math.isfinite(skew_s) else ""
        direction = "behind" if skew_s > 0 else "ahead"
        return [check.failed("clock-wrong", reason=f"the clock of this machine is {minutes}{direction}", host="")]
    differences = subject.notes.differences_s
    if not differences:
        return [check.skipped(subject.findings.blocker("network") or "network")]
    return [check.passed("clock", seconds=f"{min(map(abs, differences)):.0f}")]
