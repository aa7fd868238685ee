"""Drawing over the map that several screens share: chips, notices, names, the read-out, the sketch."""
