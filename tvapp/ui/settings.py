"""The settings that screens need: language, units, organisation, what may be edited."""

from __future__ import annotations

import time
from dataclasses import dataclass

from tvapp.config.model import Config, Home
from tvapp.fences.model.kinds import Kind, kinds_for
from tvapp.ui.words.formats import LocalTime, Units
from tvapp.ui.words.lookup import counted, words


@dataclass(frozen=True, slots=True)
class UiSettings:
    """Settings that change what is drawn."""

    language: str = "en"
    units: Units = "metric"
    motion: bool = True
    app_name: str = "tvapp"
    organisation: str = ""
    home: Home | None = None
    can_edit: bool = False
    is_closable: bool = True
    has_lock: bool = False
    kinds: tuple[Kind, ...] = ()
    client_id: str = ""
    resource_id: str = ""
    """The app registration and the Azure Maps account, for the commands that an administrator is shown."""
    local_time: LocalTime = time.localtime

    @classmethod
    def of(cls, config: Config) -> UiSettings:
        """Take the settings of screens from a configuration."""
        return cls(
            language=config.kiosk.language,
            units=config.kiosk.units,
            motion=config.kiosk.motion,
            app_name=config.identity.app_name,
            organisation=config.identity.organisation,
            home=config.view.home,
            can_edit=config.can_edit,
            is_closable=config.kiosk.closable is not False,
            has_lock=config.has_lock,
            client_id=config.identity.client_id,
            resource_id=config.maps.resource_id,
            kinds=kinds_for(config.geofences.kinds, config.kiosk.language),
        )

    def words(self, key: str, **fields: object) -> str:
        """Return a sentence in this TV's language."""
        return words(key, self.language, **fields)

    def counted(self, key: str, count: int) -> str:
        """Return a sentence about a number of things."""
        return counted(key, count, self.language)
