"""What the map shows: viewport, camera, layers, and the quads of each frame. Pure."""
