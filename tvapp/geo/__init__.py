"""Positions, the Web Mercator projection, plane geometry and geodesy."""
