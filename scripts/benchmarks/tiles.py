"""Measures tiles from the network to the screen, beside plain libraries for the same tiles."""

from __future__ import annotations

from scripts.benchmarks.figures import Figure, Row, number, per, row, spread
from scripts.benchmarks.options import Options
from scripts.benchmarks.rig import Rig, say

COLUMNS = 10
QUICK_COLUMNS = 5
ROUNDS = 5
QUICK_ROUNDS = 2
WITHIN_S = 240.0


def throughput(rig: Rig, options: Options) -> Row:
    """Load a square of tiles through the app's own path, and through httpx and Pillow alone."""
    settings = rig.phone.control("GET", "/settings")
    assert isinstance(settings, dict)
    key = str(settings["subscription_keys"][0])
    environment = rig.environment(TVAPP_MAPS_AUTH="shared-key", TVAPP_MAPS_SUBSCRIPTION_KEYS=f'["{key}"]')
    columns, rounds = (QUICK_COLUMNS, QUICK_ROUNDS) if options.is_quick else (COLUMNS, ROUNDS)
    arguments = (str(rig.cloud["pid"]), key, str(columns), str(rounds))
    found = rig.child("scripts.benchmarks.tile_stream", *arguments, within_s=WITHIN_S, environment=environment)
    table: dict[str, dict[str, float | None]] = {}
    spreads: dict[str, float] = {}
    for name, entry in found.items():
        assert isinstance(entry, dict)
        count = number(entry["tiles"])
        rates = [count / number(wall) for wall in entry["wall_s"]]
        cpu = [number(spent) * 1000 / count for spent in entry["cpu_s"]]
        spreads[name] = spread(rates, 1)
        table[name] = {
            "tiles_per_second": round(max(rates), 1),
            "cpu_ms_per_tile": round(min(cpu), 2),
            "cpu_ms_spread": spread(cpu),
            "cloud_cpu_ms_per_tile": round(
                max(0.0, min(number(spent) for spent in entry["cloud_cpu_s"])) * 1000 / count, 2
            ),
        }
        say(f"  {name}: {table[name]}")
    product, httpx, decoding = table["product"], table["plain httpx"], table["plain decoding, 1 threads"]
    plain = number(httpx["cpu_ms_per_tile"]) + number(decoding["cpu_ms_per_tile"])
    return row(
        [
            Figure("to the screen", product["tiles_per_second"], "tiles/s", None, spreads["product"], True),
            Figure("CPU a tile", product["cpu_ms_per_tile"], "ms", spread=number(product["cpu_ms_spread"])),
            Figure("CPU, times httpx and decoding alone", per(number(product["cpu_ms_per_tile"]), plain), ""),
        ],
        "the app's chain, Maps client, empty disk cache, loader, workers, textures and frames (dummy driver) in a "
        "process of its own, on an open connection; httpx alone: the same URLs, HTTP/2, as many at a time; decoding: "
        f"Pillow, the same pictures; taking turns, the best of {rounds} rounds; server on this machine, no latency, "
        "tiles already drawn; CPU of the measuring process",
        tiles=columns * columns,
        table=table,
    )
