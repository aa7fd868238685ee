"""Where everything lies in the data folder: an update must find what an earlier version left."""

from __future__ import annotations

from pathlib import Path

from tvapp.core.data_folder import DataFolder


def test_everything_lies_where_earlier_versions_put_it() -> None:
    data = DataFolder(Path("/data"))
    found = {name: getattr(data, name).as_posix() for name in dir(DataFolder) if not name.startswith("_")}
    assert found == {
        "root": "/data",
        "instance_lock": "/data/lock",
        "tokens": "/data/auth/tokens.json",
        "tiles": "/data/tiles/tiles.sqlite",
        "geofences": "/data/geofences",
        "outbox": "/data/outbox",
        "views": "/data/views",
        "usage": "/data/usage",
        "lock_tries": "/data/lock-tries",
        "screenshots": "/data/screenshots",
        "crashes": "/data/crashes",
        "control": "/data/control",
    }
