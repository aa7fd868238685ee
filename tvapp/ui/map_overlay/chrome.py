"""Draws what surrounds the map: chips, crosshair, scale bar, attribution, toast. All of it stays in the safe area."""

from __future__ import annotations

from collections.abc import Sequence

from tvapp.mapview.scale_bar import scale_bar
from tvapp.ui import layout, theme
from tvapp.ui.canvas import Canvas, Color, Rect, TextStyle
from tvapp.ui.map_state.state import MapState
from tvapp.ui.widgets.label import draw_icon, fit, in_middle, wrap
from tvapp.ui.widgets.surface import glass
from tvapp.ui.words.formats import clock_time, short_date

CHIP_HEIGHT = 60.0
ACCOUNT_WIDTH = 520.0
ATTRIBUTION_PART = 0.42
"""Part of the width that the attribution may use; longer attributions take more lines."""
READOUT_PART = 0.55
"""Part of the width that the crosshair's read-out may use."""
TOAST_PART = 0.6
"""Part of the width that a toast may use, so that the scale bar keeps its place beside it."""
TOAST_LINE = 44.0
SCALE_WIDTH = 260.0
SCALE_HEIGHT = 44.0
HALO = 4.0
"""The dark edge of text and lines without a panel reaches out less than this."""
ATTRIBUTION_LINE = 32.0
ATTRIBUTION_PAD = (14.0, 6.0)


def draw_chips(canvas: Canvas, state: MapState) -> float:
    """Draw the account at the upper left, clock and connection at the upper right; returns the y below them."""
    wall = state.wall()
    local = state.settings.local_time
    safe = layout.safe_area(canvas).moved(*theme.drift(wall))
    if state.account is not None:
        canvas.draw_cached(_paint_account, safe, state.account.name or state.account.username)
    is_offline = state.troubles.offline_since is not None
    clock = canvas.draw_cached(_paint_clock, safe, short_date(wall, local), clock_time(wall, local), is_offline)
    _changes_chip(canvas, state, clock)
    return safe.y + CHIP_HEIGHT + theme.GAP


def _paint_account(canvas: Canvas, safe: Rect, name: str) -> Rect:
    style = theme.style(theme.SMALL, theme.MUTED)
    shown = fit(canvas, name, style, ACCOUNT_WIDTH)
    box = Rect(safe.x, safe.y, canvas.measure(shown, style)[0] + 86, CHIP_HEIGHT)
    glass(canvas, box, CHIP_HEIGHT / 2)
    draw_icon(canvas, "circle-user", box.x + 36, box.center[1], 34, theme.MUTED)
    in_middle(canvas, shown, Rect(box.x + 64, box.y, box.w, box.h), style, "left")
    return box


def _changes_chip(canvas: Canvas, state: MapState, clock: Rect) -> None:
    """Draw the progress of changes that are not in the store yet, left of the clock."""
    outbox, settings = state.edits.outbox, state.settings
    if not outbox.entries:
        return
    stuck = sum(entry.is_stuck for entry in outbox.entries)
    if stuck:
        icon, color, words = "circle-alert", theme.WARN, settings.counted("chip.stuck", stuck)
    elif outbox.sending is not None:
        is_at_work = outbox.step is not None and outbox.step.status == "processing"
        icon, color = "cloud-upload", theme.ACCENT
        words = settings.words("chip.processing" if is_at_work else "chip.sending")
    else:
        icon, color, words = "hourglass", theme.WARN, settings.counted("chip.waiting", len(outbox.entries))
    canvas.draw_cached(_paint_changes, clock, icon, color, words)


def _paint_changes(canvas: Canvas, clock: Rect, icon: str, color: Color, words: str) -> Rect:
    style = theme.style(theme.SMALL, theme.TEXT)
    width = canvas.measure(words, style)[0] + 96
    box = Rect(clock.x - theme.GAP - width, clock.y, width, CHIP_HEIGHT)
    glass(canvas, box, CHIP_HEIGHT / 2)
    draw_icon(canvas, icon, box.x + 40, box.center[1], 34, color)
    in_middle(canvas, words, Rect(box.x + 70, box.y, width - 80, box.h), style, "left")
    return box


def draw_toast(canvas: Canvas, state: MapState, bottom: float | None = None) -> None:
    """Draw the toast, if any: above the hint line and the read-out, or with its lower edge at `bottom`."""
    toast = state.toast
    if toast is None:
        return
    safe = layout.safe_area(canvas)
    if bottom is None:
        bottom = safe.bottom - theme.HINT_HEIGHT - 96
    style = theme.style(theme.BODY)
    lines = wrap(canvas, toast.words, style, safe.w * TOAST_PART, 2)
    inner = max(canvas.measure(line, style)[0] for line in lines)
    width, height = inner + 84 + theme.PAD, 32 + TOAST_LINE * len(lines)
    attribution = attribution_box(canvas, state)[0]
    if safe.center[0] + width / 2 > attribution.x - theme.GAP:
        bottom = min(bottom, attribution.y - theme.PAD)
    box = Rect(safe.center[0] - width / 2, bottom - height, width, height)
    glass(canvas, box, 38)
    color = theme.WARN if toast.icon == "circle-alert" else theme.GOOD
    draw_icon(canvas, toast.icon, box.x + 48, box.center[1], 40, color)
    for number, line in enumerate(lines):
        row = Rect(box.x + 84, box.y + 16 + TOAST_LINE * number, inner + 1, TOAST_LINE)
        in_middle(canvas, line, row, style, "left")


def draw_readout(canvas: Canvas, words: str, wall: float) -> None:
    """Draw the read-out of the crosshair, above the hint line at the left."""
    if words:
        dx, dy = theme.drift(wall)
        canvas.draw_cached(_paint_readout, layout.safe_area(canvas).moved(max(0.0, dx), min(0.0, dy)), words)


def _paint_readout(canvas: Canvas, safe: Rect, words: str) -> Rect:
    style = theme.style(theme.CAPTION, theme.TEXT)
    shown = fit(canvas, words, style, safe.w * READOUT_PART)
    width = canvas.measure(shown, style)[0] + 40
    box = Rect(safe.x, safe.bottom - theme.HINT_HEIGHT - theme.GAP - 52, width, 48)
    glass(canvas, box, 14)
    in_middle(canvas, shown, Rect(box.x + 20, box.y, width - 30, box.h), style, "left")
    return box


def _paint_clock(canvas: Canvas, safe: Rect, day_text: str, time_text: str, is_offline: bool) -> Rect:
    time_style = theme.style(theme.LEAD, theme.TEXT, "bold")
    day_style = theme.style(theme.CAPTION, theme.MUTED)
    time_width, day_width = canvas.measure(time_text, time_style)[0], canvas.measure(day_text, day_style)[0]
    width = 28 + 32 + 18 + day_width + 18 + time_width + 28
    box = Rect(safe.right - width, safe.y, width, CHIP_HEIGHT)
    glass(canvas, box, CHIP_HEIGHT / 2)
    icon, color = ("wifi-off", theme.WARN) if is_offline else ("wifi", theme.MUTED)
    draw_icon(canvas, icon, box.x + 28 + 16, box.center[1], 32, color)
    in_middle(canvas, day_text, Rect(box.x + 78, box.y, day_width + 1, box.h), day_style, "left")
    in_middle(canvas, time_text, Rect(box.x + 96 + day_width, box.y, time_width + 1, box.h), time_style, "left")
    return box


def attribution_box(canvas: Canvas, state: MapState) -> tuple[Rect, list[str]]:
    """Return the box of the attribution and its lines; nothing else may be drawn in the box."""
    return _attribution(canvas, _attribution_area(canvas, state), state.attribution)


def _attribution_area(canvas: Canvas, state: MapState) -> Rect:
    dx, dy = theme.drift(state.wall())
    return layout.safe_area(canvas).moved(min(0.0, dx), min(0.0, dy))


def _attribution(canvas: Canvas, safe: Rect, copyrights: Sequence[str]) -> tuple[Rect, list[str]]:
    style = theme.style(theme.CAPTION)
    lines = _credit_lines(canvas, copyrights, style, safe.w * ATTRIBUTION_PART)
    width = max((canvas.measure(line, style)[0] for line in lines), default=0.0)
    height = len(lines) * ATTRIBUTION_LINE
    return Rect(safe.right - width, safe.bottom - height, width, height), lines


def _credit_lines(canvas: Canvas, copyrights: Sequence[str], style: TextStyle, width: float) -> list[str]:
    """Join credits into as few lines as possible; only a credit that is wider than a line is broken."""
    lines: list[str] = []
    for credit in copyrights:
        joined = f"{lines[-1]} · {credit}" if lines else credit
        if lines and canvas.measure(joined, style)[0] <= width:
            lines[-1] = joined
        else:
            lines += wrap(canvas, credit, style, width, 2)
    return lines


def draw_attribution(canvas: Canvas, state: MapState) -> Rect:
    """Draw the attribution at the lower right; returns its box."""
    panel = canvas.draw_cached(_paint_attribution, _attribution_area(canvas, state), state.attribution)
    return panel.inset(*ATTRIBUTION_PAD)


def _paint_attribution(canvas: Canvas, safe: Rect, copyrights: tuple[str, ...]) -> Rect:
    box, lines = _attribution(canvas, safe, copyrights)
    panel = box.inset(-ATTRIBUTION_PAD[0], -ATTRIBUTION_PAD[1])
    if lines:
        canvas.panel(panel, theme.GLASS, 12)
    for index, line in enumerate(lines):
        canvas.text(line, box.right, box.y + index * ATTRIBUTION_LINE, theme.style(theme.CAPTION, theme.MUTED), "right")
    return panel


def scale_bottom(canvas: Canvas, above: Rect) -> float:
    """Return the lower end of the scale bar, above the attribution; its drift only moves it upwards."""
    return min(above.y, layout.safe_area(canvas).bottom) - 30


def draw_scale(canvas: Canvas, state: MapState, above: Rect) -> None:
    """Draw the scale bar above the attribution."""
    view = state.viewport
    bar = scale_bar(view.ground_resolution_m() * view.scale, SCALE_WIDTH, state.settings.units)
    dx, dy = theme.drift(state.wall())
    right = layout.safe_area(canvas).right + min(0.0, dx)
    # Rounded to a real pixel: the scale changes with every step north or south, less than a pixel each time.
    length = round(bar.length_px * canvas.scale) / canvas.scale
    canvas.draw_cached(_paint_scale, right, scale_bottom(canvas, above) + min(0.0, dy), bar.label, length)


def _paint_scale(canvas: Canvas, right: float, bottom: float, label: str, length: float) -> Rect:
    style = theme.style(theme.CAPTION, theme.TEXT, "bold", halo=theme.EDGE)
    width = max(length, canvas.measure(label, style)[0])
    canvas.text(label, right, bottom - SCALE_HEIGHT, style, "right")
    left = right - length
    for grow, color in ((2, theme.EDGE), (0, theme.TEXT)):
        canvas.fill(Rect(left, bottom - 5, length, 5).inset(-grow), color)
        canvas.fill(Rect(left, bottom - 14, 5, 14).inset(-grow), color)
        canvas.fill(Rect(right - 5, bottom - 14, 5, 14).inset(-grow), color)
    canvas.fill(Rect(left, bottom - 5, length, 5), theme.TEXT)
    return Rect(right - width, bottom - SCALE_HEIGHT, width, SCALE_HEIGHT).inset(-HALO)


def draw_crosshair(canvas: Canvas, *, on_fence: bool, pressed: bool) -> None:
    """Draw the crosshair in the middle: light with a dark edge, so that it shows on any map.

    It does not drift, because it marks a place; dimming protects it from burn-in.
    """
    canvas.draw_cached(_paint_crosshair, on_fence, pressed)


def _paint_crosshair(canvas: Canvas, on_fence: bool, pressed: bool) -> Rect:
    x, y = canvas.width / 2, canvas.height / 2
    radius = 18.0 if pressed else 22.0
    color = theme.ACCENT if on_fence else Color(255, 255, 255)
    ring = Rect(x - radius, y - radius, 2 * radius, 2 * radius)
    canvas.ring(ring.inset(-2), theme.EDGE, 8, radius + 2)
    canvas.ring(ring, color, 4, radius)
    long, gap = 16.0, radius + 6
    for dx, dy in ((1, 0), (-1, 0), (0, 1), (0, -1)):
        w, h = (long, 4.0) if dx else (4.0, long)
        tick = Rect(x + dx * (gap + long / 2) - w / 2, y + dy * (gap + long / 2) - h / 2, w, h)
        canvas.fill(tick.inset(-2), theme.EDGE)
        canvas.fill(tick, color)
    canvas.fill(Rect(x - 4, y - 4, 8, 8), theme.EDGE)
    canvas.fill(Rect(x - 2.5, y - 2.5, 5, 5), color)
    reach = gap + long
    return Rect(x - reach, y - reach, 2 * reach, 2 * reach).inset(-HALO)
