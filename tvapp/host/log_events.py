"""Every log event: when it is written, at which levels and with which fields. The reference is made from these tables.

Data only: the program does not import it. `tests/host/test_log_events.py` compares it with the code, both ways.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tvapp.core.log import Level


@dataclass(frozen=True, slots=True)
class LogEvent:
    """One event: the sentence for the reference, the names of its fields in order, and its levels."""

    when: str
    fields: str = ""
    levels: tuple[Level, ...] = ("info",)

    @property
    def field_names(self) -> tuple[str, ...]:
        return tuple(self.fields.split())


WARNING: tuple[Level, ...] = ("warning",)
ERROR: tuple[Level, ...] = ("error",)
DEBUG: tuple[Level, ...] = ("debug",)

EVENTS: Mapping[str, LogEvent] = {
    # The program
    "app.started": LogEvent(
        "The configuration was read and a display is open.",
        "version driver renderer renderer_reason size data_dir config",
    ),
    "app.broken": LogEvent(
        "The app could not be put together; the screen says why and stays there.", "error reason", ERROR
    ),
    "app.end_failed": LogEvent("Something failed while the program was ending.", "error detail", ERROR),
    "app.close_refused": LogEvent("The app was told to close, but `[kiosk] closable` is off.", "reason"),
    "app.stopped": LogEvent("The program ends.", "reason"),
    "frame.first": LogEvent("The first frame is on the screen.", "ms"),
    "frame.failed": LogEvent("A frame could not be drawn; the next one is tried.", "error detail where times", ERROR),
    "screen.changed": LogEvent("A viewer opened or closed a screen, a panel or a list.", "panel"),
    "screen.dimmed": LogEvent("The picture was dimmed.", "by"),
    "screen.blanked": LogEvent("The screen was made black.", "by"),
    "screen.woken": LogEvent("The screen shows the picture again.", "by"),
    "screenshot.saved": LogEvent("A picture of the screen was saved.", "path"),
    "screenshot.failed": LogEvent("A picture of the screen could not be saved.", "reason", WARNING),
    "control.command": LogEvent(
        "Somebody at a desk had the app do something (`tvapp ctl`; `status` is not logged).", "command uid result"
    ),
    "control.denied": LogEvent("A user who may not do so connected to the control socket.", "uid", WARNING),
    "control.not_started": LogEvent("There is no control socket: `tvapp ctl` cannot reach the app.", "reason", WARNING),
    "lock.tried": LogEvent("Somebody entered a lock pattern.", "right tries", ("info", "warning")),
    # The display and the remote
    "display.waiting": LogEvent("No display can be opened yet; the program waits for one.", "reason", WARNING),
    "display.failed": LogEvent("No display can be used; the program ends.", "reason", ERROR),
    "display.lost": LogEvent("The display is gone; nothing is drawn until it is back.", "reason restart", WARNING),
    "display.restored": LogEvent("The display is back.", "after_s"),
    "display.taken_again": LogEvent(
        "A desktop took the full screen away, and it was asked for again; ever more slowly while that goes on.",
        "missing",
    ),
    "tv.switched": LogEvent("The TV was told over HDMI-CEC to switch on, or to standby.", "power device"),
    "tv.not_switched": LogEvent("The TV could not be told to switch.", "power device reason", WARNING),
    "remote.device_opened": LogEvent("An input device is being read.", "device all_keys"),
    "remote.device_closed": LogEvent("An input device was unplugged.", "device"),
    "remote.device_denied": LogEvent("An input device may not be read.", "device group remedy", WARNING),
    "remote.device_missing": LogEvent(
        "A device of `[remote] devices` could not be opened; it is tried again.", "device reason", WARNING
    ),
    # Sign-in and tokens
    "signin.prompted": LogEvent("A code is on the screen.", "verification_uri expires_in renewal resource"),
    "signin.paused": LogEvent(
        "Several codes ran out with nobody there; the next one is fetched when a key is pressed.", "renewals resource"
    ),
    "signin.postponed": LogEvent("A viewer left the sign-in for later.", "tenant resource"),
    "signin.succeeded": LogEvent(
        "An account is signed in, by a code or from the last time, or was allowed one more resource.",
        "tenant account restored resource",
    ),
    "signin.failed": LogEvent(
        "A sign-in failed, for now or for good.",
        "error kind aadsts correlation_id next resource",
        ("info", "warning"),
    ),
    "signin.signed_out": LogEvent("The account was signed out, and its tokens removed.", "tenant by"),
    "token.renewed": LogEvent("An access token was renewed.", "resource expires_in"),
    "token.renewal_failed": LogEvent(
        "An access token could not be renewed; once for each kind of failure.",
        "resource error kind aadsts correlation_id retry_in needs_person",
        WARNING,
    ),
    "token.challenged": LogEvent(
        "A service ended a token early (continuous access evaluation); a new one is asked for.", "resource"
    ),
    "token_cache.ignored": LogEvent("The kept sign-in belongs to another configuration and is not used.", "reason"),
    "token_cache.corrupt": LogEvent("The kept sign-in is damaged; it is set aside.", "reason next", WARNING),
    "token_cache.locked": LogEvent(
        "The kept sign-in is encrypted with a key that is not configured; it is set aside.", "reason next", WARNING
    ),
    "token_cache.not_moved": LogEvent("A damaged token file could not be set aside.", "reason", WARNING),
    "token_cache.not_removed": LogEvent("Signing out could not remove the token file.", "reason file", ERROR),
    # The clock and the machine
    "clock.waiting": LogEvent(
        "The clock shows a time before the release; the sign-in waits for it, 30 s at most.", "year", WARNING
    ),
    "clock.plausible": LogEvent("The sign-in begins with a clock that can be right.", "waited_s"),
    "clock.implausible": LogEvent("The sign-in begins although the clock cannot be right.", "waited_s", WARNING),
    "clock.skewed": LogEvent(
        "The clock is wrong by what servers say, or right again.", "direction skew_s", ("info", "warning")
    ),
    "clock.set": LogEvent("The clock was set.", "by_s"),
    "system.resumed": LogEvent("The machine has slept.", "asleep_s"),
    "instance.not_locked": LogEvent(
        "The data folder cannot be locked, so a second tvapp on it would not be noticed.", "reason next", WARNING
    ),
    "disk.failed": LogEvent(
        "The disk cannot be used; once for each kind of trouble. The app goes on in memory.",
        "kind what reason next",
        WARNING,
    ),
    "disk.restored": LogEvent("The disk can be used again, and what was held in memory is written."),
    "log.file_failed": LogEvent("`--log-file` cannot be written; on standard error only.", "file reason", ERROR),
    # Crashes and hangs
    "crash.reported": LogEvent(
        "The app crashed; a report was written and the app starts again.",
        "reference error where in_a_row restart_in_s file not_written",
        ERROR,
    ),
    "crash.found": LogEvent(
        "The last run ended in C code (a segmentation fault or an abort); its trace was kept.", "reference kind", ERROR
    ),
    "crash.screen_failed": LogEvent(
        "The screen that tells of a crash could not be drawn; a simpler one is tried.", "error left", WARNING
    ),
    "job.failed": LogEvent("A job on a worker failed.", "job error detail", ERROR),
    "job.stuck": LogEvent("A job on a worker hangs.", "job seconds where", ERROR),
    "io.stuck": LogEvent("The network thread does not answer.", "seconds where", ERROR),
    # The network
    "network.lost": LogEvent("The network is gone; a light probe looks for its return.", "what error reason", WARNING),
    "network.restored": LogEvent("The network is back.", "after_s"),
    "connection.step_failed": LogEvent(
        "Before there is a map: a step of the connection fails, and the screen says which.",
        "step reason host detail",
        WARNING,
    ),
    "connection.step_restored": LogEvent("A step of the connection that failed works again.", "step after_s"),
    "circuit.opened": LogEvent(
        "A host failed several times in a row and is left alone for a while.",
        "host error retry_in status reason",
        WARNING,
    ),
    "circuit.closed": LogEvent("A host that was left alone answers again.", "host"),
    "http.failed": LogEvent("A request got no answer.", "host error reason", DEBUG),
    "http.repeated": LogEvent("A request is sent again.", "host attempt", DEBUG),
    "proxy.used": LogEvent(
        "Requests go through a proxy from now on, which the configuration or the environment names.", "proxy source"
    ),
    "proxy.ignored": LogEvent(
        "A proxy of the environment is no address that can be used; requests go out without it.", "reason", WARNING
    ),
    # The map
    "map.settled": LogEvent(
        "After a change of the view: nothing more is expected to arrive.",
        "tiles missing requests from_cache zoom ms",
    ),
    "tile.first": LogEvent("The first tile of a map is on the screen.", "origin ms"),
    "tile.failed": LogEvent(
        "A tile could not be loaded; a warning once for each kind of error until something works again.",
        "tile error retry_in host reason status code request_id aadsts correlation_id",
        ("warning", "debug"),
    ),
    "tile_cache.recreated": LogEvent("The tile cache was damaged and begins anew.", "reason", WARNING),
    "layers.chosen": LogEvent("A viewer chose layers.", "base overlays"),
    "view.restored": LogEvent("The last view is shown.", "zoom base"),
    "view.not_restored": LogEvent("The last view could not be read.", "reason", WARNING),
    "view.not_kept": LogEvent("The last view could not be written.", "reason", WARNING),
    "usage.loaded": LogEvent(
        "The usage of the Azure Maps account was read from Azure Monitor, for the usage page.",
        "days requests apis availability failures ms",
    ),
    "usage.failed": LogEvent(
        "The usage of the Azure Maps account could not be read; the page says why.",
        "kind host status code aadsts request_id",
        WARNING,
    ),
    "usage.not_restored": LogEvent(
        "The counts of this TV's requests could not be read; counting begins anew.", "reason", WARNING
    ),
    "maps.refused": LogEvent("Azure Maps refused a request.", "path status", DEBUG),
    "maps.keys_read": LogEvent("All subscription keys were refused; others were found where they are kept.", "count"),
    "maps.key_failover": LogEvent("One subscription key was refused; the other one is used.", "refused now", WARNING),
    "attribution.failed": LogEvent("The copyright line of a tileset could not be loaded.", "tileset error", WARNING),
    # Geofences
    "geofences.loaded": LogEvent(
        "The store was read; `unknown` counts geofences whose times could not be read.",
        "store count skipped unknown ms",
    ),
    "geofences.unavailable": LogEvent("The store could not be read; it is tried again.", "store error reason", WARNING),
    "geofences.restored": LogEvent("The geofences of the last time are shown.", "count age_s"),
    "geofences.not_kept": LogEvent("The geofences of the last time could not be read.", "reason", WARNING),
    "geofences.entry_ignored": LogEvent("The store lists an entry that cannot be read (`map-data`).", "store", WARNING),
    "geofence.skipped": LogEvent(
        "A file or feature cannot be read and is left out; at most 100 at a time.", "file id reason", WARNING
    ),
    "geofences.skipped": LogEvent("More than 100 files or features were left out; their number.", "count", WARNING),
    "geofence.selected": LogEvent("A viewer selected a geofence.", "id"),
    "geofence.change_kept": LogEvent("A change was written to the outbox on the disk.", "id change"),
    "geofence.uploaded": LogEvent("A change is in the store.", "id store ms change kind"),
    "geofence.upload_failed": LogEvent(
        "A change could not be sent; an outage is told once.", "id store ms change reason status next", WARNING
    ),
    "geofence.conflict": LogEvent(
        "The store holds another version than the one that was changed; both are kept.",
        "id store ms change kind",
        WARNING,
    ),
    "outbox.opened": LogEvent("Changes of the last time wait to be sent.", "waiting"),
    "outbox.broken": LogEvent("A file of the outbox is damaged and cannot be sent.", "file", ERROR),
    "folder.not_watched": LogEvent(
        "The system cannot tell of changes in a folder; it is read every `refresh_s`.", "reason", WARNING
    ),
}

FIELDS: Mapping[str, str] = {
    "aadsts": "Entra's error number",
    "account": "the account, shortened",
    "after_s": "seconds since the loss",
    "age_s": "seconds since the store was read",
    "all_keys": "whether every key of the device is read, or only those that SDL drops",
    "apis": "how many APIs",
    "asleep_s": "seconds asleep",
    "availability": "in percent; null: unknown",
    "attempt": "number of the attempt that begins",
    "base": "base map: road, dark, imagery, hybrid",
    "by": "what caused it; for the screen: idle, hours, key, desk, shown",
    "by_s": "seconds by which the clock was set",
    "change": "id of the change",
    "code": "the service's error code",
    "command": "what `tvapp ctl` was asked to do",
    "config": "the configuration file, if any",
    "correlation_id": "Entra's correlation id",
    "count": "how many",
    "data_dir": "the data folder",
    "days": "days of the span that was asked for",
    "detail": "the error's text",
    "device": "path of the device",
    "direction": "behind, ahead or right",
    "driver": "SDL's video driver",
    "error": "the error's type, or the code of the protocol",
    "expires_in": "seconds for which the code or token is good",
    "failures": "metrics that could not be read",
    "file": "name of the file",
    "from_cache": "tiles that came from a cache",
    "group": "group that may read the device",
    "host": "the host",
    "id": "id of the geofence or feature",
    "in_a_row": "crashes in a row",
    "job": "name of the job",
    "kind": "kind of trouble or crash; of a change: add, edit, delete",
    "left": "simpler ways that are left",
    "missing": "tiles in view that cannot be had (offline or refused); of a full screen: focus, hidden, size or place",
    "ms": "milliseconds: since the start of the process (`frame.first`, `tile.first`, `map.settled`), else taken",
    "needs_person": "true: somebody has to sign in again",
    "next": "what the app does now",
    "not_written": "why there is no report",
    "now": "number of the key that is used",
    "origin": "disk, stale or network",
    "overlays": "overlays that are on",
    "panel": "the screen that is in front",
    "path": "file, or path of the request",
    "power": "on or standby",
    "proxy": "the address of the proxy, without credentials",
    "reason": "why, in words",
    "reference": "reference that the screen shows and the report is named after",
    "refused": "number of the key that was refused",
    "remedy": "what to do",
    "renderer": "SDL's renderer",
    "renderer_reason": "why this renderer",
    "renewal": "0 for the first code, then counted up",
    "renewals": "codes that were renewed",
    "request_id": "the service's id of the request",
    "requests": "tile requests since the last `map.settled`; of `usage.loaded`: of the whole account",
    "resource": "resource that the token is for; absent for the sign-in itself",
    "restart": "true: the program starts itself anew",
    "restart_in_s": "seconds until the app starts again",
    "restored": "true: the account of the last time",
    "result": "done, or why it was refused: a name as in the answer",
    "retry_in": "seconds until the next attempt; absent: none",
    "right": "whether the pattern was right",
    "seconds": "for how long",
    "size": "WIDTHxHEIGHT in pixels",
    "skew_s": "seconds by which the clock is behind (ahead: negative); absent where unknown",
    "skipped": "files and features left out",
    "source": "where a setting comes from: configuration, environment",
    "status": "HTTP status; 0 without one",
    "step": "link, address, name, time, tls, service or maps",
    "store": "blob, folder, url or map-data",
    "tenant": "the tenant",
    "tile": "TILESET/Z/X/Y",
    "tiles": "tiles in view",
    "tileset": "the tileset",
    "times": "failures in a row",
    "tries": "wrong tries in a row, this one included",
    "uid": "user id of the other side, as the kernel knows it",
    "unknown": "geofences whose times could not be read",
    "verification_uri": "the address to open",
    "version": "the version of tvapp",
    "waited_s": "seconds waited for the clock",
    "waiting": "how many changes",
    "what": "what is concerned: a host, or the user of the disk",
    "where": "module and line",
    "year": "year that the clock shows",
    "zoom": "zoom level",
}
"""Meaning of each field, the same in every event unless said otherwise."""
