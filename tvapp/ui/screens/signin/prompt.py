"""Draws a code: QR code, address, user code, countdown, status, and the sentence against phishing."""

from __future__ import annotations

from dataclasses import dataclass, replace

from tvapp.auth.view import Prompt, SessionView
from tvapp.ui import layout, theme
from tvapp.ui.canvas import Canvas, Rect, TextStyle
from tvapp.ui.qr import qr_modules
from tvapp.ui.settings import UiSettings
from tvapp.ui.widgets.countdown import draw_countdown
from tvapp.ui.widgets.label import draw_icon, in_middle, label, paragraph, shrink
from tvapp.ui.widgets.surface import focus_ring, grown
from tvapp.ui.words.formats import countdown

CARD_PAD = 12.0
"""White around the QR code's own quiet zone."""
COLUMN_GAP = 72.0
REASON_HEIGHT = 80.0
LAST_S = 3.0
GROUP_GAP = 0.5
"""Space between two groups of the user code, in widths of a character."""
LONGEST_GROUP = 4


@dataclass(frozen=True, slots=True)
class PromptPicture:
    """The content of a frame of the sign-in screen."""

    prompt: Prompt
    view: SessionView
    settings: UiSettings
    status: str
    tells_clock: bool = False
    """The status is that the clock is wrong."""
    reason: str = ""
    """Why a code is shown after the first sign-in; empty before it."""
    opacity: float = 1.0
    focus_growth: float = 1.0
    focused: bool = True

    @property
    def organisation(self) -> str:
        """The organisation whose account is needed."""
        return self.view.organisation or self.settings.organisation

    @property
    def app_name(self) -> str:
        """The app that the viewer signs in to."""
        return self.view.app_name or self.settings.app_name


def groups(code: str) -> tuple[str, ...]:
    """Divide a user code into groups of at most four, as even as possible; a code with separators stays whole.

    >>> groups("CB7F9OQX0")
    ('CB7', 'F9O', 'QX0')
    >>> groups("ABCD-EFGH")
    ('ABCD-EFGH',)
    """
    if not code.isalnum():
        return (code,)
    count = -(-len(code) // LONGEST_GROUP)
    sizes = [len(code) // count + (1 if index < len(code) % count else 0) for index in range(count)]
    starts = [sum(sizes[:index]) for index in range(count)]
    return tuple(code[start : start + size] for start, size in zip(starts, sizes, strict=True))


def code_style(canvas: Canvas, code: str, width: float, opacity: float = 1.0) -> TextStyle:
    """Return the largest style in which the code fits `width`, never below 96."""
    gaps = (len(groups(code)) - 1) * GROUP_GAP
    size = theme.CODE
    while size > theme.CODE_MIN:
        each = canvas.measure("0", theme.style(size, face="mono"))[0]
        if each * (len(code) + gaps) <= width:
            break
        size -= 4
    return theme.style(size, theme.TEXT.faded(opacity), "mono")


def draw_code(canvas: Canvas, code: str, box: Rect, opacity: float) -> None:
    """Draw the user code from the left of a box, in the middle of its height."""
    style = code_style(canvas, code, box.w, opacity)
    each, height = canvas.measure("0", style)
    x, y = box.x, box.center[1] - height / 2
    for group in groups(code):
        canvas.text(group, x, y, style)
        x += each * (len(group) + GROUP_GAP)


def draw_prompt(canvas: Canvas, picture: PromptPicture) -> None:
    """Draw the usual layout: words on the left, QR code on the right, the app's name above."""
    area = layout.content(canvas)
    brand = _draw_brand(canvas, area, picture)
    draw_prompt_in(canvas, Rect(area.x, brand, area.w, area.bottom - brand), picture)


def draw_prompt_in(canvas: Canvas, area: Rect, picture: PromptPicture) -> None:
    """Draw words and QR code into `area`, which is wide enough for both."""
    side = theme.QR_SIDE + 2 * CARD_PAD
    height = min(area.h, side + 64 + (REASON_HEIGHT if picture.reason else 0))
    top = area.y + (area.h - height) / 2
    card = Rect(area.right - side, top, side, side)
    _draw_qr(canvas, card, picture)
    say = picture.settings.words
    caption = Rect(card.x, card.bottom + 18, card.w, 44)
    in_middle(canvas, say("signin.scan"), caption, theme.style(theme.BODY, theme.MUTED))
    column = Rect(area.x, top, card.x - COLUMN_GAP - area.x, height)
    _draw_words(canvas, column, picture)


def draw_large_prompt(canvas: Canvas, picture: PromptPicture) -> None:
    """Draw the QR code as high as the screen allows, with address and code beside it."""
    area = layout.content(canvas)
    area = Rect(area.x, area.y, area.w, area.h - theme.GAP)
    column_width = max(660.0, area.w - area.h - COLUMN_GAP)
    side = min(area.h, area.w - column_width - COLUMN_GAP)
    card = Rect(area.x, area.y + (area.h - side) / 2, side, side)
    _draw_qr(canvas, card, picture)
    x, width = card.right + COLUMN_GAP, area.right - card.right - COLUMN_GAP
    say = picture.settings.words
    code = picture.prompt.user_code
    lines = _code_lines(canvas, code, width)
    y = area.y + max(0.0, (area.h - 620 - 130 * len(lines)) / 2)
    _draw_target(canvas, x, y, width, picture)
    y = _draw_address(canvas, x, y + 76, width, picture)
    label(canvas, say("signin.step.code"), x, y, width, theme.style(theme.BODY, theme.MUTED))
    y += 56
    for line in lines:
        style = theme.style(theme.CODE_MIN, theme.TEXT.faded(picture.opacity), "mono")
        each, height = canvas.measure("0", style)
        left = x
        for group in line:
            canvas.text(group, left, y, style)
            left += each * (len(group) + GROUP_GAP)
        y += height + 4
    y = _draw_time(canvas, x, y + 16, width, picture)
    _draw_status(canvas, x, y + 36, width, picture)
    _draw_safety(canvas, Rect(x, y + 144, width, 110), picture)


def _code_lines(canvas: Canvas, code: str, width: float) -> list[list[str]]:
    """Divide the groups of a code into lines that fit at 96."""
    each = canvas.measure("0", theme.style(theme.CODE_MIN, face="mono"))[0]
    lines: list[list[str]] = [[]]
    used = 0.0
    for group in groups(code):
        need = each * (len(group) + (GROUP_GAP if lines[-1] else 0))
        if lines[-1] and used + need > width:
            lines.append([])
            used, need = 0.0, each * len(group)
        lines[-1].append(group)
        used += need
    return lines


def _draw_brand(canvas: Canvas, area: Rect, picture: PromptPicture) -> float:
    draw_icon(canvas, "map-pinned", area.x + 22, area.y + 26, 44, theme.ACCENT)
    label(canvas, picture.app_name, area.x + 60, area.y + 4, area.w / 2, theme.style(theme.LEAD, face="bold"))
    return area.y + 64


def _draw_words(canvas: Canvas, box: Rect, picture: PromptPicture) -> None:
    say = picture.settings.words
    x, y, width = box.x, box.y, box.w
    label(canvas, say(_title(picture.view)), x, y - 12, width, theme.style(theme.TITLE, face="bold"))
    y += 76
    account = picture.view.account
    lead = say("signin.permission.account" if picture.view.permission else "signin.to") + " "
    style = theme.style(theme.LEAD, theme.MUTED)
    offset = label(canvas, lead, x, y, width, style)
    if picture.view.permission and account is not None:
        name = account.name or account.username
        label(canvas, name, x + offset, y, width - offset, theme.style(theme.LEAD, face="bold"))
    else:
        _draw_target(canvas, x + offset, y, width - offset, picture)
    if picture.reason:
        y = paragraph(canvas, picture.reason, x, y + 52, width, theme.style(theme.SMALL, theme.MUTED), 2) - 62
    y = _draw_address(canvas, x, y + 82, width, picture)
    label(canvas, say("signin.step.code"), x, y, width, theme.style(theme.BODY, theme.MUTED))
    y += 46
    draw_code(canvas, picture.prompt.user_code, Rect(x, y, width, 150), picture.opacity)
    y = _draw_time(canvas, x, y + 156, width, picture)
    _draw_status(canvas, x, y + 22, width, picture)
    _draw_safety(canvas, Rect(x, box.bottom - 64, width, 72), picture)


def _title(view: SessionView) -> str:
    if view.permission:
        return "signin.permission.title"
    return "signin.again.title" if view.again else "signin.title"


def _draw_safety(canvas: Canvas, box: Rect, picture: PromptPicture) -> None:
    draw_icon(canvas, "shield-check", box.x + 20, box.y + 20, 40, theme.GOOD)
    style = theme.style(theme.SMALL, theme.MUTED)
    paragraph(canvas, picture.settings.words("signin.safety"), box.x + 60, box.y, box.w - 60, style, 3)


def _draw_target(canvas: Canvas, x: float, y: float, width: float, picture: PromptPicture) -> None:
    """Draw organisation and app; a long organisation is cut, the app is not."""
    style = theme.style(theme.LEAD, face="bold")
    app = f" · {picture.app_name}" if picture.organisation else picture.app_name
    room = width - canvas.measure(app, style)[0]
    x += label(canvas, picture.organisation, x, y, room, style)
    label(canvas, app, x, y, width, style)


def _draw_address(canvas: Canvas, x: float, y: float, width: float, picture: PromptPicture) -> float:
    say = picture.settings.words
    label(canvas, say("signin.step.address"), x, y, width, theme.style(theme.BODY, theme.MUTED))
    address = picture.prompt.verification_uri
    style = shrink(canvas, address, theme.style(theme.HEADING, theme.ACCENT, "mono"), width, theme.CAPTION)
    height = canvas.measure(address, theme.style(theme.HEADING, face="mono"))[1]
    label(canvas, address, x, y + 48 + (height - canvas.measure(address, style)[1]) / 2, width, style)
    return y + 48 + height + 28


def _draw_time(canvas: Canvas, x: float, y: float, width: float, picture: PromptPicture) -> float:
    left = picture.view.remaining_s or 0.0
    draw_countdown(canvas, Rect(x, y, width, 10), left / max(picture.prompt.expires_in, 1.0))
    key = "signin.expires" if left > LAST_S else "signin.expires.last"
    sentence = picture.settings.words(key, time=countdown(left))
    label(canvas, sentence, x, y + 24, width, theme.style(theme.SMALL, theme.MUTED))
    return y + 60


def _draw_status(canvas: Canvas, x: float, y: float, width: float, picture: PromptPicture) -> None:
    looks = {"offline": ("wifi-off", theme.WARN), "busy": ("hourglass", theme.WARN)}
    name, color = looks.get(picture.view.status, ("smartphone", theme.ACCENT))
    if picture.tells_clock:
        name, color = "clock", theme.WARN
    draw_icon(canvas, name, x + 20, y + 20, 38, color)
    # The dots change once a second, to show that the app is alive.
    left = picture.view.remaining_s or 0.0
    dots = "." * (1 + int(left) % 3) if picture.view.status == "waiting" and not picture.tells_clock else ""
    paragraph(canvas, picture.status + dots, x + 60, y, width - 60, replace(theme.style(theme.BODY), color=color), 2)


def _draw_qr(canvas: Canvas, card: Rect, picture: PromptPicture) -> None:
    body = grown(card, picture.focus_growth) if picture.focused else card
    canvas.panel(body, theme.PAPER, 28)
    canvas.qr(qr_modules(picture.prompt.qr_uri), card.inset(CARD_PAD))
    if picture.focused:
        focus_ring(canvas, body.inset(-theme.RING), 28 + theme.RING)
