"""Drawing and changing geofences, the lock before it, and how changes get on."""
