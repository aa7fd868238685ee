"""Finding geofences by place (numpy)."""
