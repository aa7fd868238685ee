"""The map screen and what it opens for looking: action bar, layers, list of geofences, details."""
