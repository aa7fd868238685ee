"""Seeds for fuzzing: a little of everything in GeoJSON and in the geofences of Azure Maps."""

from __future__ import annotations

POINT = (
    b'{"type":"Feature","geometry":{"type":"Point","coordinates":[24.9,60.1]},'
    b'"properties":{"geometryId":"a","radius":5}}'
)
POLYGON = (
    b'{"type":"Feature","id":7,"bbox":[0,0,4,4],"geometry":{"type":"Polygon","coordinates":[[[0,0,1.50],[4,0,2],[4,4,3],'
    b'[0,4,4],[0,0,1.50]],[[1,1],[1,2],[2,2],[1,1]]]},"properties":{"geometryId":"b","name":"B\\u00e9","subType":"x"}}'
)
CUT = (
    b'{"type":"Feature","geometry":{"type":"MultiPolygon","coordinates":[[[[179,0],[180,0],[180,1],[179,1],[179,0]]],'
    b'[[[-180,0],[-179,0],[-179,1],[-180,1],[-180,0]]]]},"properties":{"geometryId":"c"}}'
)
ACROSS = (
    b'{"type":"Feature","geometry":{"type":"Polygon","coordinates":[[[170,0],[-170,0],[-170,9],[170,9],[170,0]],'
    b'[[178,3],[178,6],[-178,6],[-178,3],[178,3]]]},"properties":{"geometryId":"d","kind":"k"}}'
)
LINES = (
    b'{"type":"Feature","geometry":{"type":"GeometryCollection","geometries":[{"type":"LineString","coordinates":[[179,1],'
    b'[-179,2]]},{"type":"MultiLineString","coordinates":[[[179,0],[180,1]],[[-180,1],[-179,2]]]},{"type":"MultiPoint",'
    b'"coordinates":[[1,2],[3,4]]}]},"properties":{"name":"e","radius":9,"validityTime":{"expiredTime":"2026-12-01"}}}'
)
POLE = (
    b'{"type":"Feature","geometry":{"type":"Polygon","coordinates":[[[0,80],[120,80],[-120,80],[0,80]]]},'
    b'"properties":{"geometryId":"a"}}'
)


def collection(*features: bytes) -> bytes:
    """Return a file of Features."""
    return (
        b'{"type":"FeatureCollection", "bbox":[0,1],\n"features": [\n '
        + b",\n ".join(features)
        + b'\n], "x":{"y":"}"}}'
    )


FEATURES = (POINT, POLYGON, CUT, ACROSS, LINES, POLE)
SEEDS = (
    *FEATURES,
    collection(),
    collection(POINT),
    collection(*FEATURES),
    collection(POINT, POINT, b"null"),
    b"\xef\xbb\xbf" + collection(POLYGON),
    collection(POLYGON).decode().encode("utf-16"),
)
DICTIONARY = (
    "type", "Feature", "FeatureCollection", "features", "geometry", "geometries", "coordinates", "properties", "bbox",
    "geometryId", "radius", "subType", "Circle", "Rectangle", "validityTime", "Point", "Polygon", "MultiPolygon",
    "LineString", "GeometryCollection", "[180,", "[-180,", "1e999", "null", "true", "-0.0", "90", "\\\\ud800",
)  # fmt: skip
