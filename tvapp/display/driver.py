"""Chooses SDL's renderer by the hardware that is there, never by SDL's default.

Under X11 without a GPU, SDL's default pushes every frame through Mesa's software OpenGL: 16.6 ms at 1920x1080 where
SDL's own software renderer with a plain shared-memory window takes 1.4 ms.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

RendererPreference = Literal["auto", "accelerated", "software"]

SOFTWARE = "software"
"""SDL's name of its renderer that draws without a GPU."""

FIRST_CHOICE: Mapping[str, str] = {"kmsdrm": "opengles2"}
"""The renderer to try first on a video driver.

On KMS/DRM SDL makes a context of OpenGL ES. Its first renderer, "opengl", takes that for OpenGL and draws nothing. So
does "software", which shows its frames through SDL's first renderer unless SDL_FRAMEBUFFER_ACCELERATION names another.
"""

NO_GPUS = frozenset({"vgem", "vkms"})
"""Drivers of the kernel that offer a render node and have no hardware at all."""

HEADLESS_DRIVERS = frozenset({"dummy", "offscreen"})
"""Video drivers without a screen or input: only other threads can end a wait."""

SDL_HINTS: Mapping[str, str] = {
    "SDL_NO_SIGNAL_HANDLERS": "1",
    "SDL_VIDEO_ALLOW_SCREENSAVER": "0",
    "SDL_VIDEO_MINIMIZE_ON_FOCUS_LOSS": "0",
    "SDL_VIDEO_X11_NET_WM_BYPASS_COMPOSITOR": "1",
    "SDL_VIDEO_X11_WMCLASS": "tvapp",
    "SDL_VIDEO_WAYLAND_WMCLASS": "tvapp",
    "SDL_RENDER_BATCHING": "1",
    # A gamepad controls the app also while another window has the focus: a TV has one viewer.
    "SDL_JOYSTICK_ALLOW_BACKGROUND_EVENTS": "1",
    "SDL_MOUSE_TOUCH_EVENTS": "0",
}


@dataclass(frozen=True, slots=True)
class RendererChoice:
    """Environment variables to set (SDL's hints), and whether to use a renderer on the GPU."""

    environment: Mapping[str, str]
    accelerated: bool
    reason: str


def has_gpu(dri: Path = Path("/dev/dri"), drm: Path = Path("/sys/class/drm")) -> bool:
    """Tell whether the kernel offers a GPU for rendering: a DRM render node with hardware behind it."""
    return any(_is_gpu(drm / node.name / "device") for node in dri.glob("renderD*"))


def _is_gpu(device: Path) -> bool:
    if (device / "driver").resolve().name in NO_GPUS:
        return False
    # Bit strings. The first bit is VIRTIO_GPU_F_VIRGL: the host draws in 3D. Without it Mesa draws on the CPU.
    for features in (*device.glob("features"), *device.glob("virtio*/features")):
        with contextlib.suppress(OSError):
            return features.read_text("ascii", "replace").startswith("1")
    return True  # not a virtio device


def choose_renderer(wish: RendererPreference, environ: Mapping[str, str], gpu: bool) -> RendererChoice:
    """Decide between the GPU and SDL's software renderer.

    >>> choose_renderer("auto", {"DISPLAY": ":0"}, gpu=False).reason
    'no GPU'
    """
    video = expected_driver(environ)
    smooth = {} if "SDL_RENDER_SCALE_QUALITY" in environ else {"SDL_RENDER_SCALE_QUALITY": "linear"}
    software: dict[str, str] = {}  # with a GPU too: its renderers may turn out not to draw
    if "SDL_FRAMEBUFFER_ACCELERATION" not in environ:
        # How SDL shows what its software renderer has drawn. By default it would go through its first renderer, which
        # on X11 is slow and on KMS/DRM black. Wayland and KMS/DRM have no way but a renderer.
        if video == "x11":
            software["SDL_FRAMEBUFFER_ACCELERATION"] = "0"
        elif video in FIRST_CHOICE:
            software["SDL_FRAMEBUFFER_ACCELERATION"] = FIRST_CHOICE[video]
    if forced := environ.get("SDL_RENDER_DRIVER"):
        return RendererChoice(software, forced != SOFTWARE, f"SDL_RENDER_DRIVER is {forced}")
    if wish == "accelerated":
        return RendererChoice({**smooth, **software}, True, "configured")
    if wish == "software":
        return RendererChoice(software, False, "configured")
    if video in HEADLESS_DRIVERS:
        return RendererChoice(software, False, f"nothing to show on the {video} driver")
    if not gpu and video in FIRST_CHOICE:
        # The frame goes through that renderer anyway.
        return RendererChoice(software, True, f"no GPU, and {video} draws through {FIRST_CHOICE[video]}")
    if not gpu:
        return RendererChoice(software, False, "no GPU")
    # A GPU scales smoothly at no cost; in software that doubles the cost of scaled tiles (8 instead of 4 ms a screen).
    return RendererChoice({**smooth, **software}, True, "GPU found")


def renderer_order(choice: RendererChoice, driver: str, available: Sequence[str], forced: str = "") -> tuple[str, ...]:
    """Return the renderers to try, the best first. `available` are SDL's, in its order; `forced` is SDL_RENDER_DRIVER.

    >>> gpu = RendererChoice({}, True, "GPU found")
    >>> renderer_order(gpu, "kmsdrm", ["opengl", "opengles2", "software"])
    ('opengles2', 'opengl', 'software')
    """
    if not choice.accelerated:
        return (SOFTWARE,)
    first = [name for name in (forced, FIRST_CHOICE.get(driver, "")) if name in available]
    others = [name for name in available if name != SOFTWARE]
    return tuple(dict.fromkeys((*first, *others, SOFTWARE)))


def expected_driver(environ: Mapping[str, str]) -> str:
    """Predict SDL's video driver, because SDL's hints have to be set before it starts."""
    if forced := environ.get("SDL_VIDEODRIVER", ""):
        return forced.split(",")[0].lower()  # SDL compares without case, and calls its own driver KMSDRM
    if environ.get("DISPLAY"):
        return "x11"
    return "wayland" if environ.get("WAYLAND_DISPLAY") else "kmsdrm"
