"""What is drawn over the map, whichever screen is open: chips, notices, names, the read-out, the sketch."""
