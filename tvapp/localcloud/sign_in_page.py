"""The endpoints of the sign-in page: enter the code, choose a person, allow or decline."""

from __future__ import annotations

import secrets
from collections import OrderedDict
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from tvapp.localcloud import pages
from tvapp.localcloud.cloud import Cloud
from tvapp.localcloud.grants import Grant, normalised_code
from tvapp.localcloud.people import person_by_key
from tvapp.localcloud.wire import form_values, wired

VISIT_LIFETIME_S = 300.0
MOST_VISITS = 500
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


def routes(cloud: Cloud) -> list[Route]:
    """Return the page's endpoints, the only ones that other machines can reach."""
    page = SignInPage(cloud)
    return [
        Route("/", wired(cloud, "page", "page", page.home)),
        Route("/device", wired(cloud, "page", "page", page.ask_code), methods=["GET"]),
        Route("/device", wired(cloud, "page", "page", page.take_code), methods=["POST"]),
        Route("/device/decision", wired(cloud, "page", "page", page.decide), methods=["POST"]),
        Route("/device/decision", wired(cloud, "page", "page", page.home), methods=["GET"]),
    ]


class SignInPage:
    """Keeps the state of a visit on the server: the form carries an unguessable visit number only."""

    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud
        self._visits: OrderedDict[str, tuple[Grant, float]] = OrderedDict()

    async def home(self, request: Request, skew_s: float) -> Response:
        """Redirect to the page."""
        return RedirectResponse("/device", 303)

    async def ask_code(self, request: Request, skew_s: float) -> Response:
        """Show the form, filled in where the address carries the code (RFC 8628 3.3.1)."""
        return _html(pages.code_page(request.query_params.get("user_code", "")))

    async def take_code(self, request: Request, skew_s: float) -> Response:
        """Look the typed code up."""
        if _is_from_elsewhere(request):
            return _html(pages.code_page(problem=pages.STALE), 403)
        cloud, now = self.cloud, self.cloud.now()
        form = await form_values(request)
        typed = form.get("user_code", "")
        if not normalised_code(typed):
            return _html(pages.code_page(problem=pages.EMPTY), 400)
        address = request.client.host if request.client else ""
        if cloud.settings.sign_in_throttle and (wait_s := cloud.throttle.wait_s(address, now)):
            response = _html(pages.code_page(typed, pages.TOO_MANY), 429)
            response.headers["Retry-After"] = str(int(wait_s) + 1)
            return response
        grant = cloud.grants.find(typed)
        if grant is None:
            cloud.throttle.wrong(address, now)
            return _html(pages.code_page(typed, pages.WRONG), 400)
        if problem := _problem(grant, now):
            return _html(pages.code_page("", problem), 400)
        visit = secrets.token_urlsafe(24)
        self._visits[visit] = (grant, now + VISIT_LIFETIME_S)
        while len(self._visits) > MOST_VISITS:
            self._visits.popitem(last=False)
        return _html(pages.person_page(grant, visit, cloud.tenant))

    async def decide(self, request: Request, skew_s: float) -> Response:
        """Allow or decline."""
        form = await form_values(request)
        now = self.cloud.now()
        visit = form.get("visit", "")
        grant, until = self._visits.get(visit, (None, 0.0))
        if grant is None or now >= until or _is_from_elsewhere(request):
            return _html(pages.code_page(problem=pages.STALE), 403)
        if problem := _problem(grant, now):
            return _html(pages.code_page("", problem), 400)
        decision = form.get("decision")
        if decision == "decline":
            del self._visits[visit]
            grant.state = "declined"
            return _html(pages.declined_page())
        person = person_by_key(form.get("person", ""))
        if person is None or decision != "allow":
            return _html(pages.person_page(grant, visit, self.cloud.tenant, "Choose an account first."), 400)
        del self._visits[visit]
        self.cloud.grants.approve(grant, person)
        return _html(pages.allowed_page(person))


def _problem(grant: Grant, now: float) -> str:
    if grant.state != "pending":
        return pages.USED
    return pages.EXPIRED if grant.is_expired(now) else ""


def _is_from_elsewhere(request: Request) -> bool:
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        return True
    origin = request.headers.get("origin", "")
    if not origin or origin == "null":
        return origin == "null"
    return urlsplit(origin).netloc != request.headers.get("host", "")


def _html(text: str, status: int = 200) -> Response:
    return HTMLResponse(text, status, HEADERS)
