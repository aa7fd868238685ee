"""Lengths, bearings and areas on the WGS 84 ellipsoid, in metres and degrees clockwise from north.

Long lines use Vincenty's formulas (Survey Review XXIII, 176, 1975), short ones Puissant's (G. Bomford, Geodesy,
4th ed., 2.15), areas the authalic integral (J. P. Snyder, Map Projections: A Working Manual, USGS 1395, eq. 3-12).
Hand-written because geographiclib, in plain Python, takes a hundred times as long (370 instead of 4 microseconds a
distance), and pyproj takes half a second and 16 MB to import; the tests compare with both.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

from tvapp.geo.position import Position

A = 6_378_137.0
"""Equatorial radius, m (NGA.STND.0036, WGS 84)."""

F = 1.0 / 298.257223563
"""Flattening."""

B = A * (1.0 - F)
E2 = F * (2.0 - F)
_E = math.sqrt(E2)
_MEAN_RADIUS_M = 6_371_008.8

SHORT_M = 20_000.0
"""Up to this radius Puissant's formula is right to 2 cm, at a fifth of the cost of Vincenty's."""

_STEEP_LATITUDE = 80.0
# Nearer to a pole the series in tan(latitude) converges too slowly.


def distance_m(a: Position, b: Position) -> float:
    """Return the length of the shortest line (geodesic) between two places, right to 0.1 mm.

    For nearly antipodal pairs Vincenty's iteration does not converge: they get the length of the great circle (0.5 %).
    """
    return _inverse(a, b)[0]


def bearing_deg(a: Position, b: Position) -> float:
    """Return the direction in which the shortest line leaves `a` for `b`, 0 to 360; 0 where they coincide."""
    return _inverse(a, b)[1]


def destination(origin: Position, bearing_deg: float, distance_m: float) -> Position:
    """Return the end of the geodesic of `distance_m` from `origin`. Its longitude may lie beyond +-180.

    >>> round(destination(Position(0.0, 0.0), 90.0, 111_319.49).lon, 4)
    1.0
    """
    alpha = math.radians(bearing_deg)
    sin_a, cos_a = math.sin(alpha), math.cos(alpha)
    u1 = math.atan((1.0 - F) * math.tan(math.radians(origin.lat)))
    sin_u, cos_u = math.sin(u1), math.cos(u1)
    sigma1 = math.atan2(sin_u, cos_u * cos_a)
    sin_alpha = cos_u * sin_a
    cos2_alpha = 1.0 - sin_alpha * sin_alpha
    big_a, big_b = _series(cos2_alpha)
    start = sigma = distance_m / (B * big_a)
    for _ in range(20):
        cos_2m = math.cos(2.0 * sigma1 + sigma)
        sin_s, cos_s = math.sin(sigma), math.cos(sigma)
        following = start + _delta_sigma(big_b, sin_s, cos_s, cos_2m)
        done = abs(following - sigma) < 1e-13
        sigma = following
        if done:
            break
    cos_2m = math.cos(2.0 * sigma1 + sigma)
    sin_s, cos_s = math.sin(sigma), math.cos(sigma)
    beyond = sin_u * sin_s - cos_u * cos_s * cos_a
    lat = math.atan2(sin_u * cos_s + cos_u * sin_s * cos_a, (1.0 - F) * math.hypot(sin_alpha, beyond))
    lam = math.atan2(sin_s * sin_a, cos_u * cos_s - sin_u * sin_s * cos_a)
    c = F / 16.0 * cos2_alpha * (4.0 + F * (4.0 - 3.0 * cos2_alpha))
    dlon = lam - (1.0 - c) * F * sin_alpha * (sigma + c * sin_s * (cos_2m + c * cos_s * (2.0 * cos_2m * cos_2m - 1.0)))
    return Position(origin.lon + math.degrees(dlon), math.degrees(lat))


def circle_ring(center: Position, radius_m: float, segments: int = 64) -> tuple[Position, ...]:
    """Return the places at `radius_m` from `center`, counter-clockwise from the north, the first one repeated.

    Longitudes are continuous: a circle on the date line goes past +-180.
    """
    step = math.tau / segments
    if radius_m > SHORT_M or abs(center.lat) > _STEEP_LATITUDE:
        points = [destination(center, -360.0 * i / segments, radius_m) for i in range(segments)]
        return (*points, points[0])
    phi = math.radians(center.lat)
    sin_phi, cos_phi = math.sin(phi), math.cos(phi)
    tan_phi = sin_phi / cos_phi
    w2 = 1.0 - E2 * sin_phi * sin_phi
    n = A / math.sqrt(w2)
    m = A * (1.0 - E2) / (w2 * math.sqrt(w2))
    second = radius_m * radius_m * tan_phi / (2.0 * m * n)
    third = radius_m * radius_m * (1.0 + 3.0 * tan_phi * tan_phi) / (6.0 * n * n)
    curve = 3.0 * E2 * sin_phi * cos_phi / (2.0 * w2)
    ring = []
    for i in range(segments):
        sin_a, cos_a = -math.sin(step * i), math.cos(step * i)
        along = radius_m * cos_a / m
        sin2_a = sin_a * sin_a
        dphi = along - second * sin2_a - along * third * sin2_a
        dphi -= dphi * dphi * curve
        phi2 = phi + dphi
        sin2, cos2 = math.sin(phi2), math.cos(phi2)
        ratio = radius_m * math.sqrt(1.0 - E2 * sin2 * sin2) / A
        dlam = ratio * sin_a / cos2 * (1.0 - ratio * ratio / 6.0 * (1.0 - sin2_a / (cos2 * cos2)))
        ring.append(Position(center.lon + dlam * _DEGREES, phi2 * _DEGREES))
    ring.append(ring[0])
    return tuple(ring)


def ring_area_m2(ring: Sequence[Position]) -> float:
    """Return the area inside a ring (closed or not, either orientation; longitudes continuous).

    Edges are straight in longitude and latitude, as GeoJSON defines them (RFC 7946, 3.1.1).
    """
    return abs(signed_ring_area_m2(ring))


def signed_ring_area_m2(ring: Sequence[Position]) -> float:
    """Return the area inside a ring, positive where it runs counter-clockwise.

    Areas of rings that share an edge in opposite directions add up to that of both together.
    """
    if len(ring) < 3:
        return 0.0
    # Simpson's rule on the exact integral over each edge. Relative to the first latitude, to keep digits.
    base = _authalic(ring[0].lat)
    total = 0.0
    before = ring[-1]
    q_before = _authalic(before.lat) - base
    for point in ring:
        q = _authalic(point.lat) - base
        if point.lon != before.lon:
            middle = _authalic((point.lat + before.lat) / 2.0) - base
            total += (point.lon - before.lon) * (q_before + 4.0 * middle + q) / 6.0
        before, q_before = point, q
    return -total / _DEGREES * A * A / 2.0


def ring_perimeter_m(ring: Sequence[Position]) -> float:
    """Return the length of a ring's outline, closing it if it is open."""
    return sum(distance_m(a, b) for a, b in zip(ring, (*ring[1:], ring[0]), strict=True) if a != b)


def path_length_m(points: Sequence[Position]) -> float:
    """Return the length of a line through `points`."""
    return sum(distance_m(a, b) for a, b in pairwise(points))


_DEGREES = 180.0 / math.pi


def _authalic(lat: float) -> float:
    """Snyder's q: twice the area from the equator to `lat` over one radian, in units of A squared."""
    s = math.sin(math.radians(lat))
    return (1.0 - E2) * (s / (1.0 - E2 * s * s) + math.atanh(_E * s) / _E)


def _series(cos2_alpha: float) -> tuple[float, float]:
    u2 = cos2_alpha * (A * A - B * B) / (B * B)
    big_a = 1.0 + u2 / 16384.0 * (4096.0 + u2 * (-768.0 + u2 * (320.0 - 175.0 * u2)))
    big_b = u2 / 1024.0 * (256.0 + u2 * (-128.0 + u2 * (74.0 - 47.0 * u2)))
    return big_a, big_b


def _delta_sigma(big_b: float, sin_s: float, cos_s: float, cos_2m: float) -> float:
    c2 = cos_2m * cos_2m
    inner = cos_s * (2.0 * c2 - 1.0) - big_b / 6.0 * cos_2m * (4.0 * sin_s * sin_s - 3.0) * (4.0 * c2 - 3.0)
    return big_b * sin_s * (cos_2m + big_b / 4.0 * inner)


def _inverse(a: Position, b: Position) -> tuple[float, float]:
    """Vincenty's inverse problem: length and initial bearing."""
    length = math.radians((b.lon - a.lon + 180.0) % 360.0 - 180.0)
    if a.lat == b.lat and length == 0.0:
        return 0.0, 0.0
    u1 = math.atan((1.0 - F) * math.tan(math.radians(a.lat)))
    u2 = math.atan((1.0 - F) * math.tan(math.radians(b.lat)))
    sin1, cos1, sin2, cos2 = math.sin(u1), math.cos(u1), math.sin(u2), math.cos(u2)
    lam = length
    for _ in range(100):
        sin_l, cos_l = math.sin(lam), math.cos(lam)
        east, north = cos2 * sin_l, cos1 * sin2 - sin1 * cos2 * cos_l
        sin_s = math.hypot(east, north)
        if sin_s == 0.0:
            return 0.0, 0.0
        cos_s = sin1 * sin2 + cos1 * cos2 * cos_l
        sigma = math.atan2(sin_s, cos_s)
        sin_alpha = cos1 * cos2 * sin_l / sin_s
        cos2_alpha = 1.0 - sin_alpha * sin_alpha
        cos_2m = cos_s - 2.0 * sin1 * sin2 / cos2_alpha if cos2_alpha > 1e-15 else 0.0
        c = F / 16.0 * cos2_alpha * (4.0 + F * (4.0 - 3.0 * cos2_alpha))
        inner = sigma + c * sin_s * (cos_2m + c * cos_s * (2.0 * cos_2m * cos_2m - 1.0))
        following = length + (1.0 - c) * F * sin_alpha * inner
        done = abs(following - lam) < 1e-13
        lam = following
        if done:
            big_a, big_b = _series(cos2_alpha)
            distance = B * big_a * (sigma - _delta_sigma(big_b, sin_s, cos_s, cos_2m))
            return distance, math.degrees(math.atan2(east, north)) % 360.0
    return _great_circle(a, b, length)


def _great_circle(a: Position, b: Position, length: float) -> tuple[float, float]:
    p1, p2 = math.radians(a.lat), math.radians(b.lat)
    east = math.cos(p2) * math.sin(length)
    north = math.cos(p1) * math.sin(p2) - math.sin(p1) * math.cos(p2) * math.cos(length)
    along = math.sin(p1) * math.sin(p2) + math.cos(p1) * math.cos(p2) * math.cos(length)
    angle = math.atan2(math.hypot(east, north), along)
    return angle * _MEAN_RADIUS_M, math.degrees(math.atan2(east, north)) % 360.0
