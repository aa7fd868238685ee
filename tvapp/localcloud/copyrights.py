"""The attribution of the map: /map/attribution and /map/copyright (azure-facts 4.4, 4.6)."""

from __future__ import annotations

from xml.sax.saxutils import escape

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from tvapp.localcloud.maps_query import bad, integer, need, numbers
from tvapp.localcloud.tilesets import Tileset

Box = tuple[float, float, float, float]

HELSINKI: Box = (24.83, 60.13, 25.08, 60.24)
"""The area with streets from OpenStreetMap."""
STREET_ZOOM = 9

OSM = "© OpenStreetMap contributors"
LINKS = {
    OSM: "https://www.openstreetmap.org/copyright",
    "Made with Natural Earth": "https://www.naturalearthdata.com/",
    "© GeoNames": "https://www.geonames.org/",
}
VECTOR_LIKE = "microsoft.base.road"


def attribution_html(tileset: Tileset, zoom: int, box: Box) -> list[str]:
    """Return HTML anchors with entities, as Azure does."""
    from tvapp.localcloud.basemap import attribution

    names = attribution(VECTOR_LIKE if tileset.is_vector else tileset.id)
    streets = zoom >= STREET_ZOOM and _overlap(box, HELSINKI)
    return [_anchor(tileset.id, name) for name in names if streets or name != OSM]


def _anchor(tileset_id: str, name: str) -> str:
    text = escape(name).replace("©", "&copy;")
    link = f' href="{LINKS[name]}" target="_blank"' if name in LINKS else ""
    return f'<a data-azure-maps-attribution-tileset="{tileset_id}"{link}>{text}</a>'


def copyright_answer(request: Request) -> Response:
    """Answer /map/copyright/{caption|tile|world|bounding}/{json|xml}.

    Raises:
        Refused: a wrong parameter.
    """
    what, form = request.path_params["what"], request.path_params["format"]
    if form not in ("json", "xml"):
        raise bad("format", "The format must be json or xml.")
    if what == "caption":
        caption = "© OpenStreetMap contributors, Natural Earth, GeoNames"
        if form == "xml":
            return _xml(f"<copyrightsCaption>{escape(caption)}</copyrightsCaption>")
        return JSONResponse({"formatVersion": "0.0.1", "copyrightsCaption": caption})
    general = ["© OpenStreetMap contributors (ODbL)", "Made with Natural Earth", "© GeoNames (CC BY)"]
    if what == "tile":
        zoom = integer(request, "zoom", 0, 22)
        integer(request, "x", 0, 2**zoom - 1)
        integer(request, "y", 0, 2**zoom - 1)
    elif what == "bounding":
        # The only place where Azure Maps wants latitude first.
        for name in ("mincoordinates", "maxcoordinates"):
            lat, lon = numbers(name, need(request, name), 2)
            if not (-90 <= lat <= 90 and -180 <= lon <= 180):
                raise bad(name, f"Parameter '{name}' must be latitude,longitude.")
    elif what != "world":
        raise bad("what", "There are caption, tile, world and bounding.")
    text = request.query_params.get("text", "yes")
    if text not in ("yes", "no"):
        raise bad("text", "Parameter 'text' must be yes or no.")
    country = {"ISO3": "FIN", "label": "Finland" if text == "yes" else ""}
    regions = [{"copyrights": ["© OpenStreetMap contributors"], "country": country}]
    if form == "xml":
        items = "".join(f"<copyright>{escape(item)}</copyright>" for item in general)
        region = (
            f'<region><country ISO3="FIN" label="{escape(country["label"])}"/>'
            "<copyright>© OpenStreetMap contributors</copyright></region>"
        )
        return _xml(f"<generalCopyrights>{items}</generalCopyrights><regions>{region}</regions>")
    return JSONResponse({"formatVersion": "0.0.1", "generalCopyrights": general, "regions": regions})


def _xml(inner: str) -> Response:
    text = f'<?xml version="1.0" encoding="utf-8"?><copyrights formatVersion="0.0.1">{inner}</copyrights>'
    return Response(text, media_type="application/xml")


def _overlap(a: Box, b: Box) -> bool:
    west, south, east, north = a
    if west > east:  # across the date line
        return _overlap((west, south, 180.0, north), b) or _overlap((-180.0, south, east, north), b)
    return west <= b[2] and east >= b[0] and south <= b[3] and north >= b[1]
