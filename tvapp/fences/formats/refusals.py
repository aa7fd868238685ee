"""Names the format of a file that is not read, by its first bytes or its suffix, and says what to do."""

from __future__ import annotations

import re
from collections.abc import Mapping

_CONVERT = "is not read here; save it as GeoJSON in WGS 84"

_BY_SUFFIX = {
    "kml": "KML", "kmz": "KMZ (zipped KML)", "gpx": "GPX", "gml": "GML", "xml": "XML", "osm": "OpenStreetMap XML",
    "pbf": "a protocol buffer (PBF)", "shp": "a shapefile", "shx": "a part of a shapefile",
    "dbf": "a part of a shapefile", "prj": "a part of a shapefile", "cpg": "a part of a shapefile",
    "sbn": "a part of a shapefile", "sbx": "a part of a shapefile", "qpj": "a part of a shapefile",
    "gpkg": "GeoPackage", "sqlite": "SQLite", "db": "a database", "mbtiles": "MBTiles", "pmtiles": "PMTiles",
    "fgb": "FlatGeobuf", "parquet": "GeoParquet", "geoparquet": "GeoParquet", "arrow": "Arrow", "feather": "Arrow",
    "topojson": "TopoJSON", "csv": "CSV", "tsv": "a table (TSV)", "xls": "Excel", "xlsx": "Excel",
    "ods": "a spreadsheet",
    "wkt": "WKT", "wkb": "WKB", "dxf": "DXF", "dwg": "DWG", "tab": "MapInfo", "mif": "MapInfo", "mid": "MapInfo",
    "dgn": "DGN", "gdb": "a geodatabase", "tif": "a picture", "tiff": "a picture", "png": "a picture",
    "jpg": "a picture", "jpeg": "a picture", "svg": "a picture", "pdf": "PDF", "html": "a web page",
    "htm": "a web page", "zip": "a zip archive", "7z": "an archive", "tar": "an archive", "tgz": "an archive",
    "rar": "an archive", "bz2": "a bzip2 archive", "xz": "an xz archive", "zst": "a Zstandard archive",
    "geobuf": "Geobuf", "poly": "a polygon filter file", "igc": "IGC", "fit": "FIT", "tcx": "TCX", "nmea": "NMEA",
}  # fmt: skip

_BY_BEGINNING = (
    (b"SQLite format 3\0", "a SQLite database (GeoPackage?)"),
    (b"fgb", "FlatGeobuf"),
    (b"PAR1", "GeoParquet"),
    (b"ARROW1", "Arrow"),
    (b"PMTiles", "PMTiles"),
    (b"PK\x03\x04", "a zip archive (KMZ or a zipped shapefile?)"),
    (b"PK\x05\x06", "an empty zip archive"),
    (b"7z\xbc\xaf'\x1c", "a 7z archive"),
    (b"Rar!", "a rar archive"),
    (b"BZh", "a bzip2 archive"),
    (b"\xfd7zXZ\0", "an xz archive"),
    (b"\x28\xb5\x2f\xfd", "a Zstandard archive"),
    (b"\0\0\x27\x0a", "a shapefile"),
    (b"%PDF", "PDF"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"\xd0\xcf\x11\xe0", "an Office document"),
)
_XML = (
    (re.compile(rb"<(?:\w+:)?kml\b", re.I), "KML"),
    (re.compile(rb"<(?:\w+:)?gpx\b", re.I), "GPX"),
    (re.compile(rb"<(?:gml|wfs):|\bopengis\.net/(?:gml|wfs)", re.I), "GML"),
    (re.compile(rb"<(?:!doctype html|html|head|body|script|meta)\b", re.I), "a web page"),
    (re.compile(rb"<osm\b", re.I), "OpenStreetMap XML"),
    (re.compile(rb"<svg\b", re.I), "a picture"),
    (re.compile(rb"<TrainingCenterDatabase\b"), "TCX"),
)
_WKT = re.compile(
    rb"(?:SRID=\d+;\s*)?(?:POINT|LINESTRING|POLYGON|MULTI(?:POINT|LINESTRING|POLYGON)|GEOMETRYCOLLECTION|CIRCLE)"
    rb"\s*(?:Z|M|ZM)?\s*(?:\(|EMPTY)",
    re.I,
)
_TABLE = re.compile(rb"[^\n{\[<]{1,2000}[,;\t][^\n{\[<]{0,2000}\r?\n")
_BEGINNING = 4096


def of_name(name: str) -> str:
    """Return why a file of this name is not read; "" where its suffix says nothing."""
    suffix = name.rpartition("/")[2].lower().rpartition(".")
    if suffix[1] and (what := _BY_SUFFIX.get(suffix[2])):
        return f"{what} {_CONVERT}"
    return ""


def of_content(data: bytes) -> str:
    """Return why content is not read that is no JSON; "" where nothing is known of it."""
    for beginning, what in _BY_BEGINNING:
        if data.startswith(beginning):
            return f"{what} {_CONVERT}"
    beginning = data[:_BEGINNING].lstrip(b"\xef\xbb\xbf \t\r\n")
    if beginning.startswith(b"<"):
        what = next((what for pattern, what in _XML if pattern.search(beginning)), "XML")
        return f"{what} {_CONVERT}" if what != "a web page" else "a web page, not GeoJSON"
    if _WKT.match(beginning):
        return f"WKT {_CONVERT}"
    if _TABLE.match(beginning) and beginning[:1].isalpha():
        return f"a table (CSV?) {_CONVERT}"
    return ""


def of_object(root: Mapping[str, object]) -> str:
    """Return why a JSON object is not read that is no GeoJSON; "" where nothing is known of it."""
    if root.get("type") == "Topology":
        return f"TopoJSON {_CONVERT}"
    if ("geometryType" in root and "features" in root) or ("rings" in root or "paths" in root):
        return f"Esri JSON {_CONVERT}"
    if root.get("type") in ("CityJSON", "CityJSONFeature"):
        return f"CityJSON {_CONVERT}"
    if "elements" in root and "osm3s" in root:
        return f"OpenStreetMap JSON (Overpass) {_CONVERT}"
    if isinstance(root.get("error"), str | dict):
        return "an error message of a server, not GeoJSON"
    return ""
