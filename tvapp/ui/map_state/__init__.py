"""The state that the map screen and its panels share, and the parts that it is composed of."""
