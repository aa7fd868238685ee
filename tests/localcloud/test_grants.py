"""Device authorization grants as state, with the time passed in."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tvapp.localcloud.grants import USER_CODE_LETTERS, CodeTerms, Grant, Grants, RefreshToken, normalised_code
from tvapp.localcloud.people import PEOPLE


def create(grants: Grants, now: float = 0.0, lifetime_s: float = 900.0, interval_s: float = 5.0) -> Grant:
    return grants.create("entra", "t", "client", "scope", now, CodeTerms(lifetime_s, interval_s))


def poll(grants: Grants, grant: Grant, now: float) -> str:
    return grants.poll(grant.device_code, "client", now, enforce_interval=True)[0]


def test_a_grant_is_pending_until_somebody_decides() -> None:
    grants = Grants()
    grant = create(grants)

    assert poll(grants, grant, 5.0) == "pending"
    grants.approve(grant, PEOPLE[0])
    assert poll(grants, grant, 10.0) == "approved"
    assert poll(grants, grant, 15.0) == "unknown"


def test_polling_a_little_early_is_forgiven() -> None:
    grants = Grants()
    grant = create(grants)
    poll(grants, grant, 5.0)

    assert poll(grants, grant, 9.1) == "pending"


def test_slowing_down_means_five_seconds_more() -> None:
    grants = Grants()
    grant = create(grants)
    poll(grants, grant, 5.0)

    assert poll(grants, grant, 6.0) == "slow_down"
    assert grant.interval_s == 10.0
    assert poll(grants, grant, 12.0) == "slow_down"
    assert poll(grants, grant, 32.0) == "pending"


def test_a_grant_expires() -> None:
    grants = Grants()
    grant = create(grants, lifetime_s=60)

    assert poll(grants, grant, 59.0) == "pending"
    assert poll(grants, grant, 60.0) == "expired"
    assert list(grants.pending(60.0)) == []


def test_another_client_cannot_poll() -> None:
    grants = Grants()
    grant = create(grants)

    assert grants.poll(grant.device_code, "other", 5.0, enforce_interval=True) == ("unknown", None)


def test_old_grants_are_forgotten() -> None:
    grants = Grants()
    old = create(grants, lifetime_s=60)
    create(grants, now=10_000.0)

    assert grants.find(old.user_code) is None


def test_what_a_person_allowed_is_remembered_when_the_grant_is_gone() -> None:
    grants = Grants()
    grants.approve(create(grants, lifetime_s=60), PEOPLE[0])
    create(grants, now=10_000.0)

    assert grants.allowed_scopes(PEOPLE[0], "client") == {"scope"}
    assert grants.allowed_scopes(PEOPLE[0], "other") == grants.allowed_scopes(PEOPLE[1], "client") == frozenset()


def test_secrets_do_not_show_in_a_repr() -> None:
    grant = create(Grants())

    assert grant.device_code not in repr(grant)
    assert grant.user_code not in repr(grant)


def test_rotation_keeps_the_person_and_counts() -> None:
    grants = Grants()
    first = grants.issue_refresh_token(RefreshToken(PEOPLE[1], "client", "entra", "scope"))

    second = grants.refresh_token(grants.rotate(first, "scope"))

    assert second is not None
    assert (second.person, second.generation) == (PEOPLE[1], 1)


@given(
    st.text(USER_CODE_LETTERS, min_size=4, max_size=15),
    st.lists(st.sampled_from(" -–_.\t"), max_size=6),
)
def test_a_code_is_found_however_it_is_typed(code: str, separators: list[str]) -> None:
    typed = code.lower()
    for index, separator in enumerate(separators):
        place = (index * 3) % (len(typed) + 1)
        typed = typed[:place] + separator + typed[place:]

    assert normalised_code(typed) == code
