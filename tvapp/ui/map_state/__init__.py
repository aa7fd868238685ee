"""What the map screen and its panels share: one value that holds it, and the parts that it is composed of."""
