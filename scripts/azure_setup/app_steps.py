"""Steps for the app registration: the registration itself, its permissions, its service principal and the consent."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from scripts.azure_setup.step import Answer, Command, Known, Step, Verdict
from scripts.azure_setup.wanted import API_NAMES, MARK, PERMISSION, Wanted

DEVELOPER = "somebody with the directory role Application Developer or Application Administrator"
CONSENTER = "somebody with the directory role Cloud Application Administrator or Application Administrator"
TAG = MARK.replace("=", ":")
"""What `tags` of the registration says when `provision` made it."""


def app_steps(wanted: Wanted) -> Iterator[Step]:
    """Yield the steps in the order in which they build on each other."""
    for api in wanted.apis:
        yield _api(api)
    yield _registration(wanted)
    yield _public()
    yield _audience()
    yield _no_secret()
    for api in wanted.apis:
        yield _permission(api)
    yield _principal()
    yield _enabled()
    for api in wanted.apis:
        yield _consent(api)


def _api(api: str) -> Step:
    def judge(_known: Known, answers: Sequence[Answer]) -> Verdict:
        principal = answers[0]
        if not principal:
            return Verdict("the API is not in the tenant yet", (("ad", "sp", "create", "--id", api),))
        scopes = principal.get("oauth2PermissionScopes") or []
        scope = next((str(each["id"]) for each in scopes if each.get("value") == PERMISSION), "")
        if not scope:
            return Verdict(f"the API offers no permission {PERMISSION}", by_hand="ask Microsoft's support", stops=True)
        return Verdict(learned={f"api:{API_NAMES[api]}": str(principal["id"]), f"scope:{API_NAMES[api]}": scope})

    look = ("ad", "sp", "show", "--id", api)
    return Step(f"api.{api}", f"API {API_NAMES[api]} in the tenant", DEVELOPER, lambda _known: [look], judge)


def _registration(wanted: Wanted) -> Step:
    def look(_known: Known) -> list[Command]:
        if wanted.app_id:
            return [("ad", "app", "show", "--id", wanted.app_id)]
        return [("ad", "app", "list", "--display-name", wanted.app)]

    def judge(known: Known, answers: Sequence[Answer]) -> Verdict:
        if wanted.app_id:
            if not answers[0]:
                return Verdict(f"there is no app registration {wanted.app_id}", by_hand="look for the id", stops=True)
            return _found(answers[0])
        # The list has every name that begins alike.
        named = [each for each in answers[0] or [] if each.get("displayName") == wanted.app]
        ours = [each for each in named if TAG in (each.get("tags") or [])]
        if len(ours) == 1:
            return _found(ours[0])
        if named:
            ids = ", ".join(str(each["appId"]) for each in named)
            gap = f"there is an app of this name that provision did not make ({ids})"
            return Verdict(gap, by_hand="use it with --app-id, or choose another name with --app", stops=True)
        return Verdict("there is no such app registration", (_register(wanted, known),))

    return Step("app", f"app registration {wanted.app_id or wanted.app}", DEVELOPER, look, judge)


def _register(wanted: Wanted, known: Known) -> Command:
    body = {
        "displayName": wanted.app,
        "signInAudience": "AzureADMyOrg",
        "isFallbackPublicClient": True,
        "tags": [TAG],
        "notes": "Screens that show geofences (tvapp). A public client: it has no secret.",
    }
    # Through Graph in one request, because a run that is cut off between `ad app create` and its mark would leave a
    # registration that nobody knows to be ours.
    return ("rest", "--method", "POST", "--url", f"{known['graph']}/v1.0/applications", "--body", json.dumps(body))


def _found(application: Mapping[str, Any]) -> Verdict:
    return Verdict(learned={"app-id": str(application["appId"]), "app-object-id": str(application["id"])})


def _show(known: Known) -> list[Command]:
    return [("ad", "app", "show", "--id", known["app-id"])]


def _of_app(key: str, what: str, judge_it: Callable[[Known, Mapping[str, Any]], Verdict]) -> Step:
    def judge(known: Known, answers: Sequence[Answer]) -> Verdict:
        # A registration that is still to be made comes with all of this.
        return judge_it(known, answers[0] or {}) if "app-id" in known else Verdict()

    return Step(key, what, DEVELOPER, _show, judge, ("app-id",))


def _public() -> Step:
    def judge(known: Known, application: Mapping[str, Any]) -> Verdict:
        if application.get("isFallbackPublicClient") is True:
            return Verdict()
        mend = ("ad", "app", "update", "--id", known["app-id"], "--is-fallback-public-client", "true")
        return Verdict("public client flows are off, so no code is given out (AADSTS7000218)", (mend,))

    return _of_app("app.public", "public client flows on", judge)


def _audience() -> Step:
    def judge(known: Known, application: Mapping[str, Any]) -> Verdict:
        if application.get("signInAudience") == "AzureADMyOrg":
            return Verdict()
        mend = ("ad", "app", "update", "--id", known["app-id"], "--sign-in-audience", "AzureADMyOrg")
        return Verdict("accounts of other organisations are admitted", (mend,))

    return _of_app("app.audience", "accounts of this organisation only", judge)


def _no_secret() -> Step:
    def judge(known: Known, application: Mapping[str, Any]) -> Verdict:
        for kind, option in (("passwordCredentials", ()), ("keyCredentials", ("--cert",))):
            held = application.get(kind) or []
            if held:
                mend = tuple(
                    (
                        "ad",
                        "app",
                        "credential",
                        "delete",
                        "--id",
                        known["app-id"],
                        "--key-id",
                        str(each["keyId"]),
                        *option,
                    )
                    for each in held
                )
                return Verdict("the app has a secret that no screen needs", mend, by_hand="something else may use it")
        return Verdict()

    return _of_app("app.secret", "no secret", judge)


def _permission(api: str) -> Step:
    def judge(known: Known, answers: Sequence[Answer]) -> Verdict:
        scope = known[f"scope:{API_NAMES[api]}"]
        required = (answers[0] or {}).get("requiredResourceAccess") or []
        held = {
            str(access["id"])
            for each in required
            if each["resourceAppId"] == api
            for access in each["resourceAccess"]
            if access["type"] == "Scope"
        }
        if scope in held:
            return Verdict()
        mend = (
            "ad", "app", "permission", "add", "--id", known["app-id"], "--api", api,
            "--api-permissions", f"{scope}=Scope",
        )  # fmt: skip
        return Verdict(f"the app does not ask for {API_NAMES[api]}", (mend,))

    what = f"permission {API_NAMES[api]} {PERMISSION}"
    return Step(f"permission.{api}", what, DEVELOPER, _show, judge, ("app-id", f"scope:{API_NAMES[api]}"))


def _principal_look(known: Known) -> list[Command]:
    return [("ad", "sp", "show", "--id", known["app-id"])]


def _principal() -> Step:
    def judge(known: Known, answers: Sequence[Answer]) -> Verdict:
        if answers[0]:
            return Verdict(learned={"principal": str(answers[0]["id"])})
        return Verdict("the app is not in the tenant's enterprise applications", (
            ("ad", "sp", "create", "--id", known["app-id"]),
        ))  # fmt: skip

    return Step("principal", "enterprise application", DEVELOPER, _principal_look, judge, ("app-id",))


def _enabled() -> Step:
    def judge(known: Known, answers: Sequence[Answer]) -> Verdict:
        if (answers[0] or {}).get("accountEnabled", True):
            return Verdict()
        mend = ("ad", "sp", "update", "--id", known["app-id"], "--set", "accountEnabled=true")
        return Verdict("nobody can sign in, because the app is disabled (AADSTS7000112)", (mend,))

    return Step("principal.enabled", "sign-in to the app enabled", CONSENTER, _principal_look, judge, ("principal",))


def _consent(api: str) -> Step:
    def judge(known: Known, answers: Sequence[Answer]) -> Verdict:
        held: set[str] = set()
        for grant in answers[0] or []:
            if (
                grant.get("resourceId") == known[f"api:{API_NAMES[api]}"]
                and grant.get("consentType") == "AllPrincipals"
            ):
                held |= set(str(grant.get("scope", "")).split())
        if PERMISSION in held:
            return Verdict()
        # `grant` puts its scopes in the place of those that were there.
        mend = (
            "ad", "app", "permission", "grant", "--id", known["app-id"], "--api", api,
            "--scope", *sorted(held | {PERMISSION}), "--consent-type", "AllPrincipals",
        )  # fmt: skip
        return Verdict("nobody has consented for the organisation (AADSTS65001)", (mend,))

    return Step(
        f"consent.{api}",
        f"consent for everybody to {API_NAMES[api]}",
        CONSENTER,
        lambda known: [("ad", "app", "permission", "list-grants", "--id", known["app-id"])],
        judge,
        ("app-id", "principal", f"api:{API_NAMES[api]}"),
    )
