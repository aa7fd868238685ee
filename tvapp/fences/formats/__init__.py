"""Files that are not GeoJSON: those that are read all the same, and the names of those that are not."""
