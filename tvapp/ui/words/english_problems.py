"""The English sentences for problems: the kinds of `auth.problems` and the tree of `core.errors`.

Each has a title (what happened) and an advice (what to do next); `.admin` is for the administrator of the TV.
"""

from __future__ import annotations

_KINDS: dict[str, tuple[str, str, str]] = {
    # The person and the code
    "declined": ("The sign-in was declined on the phone", "If that was not meant, press OK for a new code.", ""),
    "code-expired": ("The code ran out", "A new one comes at once.", ""),
    "code-unknown": ("The code is no longer known", "A new one comes at once.", ""),
    "code-used": ("The code was used before", "A new one comes at once.", ""),
    "code-region": (
        "The code was typed in another region",
        "A new one comes at once. Use it on the address shown here.",
        "",
    ),
    "confirming": ("Go on on your phone", "The phone asks whether you want to sign in here: choose Continue.", ""),
    "too-eager": (
        "The sign-in service asks for a pause",
        "It is tried again in a few minutes.",
        "Loop detected by Entra.",
    ),
    # The account
    "wrong-account": (
        "This account belongs to another organisation",
        "Press OK and sign in with the account of the organisation named here.",
        "The account is not in this tenant, nor a guest of it.",
    ),
    "another-account": (
        "That was another account",
        "Press OK, and use the account that is signed in on this TV. Or go back, and sign out under Account first.",
        "Nothing was kept of the other account.",
    ),
    "account-blocked": (
        "This account cannot sign in at the moment",
        "It may be locked, or its password has run out. Ask your administrator, or use another account.",
        "Account locked, disabled, or password expired.",
    ),
    "not-assigned": (
        "This account has not been given access to this app",
        "Ask your administrator to add you, then press OK.",
        "Assign the user or a group to the enterprise application.",
    ),
    "more-proof": (
        "Your organisation asks for one more proof",
        "Press OK, type the new code, and finish every step on the phone.",
        "Multi-factor authentication or another challenge was not completed.",
    ),
    "session-ended": (
        "The sign-in has ended",
        "Press OK and sign in once more.",
        "The refresh token is revoked or expired.",
    ),
    # The organisation's rules
    "blocked-by-policy": (
        "Your organisation blocks this way of signing in",
        "Ask your administrator to allow it for this TV, then press OK.",
        "Conditional Access: allow the device code flow for this account or this place.",
    ),
    "device-not-allowed": (
        "Your organisation does not allow this device",
        "Ask your administrator to allow this TV, then press OK.",
        "Conditional Access asks for a compliant or joined device; exclude this app or place.",
    ),
    "risk-blocked": (
        "The sign-in was stopped for safety",
        "Ask your administrator to check your account, then press OK.",
        "Identity Protection or a registration policy blocked the sign-in.",
    ),
    "token-protection": (
        "A policy of your organisation keeps this TV from staying signed in",
        "Signing in again does not help. Ask your administrator to exclude this TV's account, then press OK.",
        "Conditional Access: token protection wants tokens that are bound to a device. Those of a code are not.",
    ),
    "tenant-restricted": (
        "This network does not let your organisation sign in",
        "Ask whoever runs this network to allow it, or connect the TV to another network. Then press OK.",
        "Tenant restrictions of the network's proxy: the tenant is not on its list.",
    ),
    "cross-tenant": (
        "The two organisations do not let this account sign in here",
        "Ask your administrator, or press OK and sign in with an account of this organisation.",
        "Cross-tenant access settings of the account's tenant or of this one.",
    ),
    "consent-needed": (
        "Your administrator has to approve this app first",
        "Ask for it, then press OK.",
        "Grant admin consent to the app registration.",
    ),
    "consent-declined": (
        "The app was not allowed to use your account",
        "Press OK and choose Accept on the phone, or ask your administrator.",
        "Consent was declined.",
    ),
    # The registration and the settings
    "public-client-off": (
        "This app is not set up for signing in on a TV",
        "Ask your administrator to change the app registration, then press OK.",
        "Set “Allow public client flows” to Yes.",
    ),
    "app-unknown": (
        "Your organisation does not know this app",
        "Ask your administrator to check the settings of this TV.",
        "identity.client_id is not an application in identity.tenant.",
    ),
    "app-disabled": ("This app is switched off", "Ask your administrator.", "The enterprise application is disabled."),
    "app-not-allowed": (
        "This app may not sign in this way",
        "Ask your administrator to check the app registration.",
        "unauthorized_client: the application may not use the device flow.",
    ),
    "tenant-unknown": (
        "The organisation in the settings does not exist",
        "Ask your administrator to check the settings of this TV.",
        "Check identity.tenant and identity.cloud.",
    ),
    "tenant-needed": (
        "The settings do not name the organisation",
        "Ask your administrator to check the settings of this TV.",
        "Set identity.tenant to the tenant's id or domain, not “common”.",
    ),
    "service-missing": (
        "The map service is not set up in your organisation",
        "Ask your administrator to add it, then press OK.",
        "Add the Azure Maps permission to the app registration and provision its service principal.",
    ),
    "no-licence": (
        "Your organisation has no subscription to the map service",
        "Ask your administrator.",
        "The tenant has not subscribed to the service (AADSTS650052).",
    ),
    "scope-unknown": (
        "The permission in the settings does not exist",
        "Ask your administrator to check the settings of this TV.",
        "Check identity.scopes.",
    ),
    "no-device-flow": (
        "This sign-in service does not know how to sign in a TV",
        "Ask your administrator to check the settings of this TV.",
        "The provider has no device_authorization_endpoint.",
    ),
    "endpoint-elsewhere": (
        "The sign-in service wants the sign-in sent to another host",
        "It is not sent there. Ask your administrator to check the settings of this TV.",
        "Check identity.authority, or add that host's address to identity.oidc_endpoints.",
    ),
    "authority-wrong": (
        "There is no sign-in service at the address in the settings",
        "Ask your administrator to check the settings of this TV.",
        "Check identity.authority or identity.oidc_authority.",
    ),
    "ca-bundle": (
        "The certificates in the settings cannot be read",
        "Ask your administrator to check the settings of this TV.",
        "Check network.ca_bundle: a readable file with certificates in PEM form.",
    ),
    # The service
    "busy": ("The sign-in service is busy", "It is tried again by itself.", "Throttled (429)."),
    "service-down": (
        "The sign-in service is out of order",
        "It is tried again by itself.",
        "The authority answered with 5xx.",
    ),
    "code-unshowable": (
        "The sign-in service sent a code that cannot be shown",
        "It is tried again by itself. If this stays, tell your administrator.",
        "The user code or its address has characters that cannot be read off a screen: controls, marks of direction.",
    ),
    "bad-reply": (
        "The sign-in service sent something unexpected",
        "It is tried again by itself.",
        "Not a reply of OAuth; something between here and the service may be changing it.",
    ),
    # The network
    "offline": (
        "No connection to the sign-in service",
        "Check the network of this TV. It is tried again by itself.",
        "No route, refused, or no such host.",
    ),
    "slow": ("The sign-in service takes too long to answer", "It is tried again by itself.", "Timed out."),
    "interrupted": ("The connection broke off", "It is tried again by itself.", "Connection reset or truncated."),
    "proxy": (
        "The proxy of this network does not answer",
        "Ask your administrator about the proxy. It is tried again by itself.",
        "Check network.proxy, or HTTPS_PROXY of the environment, and that the proxy runs.",
    ),
    "proxy-login": (
        "The proxy of this network wants a name and a password",
        "Ask your administrator to put them into the settings of this TV, or to check them.",
        "407: check network.proxy_username and network.proxy_password. The proxy has to take Basic.",
    ),
    "proxy-refuses": (
        "The proxy of this network does not let this TV through",
        "Ask your administrator to allow the services that this TV needs. It is tried again by itself.",
        "The proxy refused the connection to the host, or cannot reach it; network.no_proxy goes round it.",
    ),
    "captive-portal": (
        "This network asks for a sign-in of its own",
        "Open the network's welcome page for this TV, or use another network. It is tried again by itself.",
        "A web page answered in place of the service (captive portal or proxy).",
    ),
    "tls-failed": (
        "The connection to the sign-in service is not safe",
        "So it was not used. Ask your administrator. It is tried again by itself.",
        "Certificate not trusted or for another host; a company CA belongs in network.ca_bundle.",
    ),
    "clock-wrong": (
        "The clock of this TV is wrong",
        "It goes on by itself once the time is right.",
        "The service's certificate is not valid at the time that this TV shows; check time synchronisation.",
    ),
    # Anything else
    "refused": (
        "The sign-in service refused",
        "Press OK to try again. If it stays so, tell your administrator what stands below.",
        "",
    ),
}

_ERRORS: dict[str, tuple[str, str]] = {
    "TvappError": ("Something went wrong", "It is tried again."),
    "ConfigError": ("A setting is wrong", "Ask your administrator to correct it."),
    "StorageError": (
        "The disk of this TV cannot be used",
        "It may be full or write-protected. The app goes on without it.",
    ),
    "DataError": ("Something could not be read", "It is left out; the rest is shown."),
    "DisplayError": ("The screen cannot be used", "Check the cable and the input of the TV."),
    "SignInError": ("The sign-in has ended", "Please sign in again."),
    "NetworkError": ("No connection", "It is tried again by itself."),
    "Unreachable": ("No connection", "Check the network of this TV. It is tried again by itself."),
    "TimedOut": ("The service takes too long to answer", "It is tried again by itself."),
    "TlsFailed": (
        "The connection is not safe, so it is not used",
        "Ask your administrator about certificates and the clock.",
    ),
    "ConnectionBroken": ("The connection broke off", "It is tried again by itself."),
    "ServiceError": ("The service refused", "It is tried again later."),
    "Unauthorized": ("The service does not accept this sign-in", "It is being renewed."),
    "Forbidden": ("This account has no right to do this", "Ask your administrator."),
    "NotFound": ("It is not there any more", "Ask your administrator if it should be."),
    "Conflict": ("Somebody else changed it in the meantime", "Look at the new version first."),
    "Throttled": ("The service asks for patience", "It goes on by itself in a while."),
    "ServiceDown": ("The service is out of order", "It is tried again by itself."),
    "UnexpectedReply": ("The service sent something unexpected", "It is tried again by itself."),
}

PROBLEMS: dict[str, str] = {}
for _kind, (_title, _advice, _admin) in _KINDS.items():
    PROBLEMS |= {f"problem.{_kind}.title": _title, f"problem.{_kind}.advice": _advice, f"problem.{_kind}.admin": _admin}
for _name, (_title, _advice) in _ERRORS.items():
    PROBLEMS |= {f"error.{_name}.title": _title, f"error.{_name}.advice": _advice}
