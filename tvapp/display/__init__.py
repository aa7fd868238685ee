"""The window, the renderer and the canvas on the real screen."""
