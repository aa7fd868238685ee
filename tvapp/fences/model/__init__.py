"""What a geofence is, when it counts, what it looks like, and what can be asked about it."""
