"""GeoJSON and Azure Maps' form of it: reading, writing, and editing files in place."""
