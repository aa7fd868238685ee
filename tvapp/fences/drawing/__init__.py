"""Draws geofences and their names as images, on workers."""
