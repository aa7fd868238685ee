"""Where geofences live: one store a module."""
