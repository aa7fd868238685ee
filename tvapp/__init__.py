"""Geofences on the big screen: Azure Maps on a TV, signed in from a phone, driven by a remote."""

__version__ = "0.1.0"
