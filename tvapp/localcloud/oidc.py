"""A plain OpenID provider with the device flow (RFC 8628) under /oidc, for `oidc_authority`.

It differs from Entra where the standards do: `verification_uri_complete`, no AADSTS numbers, no `client_info`,
one-time refresh tokens, any client id of the sample registration.
"""

from __future__ import annotations

from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tvapp.localcloud.cloud import Cloud
from tvapp.localcloud.grants import CodeTerms, RefreshToken
from tvapp.localcloud.people import CLIENT_ID, Person
from tvapp.localcloud.scopes import BadScope, Scopes, parse_scopes
from tvapp.localcloud.wire import form_values, wired

NO_STORE = {"Cache-Control": "no-store"}
DEVICE_CODE_GRANT = "urn:ietf:params:oauth:grant-type:device_code"


def routes(cloud: Cloud) -> list[Route]:
    """Return the endpoints under /oidc."""
    service = Oidc(cloud)
    return [
        Route("/oidc/.well-known/openid-configuration", wired(cloud, "discovery", "entra", service.discovery)),
        Route("/oidc/keys", wired(cloud, "discovery", "entra", service.keys)),
        Route("/oidc/device_authorization", wired(cloud, "devicecode", "entra", service.device), methods=["POST"]),
        Route("/oidc/token", wired(cloud, "token", "entra", service.token), methods=["POST"]),
    ]


class Oidc:
    """The endpoints of the provider."""

    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud

    @property
    def issuer(self) -> str:
        return f"{self.cloud.base_url}/oidc"

    async def discovery(self, request: Request, skew_s: float) -> Response:
        """Return the provider's configuration (OpenID Connect Discovery 1.0)."""
        return JSONResponse(
            {
                "issuer": self.issuer,
                "authorization_endpoint": f"{self.issuer}/authorize",
                "token_endpoint": f"{self.issuer}/token",
                "device_authorization_endpoint": f"{self.issuer}/device_authorization",
                "jwks_uri": f"{self.issuer}/keys",
                "response_types_supported": ["code"],
                "subject_types_supported": ["pairwise"],
                "id_token_signing_alg_values_supported": ["RS256"],
                "grant_types_supported": [DEVICE_CODE_GRANT, "refresh_token"],
                "scopes_supported": ["openid", "profile", "offline_access"],
            }
        )

    async def keys(self, request: Request, skew_s: float) -> Response:
        """Return the signing keys."""
        return JSONResponse(self.cloud.mint.public_keys())

    async def device(self, request: Request, skew_s: float) -> Response:
        """Hand out a device code (RFC 8628 3.2)."""
        form = await form_values(request)
        if form.get("client_id") != CLIENT_ID:
            return _error("invalid_client", 401)
        try:
            parse_scopes(form.get("scope", ""))
        except BadScope as error:
            return _error("invalid_scope", detail=error.detail)
        settings = self.cloud.settings
        grant = self.cloud.grants.create(
            "oidc",
            "oidc",
            CLIENT_ID,
            form.get("scope", "openid"),
            self.cloud.now(),
            CodeTerms(settings.code_lifetime_s, settings.interval_s, settings.user_code_length),
        )
        # This provider groups its codes; Entra does not.
        half = len(grant.user_code) // 2
        shown = f"{grant.user_code[:half]}-{grant.user_code[half:]}"
        uri = settings.verification_uri or self.cloud.page_url
        return JSONResponse(
            {
                "device_code": grant.device_code,
                "user_code": shown,
                "verification_uri": uri,
                "verification_uri_complete": f"{uri}?user_code={quote(shown)}",
                "expires_in": settings.code_lifetime_s,
                "interval": settings.interval_s,
            },
            headers=NO_STORE,
        )

    async def token(self, request: Request, skew_s: float) -> Response:
        """Answer polls and refreshes (RFC 8628 3.5, RFC 6749 6)."""
        form = await form_values(request)
        if form.get("client_id") != CLIENT_ID:
            return _error("invalid_client", 401)
        if form.get("grant_type") == DEVICE_CODE_GRANT:
            return self._poll(form.get("device_code", ""), skew_s)
        if form.get("grant_type") == "refresh_token":
            return self._refresh(form.get("refresh_token", ""), form.get("scope", ""), skew_s)
        return _error("unsupported_grant_type")

    def _poll(self, device_code: str, skew_s: float) -> Response:
        cloud = self.cloud
        answer, grant = cloud.grants.poll(
            device_code, CLIENT_ID, cloud.now(), enforce_interval=cloud.settings.enforce_interval
        )
        if answer == "unknown" or grant is None or grant.flavour != "oidc":
            return _error("invalid_grant")
        if answer == "approved":
            assert grant.person is not None
            scopes = parse_scopes(grant.scope)
            refresh = None
            if "offline_access" in scopes.openid and cloud.settings.issue_refresh_tokens:
                refresh = cloud.grants.issue_refresh_token(RefreshToken(grant.person, CLIENT_ID, "oidc", grant.scope))
            return self._tokens(grant.person, scopes, refresh, skew_s)
        errors = {"pending": "authorization_pending", "declined": "access_denied", "expired": "expired_token"}
        return _error(errors.get(answer, answer))

    def _refresh(self, secret: str, scope: str, skew_s: float) -> Response:
        token = self.cloud.grants.refresh_token(secret)
        if token is None or token.flavour != "oidc":
            return _error("invalid_grant")
        try:
            scopes = parse_scopes(scope or token.scope)
        except BadScope as error:
            return _error("invalid_scope", detail=error.detail)
        successor = self.cloud.grants.rotate(secret, token.scope)
        self.cloud.grants.revoke(secret)
        return self._tokens(token.person, scopes, successor, skew_s)

    def _tokens(self, person: Person, scopes: Scopes, refresh: str | None, skew_s: float) -> Response:
        wall = self.cloud.wall(skew_s)
        lifetime_s = self.cloud.settings.token_lifetime_s
        body: dict[str, object] = {
            "token_type": "Bearer",
            "scope": scopes.granted,
            "expires_in": lifetime_s,
            "access_token": self.cloud.mint.access_token(
                person, CLIENT_ID, scopes.audience, scopes.permissions, wall, lifetime_s
            ),
        }
        if refresh:
            body["refresh_token"] = refresh
        if "openid" in scopes.openid:
            body["id_token"] = self.cloud.mint.id_token(person, CLIENT_ID, self.issuer, wall)
        return JSONResponse(body, headers=NO_STORE)


def _error(error: str, status: int = 400, detail: str = "") -> Response:
    body = {"error": error, "error_description": detail} if detail else {"error": error}
    return JSONResponse(body, status, NO_STORE)
