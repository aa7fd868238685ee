"""Positions, projection and geodesy; pure."""
