"""The spatial index: finds geofences by place (numpy)."""
