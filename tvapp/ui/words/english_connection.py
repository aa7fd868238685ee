"""The English sentences for the steps of the connection (`core.connection_steps`): their names, and why one fails."""

from __future__ import annotations

_REASONS: dict[str, tuple[str, str]] = {
    "cable-out": (
        "The network cable is not plugged in",
        "Plug it in at both ends: at this TV, and at the wall or the router.",
    ),
    "wifi-out": (
        "The Wi-Fi is not connected",
        "Check the Wi-Fi in the settings of this TV, and that the router is switched on.",
    ),
    "link-out": (
        "Neither cable nor Wi-Fi is connected",
        "Plug in a network cable, or connect the Wi-Fi in the settings of this TV.",
    ),
    "adapter-off": ("The network of this TV is switched off", "Switch it on in the settings of this TV."),
    "no-adapter": (
        "This TV has no network adapter",
        "Plug one in. If there is one, switch the TV box off and on again.",
    ),
    "no-address": (
        "No address from this network yet",
        "If this stays, switch the router off and on, or ask whoever looks after this network (DHCP).",
    ),
    "no-route": (
        "This network has no way out",
        "Check the router and its line. Whoever looks after this network can say more.",
    ),
    "no-name-server": (
        "This network does not find any names",
        "Its name server (DNS) does not answer. Check the router and its line.",
    ),
    "name-unknown": (
        "The name {host} is not found",
        "Ask your administrator: the name server (DNS) of this network does not know it, or the settings are wrong.",
    ),
    "clock-unset": (
        "The clock of this TV is not set",
        "It goes on by itself once the network tells the time (NTP).",
    ),
    "clock-wrong": ("The clock of this TV is wrong", "Switch on time synchronisation in the settings of this TV."),
    "untrusted": (
        "The certificate of {host} is not trusted",
        "So the connection is not used. Ask your administrator: a proxy may open it, and its certificate is missing.",
    ),
    "other-host": (
        "Something else answers in place of {host}",
        "Its certificate has another name. This network may ask for a sign-in of its own: open its welcome page.",
    ),
    "expired": (
        "The certificate of {host} has run out",
        "So the connection is not used. Ask your administrator. Or the clock of this TV is ahead.",
    ),
    "tls": (
        "No safe connection to {host}",
        "So it is not used. Ask your administrator what stands between this TV and the service.",
    ),
    "timeout": (
        "{host} does not answer",
        "The network may be very slow, or keep this TV from the service (firewall).",
    ),
    "refused": ("{host} refuses the connection", "It may be out of order, or a firewall answers in its place."),
    "broken": (
        "The connection to {host} breaks off",
        "The network may be unsteady, or something between here and the service ends the connection.",
    ),
    "proxy-refuses": (
        "The proxy does not let this TV reach {host}",
        "Ask your administrator to allow {host} on the proxy of this network, or to look why it does not get there.",
    ),
    "unreachable": (
        "{host} cannot be reached",
        "Check the router and its line. Whoever looks after this network can say more.",
    ),
}

CONNECTION: dict[str, str] = {
    "step.link": "Cable or Wi-Fi",
    "step.address": "Address from the network",
    "step.name": "Name look-up",
    "step.time": "Time",
    "step.tls": "Secure connection",
    "step.service": "Sign-in service",
    "step.maps": "Maps",
    "step.state.waiting": "waits",
    "step.state.now": "now",
    "step.state.ok": "works",
    "step.state.failed": "fails",
    "step.since": "For {age}",
    "step.since.tries": "For {age}, {tries}",
    "step.tries.one": "1 try",
    "step.tries": "{count} tries",
    "step.retry": "{since} · next try in {time}",
    "step.retry.now": "{since} · trying now",
}
for _reason, (_title, _advice) in _REASONS.items():
    CONNECTION |= {f"step.{_reason}.title": _title, f"step.{_reason}.advice": _advice}
