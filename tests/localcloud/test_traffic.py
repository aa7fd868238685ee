"""What the control API tells about the requests that came."""

from __future__ import annotations

from tests.cloud import LocalCloud


def test_answers_are_counted_by_status_and_cut_connections_as_none(cloud: LocalCloud) -> None:
    url = f"{cloud.authority}/v2.0/.well-known/openid-configuration"
    cloud.fault("discovery", status=503, times=2)
    assert [cloud.send("GET", url)[0] for _ in range(3)] == [503, 503, 200]
    assert cloud.statuses("discovery") == {"200": 1, "503": 2}

    cloud.forget_requests()
    assert cloud.statuses("discovery") == {}
