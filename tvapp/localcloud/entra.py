"""Entra ID: discovery, instance discovery, device authorization and token endpoints of one tenant."""

from __future__ import annotations

import uuid
from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tvapp.localcloud.aadsts import error_response
from tvapp.localcloud.cae import CAPABILITY, asked_claims
from tvapp.localcloud.cloud import Cloud
from tvapp.localcloud.grants import CodeTerms, RefreshToken
from tvapp.localcloud.people import CLIENT_NAMES, CONFIDENTIAL_CLIENT_ID, TENANT_DOMAIN, TENANT_ID, Person
from tvapp.localcloud.scopes import BadScope, Scopes, parse_scopes
from tvapp.localcloud.tokens import client_info
from tvapp.localcloud.wire import form_values, wired

DEVICE_CODE_GRANTS = ("urn:ietf:params:oauth:grant-type:device_code", "device_code")
NO_STORE = {"Cache-Control": "no-store", "Pragma": "no-cache"}
SHARED_TENANTS = ("common", "organizations", "consumers")


def routes(cloud: Cloud) -> list[Route]:
    """Return the endpoints that stand for login.microsoftonline.com."""
    service = Entra(cloud)
    return [
        Route(
            "/common/discovery/instance",
            wired(cloud, "instance", "entra", service.instance_discovery),
        ),
        Route(
            "/{tenant}/v2.0/.well-known/openid-configuration",
            wired(cloud, "discovery", "entra", service.discovery),
        ),
        Route("/{tenant}/discovery/v2.0/keys", wired(cloud, "discovery", "entra", service.keys)),
        Route(
            "/{tenant}/oauth2/v2.0/devicecode",
            wired(cloud, "devicecode", "entra", service.device_code),
            methods=["POST"],
        ),
        Route("/{tenant}/oauth2/v2.0/token", wired(cloud, "token", "entra", service.token), methods=["POST"]),
    ]


class Entra:
    """The endpoints. Methods take the request and the skew of the token times."""

    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud

    async def instance_discovery(self, request: Request, skew_s: float) -> Response:
        """Tell whether an authority's host is a known one (azure-facts 1.3)."""
        host = self.cloud.base_url.removeprefix("https://")
        asked = request.query_params.get("authorization_endpoint", "")
        if not asked.startswith(f"https://{host}/"):
            body = {"error": "invalid_instance", "error_description": "AADSTS50049: Unknown or invalid instance."}
            return JSONResponse(body, 400)
        return JSONResponse(
            {
                "tenant_discovery_endpoint": f"{self.cloud.authority}/v2.0/.well-known/openid-configuration",
                "api-version": request.query_params.get("api-version", "1.1"),
                "metadata": [{"preferred_network": host, "preferred_cache": host, "aliases": [host]}],
            }
        )

    async def discovery(self, request: Request, skew_s: float) -> Response:
        """Return the OpenID configuration of a tenant."""
        tenant = request.path_params["tenant"]
        if not _is_known(tenant):
            return self._error(request, 90002, f"Tenant '{tenant[:80]}' not found.")
        # The client may reach this service through a tunnel: answer with the address that it used.
        host = request.headers.get("host")
        base = f"{f'https://{host}' if host else self.cloud.base_url}/{tenant}"
        issuer_tenant = "{tenantid}" if tenant in SHARED_TENANTS else TENANT_ID
        return JSONResponse(
            {
                "token_endpoint": f"{base}/oauth2/v2.0/token",
                "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt"],
                "jwks_uri": f"{base}/discovery/v2.0/keys",
                "response_modes_supported": ["query", "fragment", "form_post"],
                "subject_types_supported": ["pairwise"],
                "id_token_signing_alg_values_supported": ["RS256"],
                "response_types_supported": ["code", "id_token", "code id_token", "id_token token"],
                "scopes_supported": ["openid", "profile", "email", "offline_access"],
                "issuer": f"{self.cloud.base_url}/{issuer_tenant}/v2.0",
                "request_uri_parameter_supported": False,
                "userinfo_endpoint": "https://graph.microsoft.com/oidc/userinfo",
                "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
                "device_authorization_endpoint": f"{base}/oauth2/v2.0/devicecode",
                "end_session_endpoint": f"{base}/oauth2/v2.0/logout",
                "claims_supported": ["sub", "iss", "aud", "exp", "iat", "name", "oid", "preferred_username", "tid"],
                "cloud_instance_name": "microsoftonline.com",
                "tenant_region_scope": "EU",
            }
        )

    async def keys(self, request: Request, skew_s: float) -> Response:
        """Return the signing keys."""
        return JSONResponse(self.cloud.mint.public_keys())

    async def device_code(self, request: Request, skew_s: float) -> Response:
        """Step A: hand out a device code and a user code."""
        form = await form_values(request)
        tenant = request.path_params["tenant"]
        if refusal := self._refuse_client(request, tenant, form):
            return refusal
        try:
            parse_scopes(form.get("scope", ""))
        except BadScope as error:
            return self._error(request, error.aadsts, error.detail)
        if not form.get("scope", "").strip():
            return self._error(request, 900144, "The missing parameter is 'scope'.")
        settings = self.cloud.settings
        grant = self.cloud.grants.create(
            "entra",
            tenant,
            form["client_id"],
            form["scope"],
            self.cloud.now(),
            CodeTerms(settings.code_lifetime_s, settings.interval_s, settings.user_code_length),
        )
        grant.met = asked_claims(form.get("claims", "")).not_before
        uri = settings.verification_uri or self.cloud.page_url
        return JSONResponse(
            {
                "user_code": grant.user_code,
                "device_code": grant.device_code,
                "verification_uri": uri,
                "expires_in": settings.code_lifetime_s,
                "interval": settings.interval_s,
                "message": f"To sign in, use a web browser to open the page {uri} and enter the code "
                f"{grant.user_code} to authenticate.",
            },
            headers=NO_STORE,
        )

    async def token(self, request: Request, skew_s: float) -> Response:
        """Step B (polling), and refreshing."""
        form = await form_values(request)
        if refusal := self._refuse_client(request, request.path_params["tenant"], form):
            return refusal
        grant_type = form.get("grant_type", "")
        if grant_type in DEVICE_CODE_GRANTS:
            return self._poll(request, form, skew_s)
        if grant_type == "refresh_token":
            return self._refresh(request, form, skew_s)
        if not grant_type:
            return self._error(request, 900144, "The missing parameter is 'grant_type'.")
        return self._error(request, 70003)

    def _poll(self, request: Request, form: Mapping[str, str], skew_s: float) -> Response:
        cloud = self.cloud
        answer, grant = cloud.grants.poll(
            form.get("device_code", ""),
            form["client_id"],
            cloud.now(),
            enforce_interval=cloud.settings.enforce_interval,
        )
        if answer == "unknown" or grant is None or grant.flavour != "entra":
            return self._error(request, 70018)
        if answer == "pending":
            return self._error(request, 70016)
        if answer == "slow_down":
            return self._error(request, None, error="slow_down")
        if answer == "declined":
            return self._error(request, None, error="authorization_declined")
        if answer == "expired":
            return self._error(request, 70019)
        if form["client_id"] == CONFIDENTIAL_CLIENT_ID:
            return self._error(request, 7000218)
        assert grant.person is not None
        scopes = parse_scopes(grant.scope)
        refresh = None
        if "offline_access" in scopes.openid and cloud.settings.issue_refresh_tokens:
            refresh = cloud.grants.issue_refresh_token(
                RefreshToken(grant.person, grant.client_id, "entra", grant.scope, met=grant.met)
            )
        return self._tokens(grant.person, scopes, form, refresh, skew_s, grant.met)

    def _refresh(self, request: Request, form: Mapping[str, str], skew_s: float) -> Response:
        cloud = self.cloud
        secret = form.get("refresh_token", "")
        token = cloud.grants.refresh_token(secret)
        if token is None or token.flavour != "entra" or token.client_id != form["client_id"]:
            return self._error(request, 50173)
        try:
            scopes = parse_scopes(form.get("scope") or token.scope)
        except BadScope as error:
            return self._error(request, error.aadsts, error.detail)
        if not self._is_consented(token.person, token.client_id, scopes):
            return self._error(request, 65001)
        asked = asked_claims(form.get("claims", ""))
        if cloud.challenges.refuses_refresh(asked, token.met):
            return self._error(request, 50076)
        # Entra keeps answering with a refresh token, and does not revoke the former (azure-facts 1.8).
        successor = cloud.grants.rotate(secret, token.scope, asked.not_before)
        return self._tokens(token.person, scopes, form, successor, skew_s, asked.not_before or token.met)

    def _tokens(
        self, person: Person, scopes: Scopes, form: Mapping[str, str], refresh: str | None, skew_s: float, met: str
    ) -> Response:
        cloud = self.cloud
        wall = cloud.wall(skew_s)
        lifetime_s = cloud.settings.token_lifetime_s
        more: dict[str, object] = {"met": met} if met else {}
        if asked_claims(form.get("claims", "")).is_capable:
            lifetime_s = cloud.settings.cae_token_lifetime_s or lifetime_s
            more["xms_cc"] = [CAPABILITY]
        body: dict[str, object] = {
            "token_type": "Bearer",
            "scope": scopes.granted,
            "expires_in": lifetime_s,
            "ext_expires_in": lifetime_s,
            "access_token": cloud.mint.access_token(
                person, form["client_id"], scopes.audience, scopes.permissions, wall, lifetime_s, more
            ),
        }
        if refresh:
            body["refresh_token"] = refresh
        if "openid" in scopes.openid:
            issuer = f"{cloud.authority}/v2.0"
            body["id_token"] = cloud.mint.id_token(person, form["client_id"], issuer, wall)
        if form.get("client_info") == "1":
            body["client_info"] = client_info(person)
        return JSONResponse(body, headers=NO_STORE)

    def _is_consented(self, person: Person, client_id: str, scopes: Scopes) -> bool:
        """Tell whether an administrator or the person has consented that the client uses the resource."""
        if scopes.is_management:
            return self.cloud.settings.management_consent
        if self.cloud.settings.storage_consent or not scopes.is_storage:
            return True
        return any(parse_scopes(scope).is_storage for scope in self.cloud.grants.allowed_scopes(person, client_id))

    def _refuse_client(self, request: Request, tenant: str, form: Mapping[str, str]) -> Response | None:
        if not _is_known(tenant):
            return self._error(request, 90002, f"Tenant '{tenant[:80]}' not found.")
        client_id = form.get("client_id", "")
        if not client_id:
            return self._error(request, 900144, "The missing parameter is 'client_id'.")
        if client_id not in CLIENT_NAMES:
            detail = f"Application with identifier '{client_id[:80]}' was not found in '{TENANT_DOMAIN}'."
            return self._error(request, 700016, detail)
        if tenant in SHARED_TENANTS:
            return self._error(request, 9001023 if tenant == "consumers" else 50194)
        return None

    def _error(self, request: Request, number: int | None, detail: str = "", *, error: str = "") -> Response:
        sent = request.headers.get("client-request-id", "")
        correlation_id = sent if _is_uuid(sent) else ""
        return error_response(self.cloud.wall(), number, error=error, detail=detail, correlation_id=correlation_id)


def _is_known(tenant: str) -> bool:
    return tenant.lower() in (TENANT_ID, TENANT_DOMAIN, *SHARED_TENANTS)


def _is_uuid(text: str) -> bool:
    try:
        uuid.UUID(text)
    except ValueError:
        return False
    return True
