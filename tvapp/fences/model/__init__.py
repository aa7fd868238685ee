"""The geofence as a value: shapes, validity, style, names, containment, and the book of all of them."""
