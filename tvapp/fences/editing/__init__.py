"""Drawing, moving, resizing and reshaping geofences with six keys, as state machines."""
