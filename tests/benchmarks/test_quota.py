"""The means to give the app a part of a core; without any, nothing is measured."""

from __future__ import annotations

import pytest

from scripts.benchmarks import quota
from scripts.benchmarks.__main__ import EXIT_NO_QUOTA, main
from scripts.benchmarks.quota import Machine, QuotaImpossible, choose, cpu_quota


@pytest.mark.parametrize(
    ("machine", "means"),
    [
        (Machine(systemd=True, is_root=True, cgroup_v2=True), "systemd"),
        (Machine(systemd=True, user_manager=True), "systemd-user"),
        (Machine(cgroup_v2=True, cgroup_v1=True, is_root=True), "cgroup-v2"),
        (Machine(cgroup_v1=True, is_root=True), "cgroup-v1"),
        (Machine(systemd=True, cgroup_v1=True), "cgroup-v1"),
    ],
)
def test_the_means_are_what_the_machine_offers_and_systemd_before_its_own_tree(machine: Machine, means: str) -> None:
    assert choose(machine) == means


@pytest.mark.parametrize("machine", [Machine(), Machine(is_root=True), Machine(systemd=True)])
def test_a_machine_without_means_is_told_what_is_missing(machine: Machine) -> None:
    with pytest.raises(QuotaImpossible, match=r"systemd.*control group"):
        choose(machine)


def test_a_quota_that_cannot_be_set_stops_the_benchmark_before_it_measures(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(quota, "this_machine", Machine)
    monkeypatch.setattr("sys.argv", ["bench", "--cpu-quota", "0.25", "--only", "imports"])
    assert main() == EXIT_NO_QUOTA
    told = capsys.readouterr()
    assert "A CPU quota needs" in told.err
    assert told.out == ""


def test_a_quota_that_does_not_hold_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quota, "this_machine", lambda: Machine(systemd=True, is_root=True))
    monkeypatch.setattr(quota, "_prove", lambda _prefix: 1.9)
    with pytest.raises(QuotaImpossible, match=r"does not hold \(systemd\): 1.90"), cpu_quota(0.25):
        pass


def test_systemd_is_asked_for_a_scope_with_a_part_of_a_core(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quota, "this_machine", lambda: Machine(systemd=True, user_manager=True))
    monkeypatch.setattr(quota, "_prove", lambda _prefix: 0.25)
    with cpu_quota(0.25) as given:
        assert given.prefix[:3] == ("systemd-run", "--user", "--scope")
        assert "CPUQuota=25%" in given.prefix
