"""Drawing, moving and reshaping geofences with six keys, as state machines."""
