"""Steps with other graphics cards: the disk of the same TV in a machine with bochs-drm."""

from __future__ import annotations

from functools import partial

from scripts.tvbox_rig import pictures
from scripts.tvbox_rig.journey import is_drawn
from scripts.tvbox_rig.steps import NotMetError, Step
from scripts.tvbox_rig.tv import BOOT_WITHIN_S, Tv

TOLD = ("display.waiting", "display.lost")
"""Events by which the app says that nothing can be drawn."""


def gpu_steps(tv: Tv) -> list[Step]:
    """Return the steps; the TV is on, and shows the map."""
    return [
        Step(
            "bochs-drm",
            "the map in the picture; or, if it is black, the log and systemd say so",
            partial(other_card, tv, "bochs"),
        )
    ]


def other_card(tv: Tv, gpu: str) -> str:
    """Change the graphics card, and see either a picture or a word about its absence."""
    tv.guest.check("sync")
    tv.machine.pull_plug()
    mark = tv.mark()
    tv.machine.power_on(gpu)
    found = tv.journal.wait(mark, lambda entry: entry.event in (*TOLD, "map.settled", "signin.prompted"), BOOT_WITHIN_S)
    if found is None:
        raise NotMetError("neither a map nor a word about the display in the log")
    tv.wait_for_shell()
    image = tv.steady_picture()
    status = tv.unit("StatusText")
    if is_drawn(image):
        return f"a picture ({pictures.lit_share(image):.0%} of it is lit); systemd: {status}"
    if found.event not in TOLD:
        raise NotMetError(f"a black picture, while the log says {found.event} and systemd says {status}")
    return f"a black picture, and the log says {found.event}: {found.fields.get('reason')}; systemd: {status}"
