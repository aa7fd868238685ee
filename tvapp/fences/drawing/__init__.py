"""Geofences and their names as pictures, drawn on workers."""
