"""The dashboard and the alerts of a fleet: every expression is one, and asks for metrics that tvapp really has."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cloud import ROOT
from tests.conftest import require_tool
from tests.host.metrics.test_exposition import scraped, sources, values
from tvapp.core.version import full_version

KIOSK = ROOT / "scripts/kiosk"
DASHBOARD = KIOSK / "grafana/tvapp.json"
ALERTS = KIOSK / "prometheus/alerts.yml"
ELSEWHERE = {"up": {"job", "instance"}}
"""Metrics of Prometheus itself, and their labels."""
OF_PROMETHEUS = {"job", "instance"}
"""Labels that Prometheus adds to everything it reads."""

_SELECTOR = re.compile(r"\b((?:tvapp|process)_\w+|up)\b(?:\{([^}]*)\})?")
_LABEL = re.compile(r'(\w+)\s*(?:=~|!~|!=|=)\s*"')
_BY = re.compile(r"\b(?:by|on)\s*\(([^)]*)\)")


def dashboard() -> dict[str, Any]:
    found = json.loads(DASHBOARD.read_text(encoding="utf-8"))
    assert isinstance(found, dict)
    return found


def expressions_of_dashboard() -> dict[str, str]:
    """Return every expression by the title of its panel, without Grafana's variables."""
    return {
        f"{panel['title']} {target['refId']}": target["expr"]
        .replace("$__rate_interval", "5m")
        .replace("$job", "tvapp")
        .replace("$instance", "tv1|tv2")
        for panel in dashboard()["panels"]
        for target in panel.get("targets", ())
    }


def expressions_of_alerts() -> dict[str, str]:
    """Return every expression by the name of its alert; read by lines, as there is no parser of YAML here."""
    found: dict[str, str] = {}
    name = ""
    lines = iter(ALERTS.read_text(encoding="utf-8").splitlines())
    for line in lines:
        key, _, value = line.strip().removeprefix("- ").partition(": ")
        if key == "alert":
            name = value
        elif key == "expr":
            found[name] = value if value != ">-" else " ".join(next(lines).strip() for _ in range(2))
    return found


EVERYWHERE = {**expressions_of_dashboard(), **expressions_of_alerts()}


def exported() -> dict[str, set[str]]:
    """Return the labels of each metric that the app exports."""
    found: dict[str, set[str]] = {}
    for name in values(scraped(sources())):
        metric, _, labels = name.partition("{")
        found.setdefault(metric, set()).update(re.findall(r"(?:^|\{)(\w+)=", labels))
    return found


def checked(rules: str, folder: Path) -> subprocess.CompletedProcess[str]:
    file = folder / "rules.yml"
    file.write_text(rules, encoding="utf-8")
    command = [require_tool("promtool"), "check", "rules", str(file)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60)


def as_rules(expressions: dict[str, str]) -> str:
    rules = [
        {"record": f"test:expression:{number}", "expr": expression}
        for number, expression in enumerate(expressions.values())
    ]
    return json.dumps({"groups": [{"name": "test", "rules": rules}]})  # JSON is YAML


def test_there_is_something_to_check() -> None:
    assert len(expressions_of_dashboard()) > 30
    assert len(expressions_of_alerts()) == ALERTS.read_text(encoding="utf-8").count("- alert:") > 10


@pytest.mark.process
def test_promtool_can_parse_every_expression_of_the_dashboard(tmp_path: Path) -> None:
    done = checked(as_rules(expressions_of_dashboard()), tmp_path)
    assert done.returncode == 0, done.stderr
    broken = checked(as_rules({"x": "sum by (tvapp_signed_in"}), tmp_path)
    assert broken.returncode != 0  # it does look at them


@pytest.mark.parametrize("where", EVERYWHERE)
def test_every_metric_and_label_that_is_asked_for_is_exported(where: str) -> None:
    known = {**exported(), **ELSEWHERE}
    labels = set(OF_PROMETHEUS)
    names = _SELECTOR.findall(EVERYWHERE[where])
    assert names
    for metric, selected in names:
        assert metric in known, f"{metric} is not exported"
        labels |= known[metric]
        assert set(_LABEL.findall(selected)) <= known[metric] | OF_PROMETHEUS, metric
    grouped = {each.strip() for group in _BY.findall(EVERYWHERE[where]) for each in group.split(",")}
    assert grouped <= labels


def test_every_metric_of_ours_that_can_be_read_is_looked_at_somewhere() -> None:
    used = {metric for expression in EVERYWHERE.values() for metric, _ in _SELECTOR.findall(expression)}
    ours = {name for name in exported() if name.startswith("tvapp_")}
    # The requests are in the transactions, the sum of frame times in their quantiles.
    left = {"tvapp_tile_requests_total", "tvapp_frame_seconds_sum", "tvapp_frame_timestamp_seconds"}
    assert ours - used == left


def test_the_page_for_operators_lists_every_metric_of_ours_and_no_other() -> None:
    page = (KIOSK / "FLEET.md").read_text(encoding="utf-8")
    rows = [line.split("|")[1] for line in page.splitlines() if line.startswith("| `tvapp_")]
    told = {name for row in rows for name in re.findall(r"`(tvapp_\w+)`", row)}
    ours = {re.sub(r"_(bucket|count|sum)$", "", name) for name in exported() if name.startswith("tvapp_")}
    assert told == ours


def test_legends_and_variables_name_labels_that_are_there() -> None:
    known = exported()
    for panel in dashboard()["panels"]:
        for target in panel.get("targets", ()):
            metrics = [metric for metric, _ in _SELECTOR.findall(target["expr"])]
            there = OF_PROMETHEUS.union(*(known.get(metric, set()) for metric in metrics))
            assert set(re.findall(r"\{\{(\w+)\}\}", target["legendFormat"])) <= there, panel["title"]
    for variable in dashboard()["templating"]["list"][1:]:
        (metric,) = re.findall(r"label_values\((\w+)", variable["definition"])
        assert metric in {**known, **ELSEWHERE}


def boxes() -> Iterator[tuple[int, int, int, int]]:
    for panel in dashboard()["panels"]:
        place = panel["gridPos"]
        yield place["x"], place["y"], place["x"] + place["w"], place["y"] + place["h"]


def test_the_panels_have_ids_titles_and_places_of_their_own() -> None:
    panels = dashboard()["panels"]
    assert len({panel["id"] for panel in panels}) == len({panel["title"] for panel in panels}) == len(panels)
    assert all(panel.get("description") or panel["type"] == "row" for panel in panels)
    placed = list(boxes())
    for index, (left, top, right, bottom) in enumerate(placed):
        assert right <= 24
        for x, y, x2, y2 in placed[index + 1 :]:
            assert not (left < x2 and x < right and top < y2 and y < bottom)


@pytest.mark.process
def test_the_alerts_are_right_and_do_what_they_say() -> None:
    promtool = require_tool("promtool")
    for command in (["check", "rules", "alerts.yml"], ["test", "rules", "alerts_test.yml"]):
        done = subprocess.run([promtool, *command], cwd=ALERTS.parent, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stdout + done.stderr


def test_the_version_of_the_app_fits_a_label() -> None:
    assert full_version().isprintable()
