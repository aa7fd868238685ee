"""GeoJSON with Azure Maps' geofence extensions: reading, writing, and editing files in place."""
