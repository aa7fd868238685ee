"""The stores of geofences, one in a module with its helpers."""
