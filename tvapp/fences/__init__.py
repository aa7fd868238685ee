"""Geofences: model, GeoJSON, spatial index, rasterising; the stores are edges."""
