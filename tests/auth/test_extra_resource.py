"""Tokens for a second resource (the storage of the geofences) from the same sign-in."""

from __future__ import annotations

import pytest

from tests.auth.machine import Boot, Machine, signed_in
from tests.cloud import LocalCloud
from tvapp.auth.problems import Refused
from tvapp.azure.authorizer import STORAGE_SCOPE


def storage_token(machine: Machine) -> str:
    return machine.wait_for(lambda: machine.sign_in.tokens.get(STORAGE_SCOPE)).secret


def test_one_sign_in_gives_tokens_for_both(boot: Boot, cloud: LocalCloud) -> None:
    machine = signed_in(boot, cloud)
    assert storage_token(machine) != machine.token()
    assert cloud.count("refresh") == 1


@pytest.mark.parametrize(
    ("aadsts", "kind"),
    [(65001, "consent-needed"), (500011, "service-missing"), (53003, "blocked-by-policy"), (50076, "more-proof")],
)
def test_a_refused_second_resource_leaves_the_map_and_is_tried_again(
    boot: Boot, cloud: LocalCloud, aadsts: int, kind: str
) -> None:
    machine = signed_in(boot, cloud)
    maps = machine.token()
    cloud.fault("refresh", aadsts=aadsts)
    for _ in range(2):
        with pytest.raises(Refused) as refused:
            storage_token(machine)
        assert refused.value.needs_person
        assert refused.value.problem.kind == kind
    assert cloud.count("refresh") == 1
    machine.settle()
    assert machine.view.phase == "signed-in"
    assert machine.token() == maps
    cloud.clear()
    machine.leap(120)
    assert storage_token(machine)
    assert machine.view.phase == "signed-in"


def test_a_sign_in_that_has_ended_is_noticed_there_too(boot: Boot, cloud: LocalCloud) -> None:
    machine = signed_in(boot, cloud)
    cloud.revoke()
    with pytest.raises(Refused):
        storage_token(machine)
    assert machine.until_phase("prompting").again
