"""Viewport, camera, layers and scene: what the map shows; pure."""
