"""Screens that draw and edit geofences, the lock before them, and the list of changes."""
