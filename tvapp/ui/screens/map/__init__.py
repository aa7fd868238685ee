"""The map screen and the panels it opens: action bar, layers, list of geofences, details."""
