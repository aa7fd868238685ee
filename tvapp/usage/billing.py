"""What Azure Maps bills for requests: meters, transactions and their cost (azure-facts 4.8).

Fifteen tiles are one transaction. Copyright texts, attribution and the tiles of the relief are free. Requests that were
refused with 401, 403, 408, 429 or 5xx are not billed.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

Meter = Literal["base", "imagery", "traffic", "weather", "metadata", "free"]
METERS: tuple[Meter, ...] = ("base", "imagery", "traffic", "weather", "metadata", "free")
TILE_METERS: tuple[Meter, ...] = ("base", "imagery", "traffic", "weather")
PRICED: tuple[Meter, ...] = (*TILE_METERS, "metadata")

TILES_PER_TRANSACTION = 15
NOT_BILLED = frozenset({401, 403, 408, 429})
PER = 1000
"""Prices are for so many transactions."""

_BY_PREFIX: tuple[tuple[str, Meter], ...] = (
    ("microsoft.imagery", "imagery"),
    ("microsoft.traffic", "traffic"),
    ("microsoft.weather", "weather"),
    ("microsoft.terra", "free"),
)


def meter_of(tileset: str) -> Meter:
    """Return the meter of the tiles of a tileset; an unknown one counts as a base map.

    >>> meter_of("microsoft.traffic.relative.main")
    'traffic'
    """
    return next((meter for prefix, meter in _BY_PREFIX if tileset.startswith(prefix)), "base")


def is_billed(status: int) -> bool:
    """Tell whether Azure Maps bills a request that it answered with this status.

    >>> is_billed(200), is_billed(429), is_billed(503)
    (True, False, False)
    """
    return status not in NOT_BILLED and status < 500


@dataclass(frozen=True, slots=True)
class Tally:
    """Requests of one meter: how many were sent, and how many of them are billed."""

    sent: int = 0
    billed: int = 0

    def plus(self, other: Tally) -> Tally:
        return Tally(self.sent + other.sent, self.billed + other.billed)


Counts = Mapping[Meter, Tally]
"""Requests by meter; a meter without any is left out."""

NO_COUNTS: Counts = MappingProxyType({})


def total(counts: Iterable[Counts]) -> Counts:
    """Return the sum of several counts."""
    found: dict[Meter, Tally] = {}
    for each in counts:
        for meter, tally in each.items():
            found[meter] = found.get(meter, Tally()).plus(tally)
    return {meter: found[meter] for meter in METERS if meter in found}


def tiles_sent(counts: Counts) -> int:
    """Return how many tiles were requested, free ones included; other requests are free or few."""
    return sum(tally.sent for meter, tally in counts.items() if meter in TILE_METERS)


def transactions(counts: Counts) -> float:
    """Return the billable transactions, of which a tile is a fifteenth.

    >>> transactions({"base": Tally(40, 30), "metadata": Tally(1, 1)})
    3.0
    """
    return sum(meter_transactions(meter, tally) for meter, tally in counts.items())


def meter_transactions(meter: Meter, tally: Tally) -> float:
    """Return the billable transactions of one meter."""
    if meter == "free":
        return 0.0
    return tally.billed / TILES_PER_TRANSACTION if meter in TILE_METERS else float(tally.billed)


@dataclass(frozen=True, slots=True)
class Prices:
    """Prices of a thousand transactions by meter, in one currency; a meter without a price has no entry."""

    per_thousand: Mapping[Meter, float] = field(default_factory=dict)
    currency: str = ""

    @classmethod
    def of(cls, table: Mapping[str, float], currency: str) -> Prices:
        """Return the prices of a table by meter, in which "" stands for every meter without an entry.

        >>> Prices.of({"": 4.5, "imagery": 6.0}, "EUR").per_thousand["traffic"]
        4.5
        """
        other = table.get("")
        found = {meter: table.get(meter, other) for meter in PRICED}
        return cls({meter: price for meter, price in found.items() if price is not None}, currency)


@dataclass(frozen=True, slots=True)
class Cost:
    """An amount; `without` are the meters that were used and have no price."""

    amount: float
    currency: str
    without: tuple[Meter, ...] = ()


def cost(counts: Counts, prices: Prices) -> Cost | None:
    """Return the cost at these prices, without any free quota; None where nothing has a price.

    >>> cost({"base": Tally(30_000, 30_000)}, Prices({"base": 4.5}, "USD"))
    Cost(amount=9.0, currency='USD', without=())
    """
    if not prices.per_thousand:
        return None
    used = {meter: meter_transactions(meter, tally) for meter, tally in counts.items()}
    amounts = [used[meter] * prices.per_thousand[meter] / PER for meter in used if meter in prices.per_thousand]
    without = tuple(meter for meter in PRICED if used.get(meter) and meter not in prices.per_thousand)
    amount = math.fsum(amounts)
    return Cost(amount, prices.currency, without)
