"""The English sentences of the diagnosis (`tvapp doctor`, the status screen): what is so, and what to do about it."""

from __future__ import annotations

_PARTS: dict[str, str] = {
    "config": "Settings",
    "user": "User",
    "instance": "Running app",
    "version": "Version",
    "data-dir": "Data folder",
    "display": "Display",
    "remote": "Remote",
    "link": "Cable or Wi-Fi",
    "network": "Network",
    "clock": "Clock",
    "sign-in": "Sign-in",
    "token": "Account",
    "maps": "Map",
    "attribution": "Copyright",
    "store": "Geofences",
    "fonts": "Fonts",
    "store-write": "Writing",
}

_OK: dict[str, str] = {
    "config": "{source} can be used",
    "user": "{user} owns the data folder and everything in it",
    "user.new": "the data folder is not there yet; {user} makes it at the first start",
    "instance.none": "no app runs on this data folder",
    "instance.this": "this app runs (process {pid})",
    "instance.service": "the service runs ({unit}, process {pid})",
    "version": "{version}; every file in the data folder can be read",
    "data-dir": "{folder} takes files; {free} MB are free",
    "data-dir.new": "{folder} can be made; {free} MB are free",
    "display": "{driver} has what it needs",
    "display.shown": "{picture}",
    "remote": "keys can arrive",
    "remote.headless": "no keys are expected without a screen",
    "link": "{names} is connected and has an address",
    "link.local": "not needed: every host is this machine itself",
    "network": "{host} answers",
    "network.proxy": "{host} answers through the proxy {proxy}",
    "clock": "right to within {seconds} s",
    "sign-in": "codes can be had at {uri}",
    "sign-in.key": "not needed: a subscription key opens the map",
    "token": "{account} for {audience}, until {expires} ({minutes} min)",
    "maps": "{endpoint} gives tiles of {style}",
    "attribution": "{lines}",
    "store": "{store}: {n} geofences",
    "fonts": "every letter of the names can be drawn",
    "store-write": "a geofence was written and removed again",
    "store-write.read-only": "not needed: nothing is changed from this TV",
}

_FAULTS: dict[str, tuple[str, str]] = {
    "check-broken": ("this check itself went wrong: {reason}", "Report it, with the version of tvapp"),
    # The settings and the machine
    "config-unreadable": (
        "{user} may not read {file}",
        "Let the user of the service read it: chgrp {user} {file} && chmod 0640 {file}",
    ),
    "config-bom": (
        "{file} begins with a byte-order mark; it is read as what it is, but other programs may stumble",
        "Save it as UTF-8 without a mark: sed -i '1s/^\\xEF\\xBB\\xBF//' {file} (UTF-16: iconv -f UTF-16 -t UTF-8)",
    ),
    "credential-elsewhere": (
        "{key} is a credential of systemd, which this process does not get",
        "Check it as the service: sudo tvapp doctor",
    ),
    "wrong-user": (
        "{folder} belongs to {owner}, and this is {user}",
        "Run it as its owner, or as root, who becomes the owner: sudo tvapp doctor --data-dir {folder}",
    ),
    "folder-closed": (
        "{user} may not enter a folder above {folder}",
        "Let the user through, with the execute permission of each folder: namei -l {folder}",
    ),
    "folder-of-another": (
        "{folder} belongs to {owner}, and the service runs as {user}",
        "Give it to the service: chown -R {user}: {folder}",
    ),
    "files-of-another": (
        "{n} files in {folder} belong to others than {owner}, the first is {file} ({other})",
        "Give them back: chown -R {owner}: {folder}",
    ),
    "another-instance": (
        "another tvapp holds this data folder: process {pid} of {user}, {command}",
        "If the service is to run, end that one first: kill {pid}",
    ),
    "version-old": (
        "{file} is of version {written}, and tvapp {version} reads up to {known}: a later version has written it",
        "Install the newest version of tvapp again. To stay with this one, move the file away",
    ),
    "disk-full": ("{folder} takes no file: {reason}", "Free some space: df -h {folder}"),
    "disk-low": ("only {free} MB are free in {folder}", "Free some space: df -h {folder}"),
    "disk-read-only": (
        "{folder} is read-only: {reason}",
        "Worn-out memory cards become read-only: replace the card, or mount it for writing: mount -o remount,rw",
    ),
    "disk-denied": (
        "{user} may not write into {folder}: {reason}",
        "Give it to the user of the service (chown -R {user}: {folder}), or name another folder: --data-dir",
    ),
    "disk-gone": ("{folder} cannot be used: {reason}", "Name a folder that can be written: --data-dir"),
    "disk-slow": ("{folder} is slow: {reason}", "Replace the disk or the memory card"),
    "disk-broken": ("{folder} reports an error: {reason}", "Look at the log of the kernel: journalctl -k -p err"),
    # The display and the remote
    "sdl-driver": (
        "pygame draws only on {drivers} here, not on {driver}",
        "Install pygame-ce in the place of pygame: pip uninstall -y pygame && pip install pygame-ce",
    ),
    "sdl-driver-unknown": (
        "SDL_VIDEODRIVER is {driver}, and pygame draws on {drivers}",
        "Change SDL_VIDEODRIVER to one of them",
    ),
    "library-missing": (
        "libraries of the system are missing or broken: {libraries}",
        "Install them (again): apt-get install --reinstall {packages}",
    ),
    "gpu-driver-missing": ("drivers of graphics cards are missing", "Install them: apt-get install {packages}"),
    "no-desktop": ("there is no desktop to draw on: {reason}", "Start it in a desktop, or set DISPLAY"),
    "no-graphics-card": (
        "there is neither a desktop nor a graphics card",
        "Connect a screen, load the driver of the card, or set DISPLAY",
    ),
    "drm-rights": (
        "{user} may not open the graphics card {card}",
        "Add the user to the groups video and render: usermod -aG video,render {user}",
    ),
    "no-screen": (
        "no screen is connected or switched on ({outputs})",
        "Switch the screen on, and look at its cable",
    ),
    "input-rights": (
        "{user}: {reason}",
        "Add the user to the group {group}: usermod -aG {group} {user}",
    ),
    # The network
    "dns": (
        "{reason}",
        "Check the name server (DNS) of this network: resolvectl query {host}. It has to know {host}",
    ),
    "tls-interception": (
        "the certificate of {host} comes from “{issuer}”, which this TV does not trust: something opens the connection",
        "Give the certificate of that authority as [network] ca_bundle, or exclude {host} from the inspection",
    ),
    "tls-untrusted": (
        "the certificate of {host} is not trusted",
        "Give the certificate of its authority as [network] ca_bundle; through a proxy, that of the proxy",
    ),
    "certificate-expired": (
        "{reason}",
        "Renew the certificate of {host}; or the clock of this TV is ahead: timedatectl",
    ),
    "tls": ("{reason}", "Ask what stands between this TV and {host}: it speaks no TLS that can be used"),
    "ca-bundle": ("the list of certificates cannot be read", "Correct ca_bundle: a PEM file with certificates"),
    "proxy-login": (
        "the proxy {proxy} on the way to {host} asks for a login ({reason})",
        "Set [network] proxy_username and proxy_password, or let this TV through without a login",
    ),
    "proxy": (
        "the proxy {proxy} on the way to {host} is not there ({reason})",
        "Check its address: [network] proxy, or HTTPS_PROXY where that is not set",
    ),
    "proxy-refuses": (
        "the proxy {proxy} does not let this TV reach {host} ({reason})",
        "Allow {host} on the proxy, or look why it does not get there",
    ),
    "proxy-unusable": (
        "the proxy of the environment cannot be used: {reason}",
        "Correct HTTPS_PROXY, or set [network] proxy",
    ),
    "captive-portal": (
        "a web page answers in the place of {host}: this network asks for a sign-in of its own",
        "Open the welcome page of the network for this TV, have it let through, or use another network",
    ),
    "host-blocked": (
        "{host} alone does not answer, while others do: {reason}",
        "Let this TV reach {host} on this port in the firewall",
    ),
    "clock-wrong": (
        "{reason}",
        "Switch on time synchronisation, and let NTP (UDP 123) through: timedatectl set-ntp true",
    ),
    # The sign-in
    "tenant-wrong": (
        "the organisation {tenant} does not exist there",
        "Correct [identity] tenant: the GUID or a verified domain; and cloud, if it is not the public one",
    ),
    "app-unknown": (
        "the app {client_id} is not in {tenant}",
        "Correct [identity] client_id, or tenant: the app registration has to be in that tenant",
    ),
    "public-client-off": (
        "the app is not a public client",
        "Switch on “Allow public client flows”: az ad app update --id {client_id} --is-fallback-public-client true",
    ),
    "consent-missing": (
        "nobody has consented to {resource}",
        "Give consent for {resource} as an administrator: az ad app permission grant --id {client_id} --api API "
        "--scope user_impersonation",
    ),
    "permission-missing": (
        "the app has no permission for {resource}",
        "Add it to the app registration ({client_id}), with its service principal, and give consent",
    ),
    "signed-out": ("nobody is signed in", "Sign in on the TV; the map and the geofences are checked after that"),
    "token-expired": (
        "{account} is signed in; the token has run out, and the app renews it",
        "Start the app: it renews the token, or asks for a new sign-in",
    ),
    "token-audience": (
        "the token is for {audience}, not for {resource}",
        "Correct [identity] scopes: it names another service",
    ),
    # The map and the geofences
    "maps-role": (
        "this account may not see the map",
        "Give it the role “Azure Maps Data Reader” at the Azure Maps account whose client id is {client_id}; it takes "
        "up to 30 minutes to count",
    ),
    "maps-client-id": (
        "{client_id} is the client id of no Azure Maps account",
        "Correct [maps] client_id: az maps account show -g GROUP -n NAME --query properties.uniqueId",
    ),
    "maps-client-id-of-app": (
        "[maps] client_id is that of the app registration ({client_id})",
        "Correct [maps] client_id: az maps account show -g GROUP -n NAME --query properties.uniqueId",
    ),
    "maps-unauthorized": (
        "the map does not accept this sign-in",
        "The Azure Maps account {client_id} has to be in the tenant of the sign-in",
    ),
    "maps-key": (
        "the map does not accept the subscription key",
        "Correct [maps] subscription_keys: az maps account keys list; or local authentication is switched off there",
    ),
    "attribution-empty": (
        "no copyright line came for {style}",
        "Look again later; without it the map may not be shown",
    ),
    "store-undecided": ("no store is set", "Set [geofences] store"),
    "store-empty": (
        "{store}: no geofences in {place}",
        "If there should be some, check the address; they are files named *.geojson or *.json",
    ),
    "store-skipped": (
        "{store}: {n} geofences, and {bad} that cannot be read",
        "The log of the app names each (geofence.skipped): correct these files",
    ),
    "store-retired": (
        "Azure Maps Data was retired",
        "Set [geofences] store to “blob”, with a container of Azure Blob Storage",
    ),
    "store-folder": ("{place} cannot be read", "Check [geofences] path, and that the user of the service may read it"),
    "store-missing": (
        "the container is not there",
        "Correct [geofences] container_url: https://ACCOUNT.blob.core.windows.net/CONTAINER",
    ),
    "store-url": (
        "{store}: the geofences cannot be read",
        "Check [geofences] urls: each has to answer with GeoJSON, without a sign-in or a redirect",
    ),
    "storage-tenant": (
        "the storage account does not accept this sign-in",
        "The storage account has to be in the tenant of the sign-in",
    ),
    "storage-role": (
        "this account has no role for the geofences",
        "Give it the role “Storage Blob Data Reader” (to change them: “Contributor”) at {place}; it takes up to 30 "
        "minutes to count",
    ),
    "storage-firewall": (
        "the firewall of the storage account does not let this TV through",
        "Let this network through: Storage account > Networking, or az storage account network-rule add",
    ),
    "storage-token": (
        "the storage account does not accept the token",
        "Check the clock of this TV, and that the storage account is in the tenant of the sign-in",
    ),
    "storage-forbidden": (
        "the storage account refuses",
        "Give the role “Storage Blob Data Reader” at {place}, and let this network pass its firewall",
    ),
    "storage-write-role": (
        "this account may read the geofences, but not change them",
        "Give it the role that writes (for Blob Storage “Storage Blob Data Contributor”) at {place}, or set [kiosk] "
        "read_only = true",
    ),
    "store-left-behind": (
        "the geofence {id} was written and could not be removed",
        "Remove it from the store by hand",
    ),
    "fonts-missing": (
        "{n} letters of the names have no font here, such as {letters}",
        "Install fonts: apt-get install {packages}, then start the app again",
    ),
}

DIAGNOSIS: dict[str, str] = {
    "diagnosis.skipped": "not checked: {check} has to be right first",
    **{f"diagnosis.part.{name}": title for name, title in _PARTS.items()},
    **{f"diagnosis.ok.{name}": sentence for name, sentence in _OK.items()},
    "status.title": "This TV",
    "status.running": "Checking: {done} of {total}",
    "status.fine": "Everything works",
    "status.warned.one": "Everything works, with 1 warning",
    "status.warned": "Everything works, with {count} warnings",
    "status.failed.one": "1 check failed",
    "status.failed": "{count} checks failed",
    "status.waiting": "not checked yet",
    "status.checking": "is being checked",
    "status.outcome.pass": "Works",
    "status.outcome.warn": "Worth a look",
    "status.outcome.fail": "Does not work",
    "status.outcome.skip": "Not checked",
    "status.remedy": "What to do",
    "status.looked-at": "Looked at",
    "status.fault": "Fault",
    "status.troubles": "Last warnings and errors",
    "status.troubles.none": "None since the start",
    "status.no-address": "no address",
    "status.host": "Name",
    "status.addresses": "Addresses",
    "status.version": "Version",
    "map.bar.status": "This TV",
    "account.status": "Check this TV",
    "hint.status": "Check this TV",
    "hint.check-again": "Check again",
    "hint.scroll": "Scroll",
}
for _fault, (_found, _remedy) in _FAULTS.items():
    DIAGNOSIS |= {f"diagnosis.{_fault}": _found, f"diagnosis.{_fault}.remedy": _remedy}
