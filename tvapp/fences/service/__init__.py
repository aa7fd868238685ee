"""Keeps one store's geofences up to date on this screen: loading, indexing, overlaying changes, snapshot."""
