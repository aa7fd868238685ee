"""Geofences on the big screen: Azure Maps on a TV, signed in from a phone, driven by a remote."""

__version__ = "0.1.0"

RELEASED = "2026-11-23"
"""The day on which this version was made (UTC); it is set with `__version__`. No clock that is right shows an earlier
one, which is how a TV that has just been switched on knows that its clock has not been set yet (`core.clock`)."""
