"""What is billed: fifteen tiles a transaction, refusals and copyright texts free, prices by meter."""

from __future__ import annotations

import pytest

from tvapp.usage.billing import METERS, PRICED, Counts, Prices, Tally, cost, is_billed, meter_of, total, transactions


@pytest.mark.parametrize(
    ("tileset", "meter"),
    [
        ("microsoft.base.road", "base"),
        ("microsoft.base.darkgrey", "base"),
        ("microsoft.base.hybrid.road", "base"),
        ("microsoft.imagery", "imagery"),
        ("microsoft.traffic.relative.main", "traffic"),
        ("microsoft.weather.radar.main", "weather"),
        ("microsoft.weather.infrared.main", "weather"),
        ("microsoft.terra.main", "free"),
        ("something.new", "base"),
    ],
)
def test_each_tileset_has_its_meter(tileset: str, meter: str) -> None:
    assert meter_of(tileset) == meter


@pytest.mark.parametrize(
    ("status", "billed"),
    [(200, True), (204, True), (304, True), (400, True), (404, True), (401, False), (403, False), (408, False),
     (429, False), (500, False), (503, False), (499, True)],
)  # fmt: skip
def test_refusals_of_the_service_are_not_billed(status: int, billed: bool) -> None:
    assert is_billed(status) is billed


def test_fifteen_tiles_are_one_transaction_and_a_description_is_one_too() -> None:
    assert transactions({"base": Tally(20, 15)}) == 1.0
    assert transactions({"base": Tally(15, 15), "weather": Tally(15, 15), "metadata": Tally(2, 2)}) == 4.0


def test_the_relief_and_copyright_texts_are_free() -> None:
    assert transactions({"free": Tally(1000, 1000)}) == 0.0


def test_counts_are_added_meter_by_meter() -> None:
    first: Counts = {"base": Tally(2, 1), "free": Tally(1, 0)}
    second: Counts = {"base": Tally(3, 3), "imagery": Tally(5, 4)}
    assert total((first, second)) == {"base": Tally(5, 4), "imagery": Tally(5, 4), "free": Tally(1, 0)}


def test_without_a_price_there_is_no_cost() -> None:
    assert cost({"base": Tally(15, 15)}, Prices()) is None


def test_one_price_holds_for_every_meter() -> None:
    prices = Prices.of({"": 3.0}, "EUR")
    assert set(prices.per_thousand) == set(PRICED)
    found = cost({"base": Tally(15_000, 15_000), "traffic": Tally(15_000, 15_000), "free": Tally(9, 9)}, prices)
    assert found is not None
    assert (found.amount, found.currency, found.without) == (6.0, "EUR", ())


def test_a_meter_that_was_used_and_has_no_price_is_named() -> None:
    prices = Prices.of({"base": 4.5}, "USD")
    found = cost({"base": Tally(30_000, 15_000), "weather": Tally(1, 1), "imagery": Tally(1, 0)}, prices)
    assert found is not None
    assert (found.amount, found.without) == (4.5, ("weather",))


def test_a_price_of_nothing_is_a_price() -> None:
    found = cost({"base": Tally(15, 15)}, Prices.of({"base": 0.0}, "USD"))
    assert found is not None
    assert (found.amount, found.without) == (0.0, ())


def test_every_meter_is_known_to_the_prices_or_free() -> None:
    assert set(METERS) == {*PRICED, "free"}
