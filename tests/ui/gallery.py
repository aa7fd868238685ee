"""Every screen in the states that matter, each under a name: for tests over all of them and for pictures of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from tests.ui.fakes import (
    AINO,
    LONG_ADDRESS,
    LONG_CODE,
    LONG_NAME,
    LONG_ORGANISATION,
    FakeActions,
    FakeSession,
    Remote,
    problem,
    prompting,
    waiting,
)
from tvapp.auth.view import SessionView
from tvapp.remote.intents import Intent
from tvapp.ui.canvas import Canvas
from tvapp.ui.screens.signin import SignInScreen
from tvapp.ui.settings import UiSettings
from tvapp.ui.stack import ScreenStack


@dataclass(slots=True)
class Scene:
    """A stack of screens at one moment."""

    stack: ScreenStack
    actions: FakeActions = field(default_factory=FakeActions)
    now: float = 100.0

    def draw(self, canvas: Canvas) -> None:
        """Draw the moment."""
        self.stack.update(self.now)
        self.stack.draw(canvas, self.now)

    @property
    def remote(self) -> Remote:
        return Remote(self.stack, self.now)


Build = Callable[[int, int], Scene]
"""Makes a scene for a screen of so many real pixels."""

SETTINGS = UiSettings(app_name="Geofence TV", organisation="Contoso Harbour", motion=False)


def sign_in(view: SessionView, *keys: Intent) -> Build:
    def build(_width: int, _height: int) -> Scene:
        scene = Scene(ScreenStack())
        screen = SignInScreen(SETTINGS, scene.stack, scene.actions, FakeSession(view, scene.now), scene.now)
        scene.stack.show(screen)
        remote = scene.remote
        for key in keys:
            remote.press(key)
        scene.now = remote.now if keys else scene.now
        return scene

    return build


SCENES: dict[str, Build] = {
    "signin": sign_in(prompting()),
    "signin-long": sign_in(prompting(LONG_CODE, LONG_ADDRESS, LONG_ORGANISATION, "offline", retry_in_s=12.0)),
    "signin-large": sign_in(prompting(), Intent.SELECT),
    "signin-large-long": sign_in(prompting(LONG_CODE, LONG_ADDRESS, LONG_ORGANISATION), Intent.SELECT),
    "signin-leave": sign_in(prompting(), Intent.BACK),
    "signin-requesting": sign_in(waiting("requesting", "requesting")),
    "signin-offline": sign_in(waiting("offline", "offline", problem=problem("tls-failed"), retry_in_s=14.0)),
    "signin-blocked": sign_in(waiting("failed", "failed", problem=problem("blocked-by-policy", 53003))),
    "signin-declined": sign_in(waiting("failed", "failed", problem=problem("declined", correlation_id=""))),
    "signin-registration": sign_in(waiting("failed", "failed", problem=problem("service-missing", 650057))),
    "signin-paused": sign_in(waiting("paused", "paused")),
    "signin-signed-out": sign_in(waiting("signed-out", "signed-out")),
    "signin-welcome": sign_in(waiting("succeeded", "succeeded", account=AINO)),
    "signin-welcome-long": sign_in(waiting("succeeded", "succeeded", account=LONG_NAME)),
}
"""Name -> how to build it."""
