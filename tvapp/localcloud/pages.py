"""The HTML of the sign-in page: for a phone, without scripts or external resources."""

from __future__ import annotations

from html import escape

from tvapp.localcloud.grants import Grant
from tvapp.localcloud.people import ORGANISATION, PEOPLE, Person
from tvapp.localcloud.scopes import parse_scopes
from tvapp.localcloud.tenant.access import maps_role
from tvapp.localcloud.tenant.model import Tenant

STYLE = """
:root{--ink:#14233a;--soft:#56657a;--line:#d5dde8;--blue:#0b63ce;--deep:#084a9b;--paper:#fff;--ground:#eaf0f7;
--warn:#9a3412;--warnbg:#fff4ec;--ok:#166b3a}
*{box-sizing:border-box}
html{font:17px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,Helvetica,Arial,sans-serif;color:var(--ink);
background:var(--ground);-webkit-text-size-adjust:100%}
body{margin:0;min-height:100vh;min-height:100dvh;display:flex;flex-direction:column;
background:radial-gradient(120% 60% at 50% 0,#d5e5f8 0,var(--ground) 70%)}
main{width:100%;max-width:27rem;margin:0 auto;padding:1.25rem 1rem 2rem;flex:1}
.brand{display:flex;align-items:center;gap:.6rem;font-weight:650;margin:.25rem .25rem 1rem}
.brand svg{width:1.9rem;height:1.9rem;flex:none}
.card{background:var(--paper);border-radius:1.1rem;padding:1.4rem 1.25rem 1.5rem;
box-shadow:0 1px 2px #14233a14,0 10px 30px #14233a14}
h1{font-size:1.45rem;line-height:1.25;margin:0 0 .4rem;letter-spacing:-.01em}
p{margin:.4rem 0}.soft{color:var(--soft)}.small{font-size:.87rem;margin-top:1rem}
label.field{display:block;font-weight:600;margin:1.1rem 0 .4rem}
input[type=text]{width:100%;font:600 1.65rem/1.2 ui-monospace,"SF Mono",Menlo,Consolas,"DejaVu Sans Mono",monospace;
letter-spacing:.14em;text-transform:uppercase;text-align:center;padding:.8rem .5rem;border:2px solid var(--line);
border-radius:.8rem;background:#fbfcfe;color:inherit;min-height:3.6rem}
input[type=text]:focus{outline:3px solid #0b63ce55;border-color:var(--blue)}
input[type=text].wrong{border-color:var(--warn)}
button{display:block;width:100%;min-height:3.3rem;margin-top:.8rem;border-radius:.8rem;border:2px solid transparent;
font-family:inherit;font-size:1.06rem;font-weight:600;line-height:1.2;cursor:pointer;padding:.7rem 1rem}
button.main{background:var(--blue);color:#fff}button.main:active{background:var(--deep)}
button.other{background:#fff;color:var(--ink);border-color:var(--line)}
button:focus-visible,.person input:focus-visible+span{outline:3px solid #0b63ce77;outline-offset:2px}
.note{border-radius:.8rem;padding:.75rem .9rem;margin:0 0 1rem;background:var(--warnbg);color:var(--warn);
border-left:5px solid var(--warn);font-weight:550}
.ask{display:grid;grid-template-columns:auto 1fr;gap:.15rem .9rem;background:#f3f7fc;border-radius:.8rem;
padding:.7rem 1rem;margin:.8rem 0 0;font-size:.94rem}
.ask dt{color:var(--soft)}.ask dd{margin:0;font-weight:600;overflow-wrap:anywhere}
.ask .code{font-family:ui-monospace,Menlo,Consolas,monospace;letter-spacing:.12em}
fieldset{border:0;padding:0;margin:1rem 0 0}legend{font-weight:600;padding:0;margin-bottom:.5rem}
.person{display:block;margin-top:.5rem;cursor:pointer}
.person input{position:absolute;opacity:0}
.person span.row{display:flex;gap:.8rem;align-items:center;border:2px solid var(--line);border-radius:.9rem;
padding:.5rem .8rem;min-height:3.6rem}
.person input:checked+span.row{border-color:var(--blue);background:#eef5ff;box-shadow:inset 0 0 0 1px var(--blue)}
.face{width:2.6rem;height:2.6rem;border-radius:50%;display:grid;place-items:center;color:#fff;font-weight:700;flex:none}
.who{flex:1;min-width:0}.who b{display:block}.who small{color:var(--soft);display:block;overflow-wrap:anywhere}
.tick{width:1.35rem;height:1.35rem;border-radius:50%;border:2px solid var(--line);flex:none}
.person input:checked+span.row .tick{border:.42rem solid var(--blue)}
.done{text-align:center;padding:2.2rem 1.25rem}.done svg{width:4.6rem;height:4.6rem;margin-bottom:.6rem}
footer{text-align:center;color:var(--soft);font-size:.82rem;padding:0 1rem 1.4rem}
@media (prefers-color-scheme:dark){:root{--ink:#e8eef7;--soft:#a3b1c6;--line:#34445c;--paper:#16202f;--ground:#0d1420;
--blue:#2270d4;--deep:#1a5cb0;--warn:#ffb58a;--warnbg:#3a2216;--ok:#6fd39b}
body{background:radial-gradient(120% 60% at 50% 0,#1a2b45 0,var(--ground) 70%)}
input[type=text]{background:#101826}.ask{background:#101826}button.other{background:transparent}
.person input:checked+span.row{background:#152a47}}
"""

MARK = (
    '<svg viewBox="0 0 32 32" aria-hidden="true"><rect width="32" height="32" rx="8" fill="#0b63ce"/>'
    '<path d="M16 5.5c-4.2 0-7.4 3.2-7.4 7.2 0 5.2 7.4 13.8 7.4 13.8s7.4-8.6 7.4-13.8c0-4-3.2-7.2-7.4-7.2z" '
    'fill="#fff"/><circle cx="16" cy="12.8" r="3" fill="#0b63ce"/></svg>'
)
TICK = (
    '<svg viewBox="0 0 48 48" aria-hidden="true"><circle cx="24" cy="24" r="22" fill="#1b8a4b"/>'
    '<path d="M14 25l7 7 13-15" fill="none" stroke="#fff" stroke-width="4.5" stroke-linecap="round" '
    'stroke-linejoin="round"/></svg>'
)
CROSS = (
    '<svg viewBox="0 0 48 48" aria-hidden="true"><circle cx="24" cy="24" r="22" fill="#66758a"/>'
    '<path d="M16 16l16 16M32 16L16 32" stroke="#fff" stroke-width="4.5" stroke-linecap="round"/></svg>'
)
FACES = {"aino": "#7a3fb0", "ben": "#0f766e", "carla": "#b4541a"}

WRONG = "That code does not match. Check it on the big screen and type it again."
EXPIRED = "That code has run out. Use the new one on the big screen."
USED = "That code was already used. Use the one that is on the big screen now."
EMPTY = "Type the code that the big screen shows."
TOO_MANY = "Too many wrong codes. Wait a minute, then try again."
STALE = "This page was open too long. Type the code again."


def code_page(typed: str = "", problem: str = "") -> str:
    """Ask for the user code."""
    note = f'<p class="note" role="alert" id="problem">{escape(problem)}</p>' if problem else ""
    wrong = ' class="wrong" aria-invalid="true" aria-describedby="problem"' if problem else ""
    return _page(
        "Enter code",
        f"""<div class="card">{note}<h1>Enter the code</h1>
<p class="soft">It is on the big screen in front of you.</p>
<form method="post" action="/device" autocomplete="off">
<label class="field" for="code">Code</label>
<input{wrong} type="text" id="code" name="user_code" value="{escape(typed[:40])}" maxlength="40" required autofocus
 autocapitalize="characters" autocorrect="off" spellcheck="false" inputmode="text" enterkeyhint="next">
<button class="main" type="submit">Next</button></form>
<p class="soft small">Only use a code from a screen that you are standing at.
Never enter one that somebody sent you.</p>
</div>""",
    )


def person_page(grant: Grant, visit: str, tenant: Tenant, problem: str = "") -> str:
    """Ask for the account and for consent."""
    note = f'<p class="note" role="alert">{escape(problem)}</p>' if problem else ""
    registered = tenant.application(grant.client_id)
    app = grant.client_id if registered is None else str(registered["displayName"])
    purpose = "read and change geofences in Azure Storage" if parse_scopes(grant.scope).is_storage else "show maps"
    people = "".join(
        _person(person, maps_role(tenant, person), checked=index == 0) for index, person in enumerate(PEOPLE)
    )
    return _page(
        "Allow sign-in",
        f"""<div class="card">{note}<h1>Sign in to {escape(app)}?</h1>
<p class="soft">A screen asks to {purpose} in your name.</p>
<dl class="ask"><dt>App</dt><dd>{escape(app)}</dd><dt>Organisation</dt><dd>{escape(ORGANISATION)}</dd>
<dt>Code</dt><dd class="code">{escape(grant.user_code)}</dd></dl>
<form method="post" action="/device/decision">
<input type="hidden" name="visit" value="{escape(visit)}">
<fieldset><legend>Choose an account</legend>{people}</fieldset>
<button class="main" type="submit" name="decision" value="allow">Allow</button>
<button class="other" type="submit" name="decision" value="decline">Decline</button></form>
<p class="soft small">Allow only if the screen in front of you shows this code.</p></div>""",
    )


def allowed_page(person: Person) -> str:
    """Confirm the sign-in."""
    return _page(
        "Signed in",
        f"""<div class="card done">{TICK}<h1>You are signed in</h1>
<p>{escape(person.name)}, the big screen goes on by itself.</p><p class="soft">You can close this page.</p></div>""",
    )


def declined_page() -> str:
    """Confirm that the sign-in was declined."""
    return _page(
        "Declined",
        f"""<div class="card done">{CROSS}<h1>Sign-in declined</h1>
<p>The big screen was not signed in.</p><p class="soft">You can close this page.</p></div>""",
    )


def _person(person: Person, role: str, *, checked: bool) -> str:
    initials = person.given_name[0] + person.family_name[0]
    role = role.removeprefix("Azure Maps ") or "no map role"
    tick = " checked" if checked else ""
    return (
        f'<label class="person"><input type="radio" name="person" value="{person.key}"{tick} required>'
        f'<span class="row"><span class="face" style="background:{FACES.get(person.key, "#456")}" aria-hidden="true">'
        f'{escape(initials)}</span><span class="who"><b>{escape(person.name)}</b>'
        f"<small>{escape(person.job)} · {escape(role)}</small></span>"
        '<span class="tick" aria-hidden="true"></span></span></label>'
    )


def _page(title: str, body: str) -> str:
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{escape(title)} · {escape(ORGANISATION)}</title>
<meta name="viewport" content="width=device-width,initial-scale=1,viewport-fit=cover">
<meta name="theme-color" content="#d5e5f8" media="(prefers-color-scheme:light)">
<meta name="theme-color" content="#1a2b45" media="(prefers-color-scheme:dark)">
<meta name="robots" content="noindex"><link rel="icon" href="data:,"><style>{STYLE}</style></head>
<body><main><div class="brand">{MARK}<span>{escape(ORGANISATION)}</span></div>
{body}</main>
<footer>Local cloud with sample people. No real account is involved.</footer></body></html>
"""
