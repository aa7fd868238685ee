"""The app on a graphics card that sends black, whatever is drawn."""

from __future__ import annotations

import sys

from tvapp.app.probe import Probe
from tvapp.commands.cli import parse
from tvapp.commands.run import run_app
from tvapp.display.console_screen import ConsoleScreen
from tvapp.display.hotplug import Hotplug
from tvapp.display.scanout import Scanout
from tvapp.display.window import Display
from tvapp.host.process import end


class BlackCard(Probe):
    """Has the display watched as without a desktop."""

    def display(self, display: Display) -> Display:
        display.console = ConsoleScreen(Hotplug(lambda: {"HDMI-A-1": True}), lambda: Scanout(True, True))
        return display


end(run_app(parse(sys.argv[1:]), BlackCard()))
