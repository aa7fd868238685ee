"""The four commands as an administrator runs them: words, files, exit statuses, secrets; with an `az` in memory."""

from __future__ import annotations

import shlex
import stat
import tomllib
from pathlib import Path
from typing import cast

import pytest

from scripts.azure_setup.az import Az, AzFailed, NotUsable
from scripts.azure_setup.cli import main
from scripts.azure_setup.step import Command
from tests.azure_setup.fake_az import FakeAz, refused
from tvapp.config.load import load


class Admin:
    """Runs the commands in a folder, with the words that were printed."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.az = FakeAz()
        self.config = folder / "config.toml"
        self.keys = folder / "keys"
        self._capsys = capsys

    def run(self, name: str, *words: str) -> tuple[int, str]:
        """Run a command; returns its status and everything that it printed."""
        more: tuple[str, ...] = ("--config", str(self.config)) if name == "provision" else ()
        more += ("--keys-file", str(self.keys)) if name == "rotate-keys" else ()
        status = main(name, [*more, *words], cast(Az, self.az))
        printed = self._capsys.readouterr()
        return status, printed.out + printed.err


@pytest.fixture
def admin(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Admin:
    return Admin(tmp_path, capsys)


def not_signed_in(command: Command) -> AzFailed:
    return NotUsable(command, "Please run 'az login' to setup account.")


def test_provision_writes_a_configuration_that_the_app_accepts(admin: Admin) -> None:
    status, _ = admin.run("provision", "--editors", "Editors")

    config = load(admin.config, {})
    assert status == 0
    assert config.identity.tenant == "22222222-bbbb-4000-8000-000000000002"
    assert config.identity.client_id in admin.az.apps
    assert config.maps.client_id == admin.az.maps["map-screens"]["properties"]["uniqueId"]
    assert config.geofences.container_url == f"https://{next(iter(admin.az.storage))}.blob.example/geofences"
    assert config.kiosk.read_only is False


def test_the_usage_page_gets_the_account_and_elsewhere_the_address(admin: Admin) -> None:
    admin.az.cloud = "Local"
    admin.run("provision", "--usage", "--endpoint", "https://maps.example")

    config = load(admin.config, {})
    assert config.maps.resource_id.endswith("/resourceGroups/map-screens/providers/Microsoft.Maps/accounts/map-screens")
    assert config.usage.endpoint == "https://manager.example"


def test_where_nobody_may_edit_the_screens_are_read_only(admin: Admin) -> None:
    admin.run("provision")

    assert load(admin.config, {}).kiosk.read_only is True


@pytest.mark.parametrize(
    ("cloud", "endpoint", "identity"),
    [
        ("AzureUSGovernment", "https://atlas.azure.us", {"cloud": "us-government"}),
        ("AzureChinaCloud", "https://maps.example", {"cloud": "china"}),
        ("Local", "https://maps.example", {"authority": "https://login.example/22222222-bbbb-4000-8000-000000000002"}),
    ],
)
def test_each_cloud_has_its_own_addresses(admin: Admin, cloud: str, endpoint: str, identity: dict[str, str]) -> None:
    admin.az.cloud = cloud
    words = () if cloud == "AzureUSGovernment" else ("--endpoint", endpoint)

    assert admin.run("provision", *words)[0] == 0

    written = tomllib.loads(admin.config.read_text())
    assert written["maps"]["endpoint"] == endpoint
    assert written["identity"].items() >= identity.items()


def test_a_cloud_without_a_known_address_of_the_maps_asks_for_it(admin: Admin) -> None:
    admin.az.cloud = "AzureChinaCloud"

    status, said = admin.run("provision")

    assert status == 1
    assert "--endpoint" in said
    assert admin.az.changes == []


def test_a_configuration_that_somebody_changed_stays(admin: Admin) -> None:
    admin.config.write_text("# mine\n")

    _, said = admin.run("provision")

    assert admin.config.read_text() == "# mine\n"
    assert f"{admin.config}.new" in said
    assert load(admin.config.with_name("config.toml.new"), {}).geofences.store == "blob"


def test_a_configuration_that_nobody_changed_is_replaced(admin: Admin) -> None:
    admin.run("provision")
    (app,) = admin.az.apps
    del admin.az.apps[app]

    admin.run("provision")

    assert load(admin.config, {}).identity.client_id in admin.az.apps
    admin.config.write_text(admin.config.read_text().replace("read_only = true", "read_only = false"))
    admin.run("provision", "--editors", "Editors")
    assert "read_only = false" in admin.config.read_text()
    assert admin.config.with_name("config.toml.new").exists()


def test_no_configuration_is_written_while_ids_are_missing(admin: Admin) -> None:
    admin.az.fails["rest --method POST"] = refused

    status, said = admin.run("provision")

    assert status == 4
    assert not admin.config.exists()
    assert "Ask somebody with the directory role Application Developer" in said


def test_a_dry_run_changes_nothing_and_prints_every_command(admin: Admin) -> None:
    status, said = admin.run("provision", "--dry-run", "--usage")
    rehearsed = [line for line in said.splitlines() if line.startswith("az ")]
    admin.run("provision", "--usage")
    real = admin.az.changes

    assert status == 0
    assert [shlex.split(line)[1:4] for line in rehearsed] == [list(each[:3]) for each in real]


def test_a_dry_run_needs_no_sign_in(admin: Admin) -> None:
    admin.az.fails[""] = not_signed_in

    status, said = admin.run("provision", "--dry-run")

    assert status == 0
    assert "az login" in said
    assert "/subscriptions/<SUBSCRIPTION>/resourceGroups/map-screens" in said


@pytest.mark.parametrize("name", ["provision", "check", "teardown", "rotate-keys"])
def test_without_a_sign_in_the_remedy_is_told(admin: Admin, name: str) -> None:
    admin.az.fails[""] = not_signed_in

    status, said = admin.run(name)

    assert status == 3
    assert "Sign in with: az login" in said


@pytest.mark.parametrize(
    "words",
    [("--editor", "a@b"), ("--app-id", "x"), ("--storage", "Not-Allowed"), ("--endpoint", "http://x"),
     ("--viewers", "A", "--editors", "A")],
)  # fmt: skip
def test_options_that_cannot_be_meant_are_refused(admin: Admin, words: tuple[str, ...]) -> None:
    assert admin.run("check", *words)[0] == 2


def test_a_failure_says_that_a_further_run_goes_on(admin: Admin) -> None:
    admin.az.breaks_after = 5

    status, said = admin.run("provision")

    assert status == 1
    assert "Run the same command again" in said


def test_check_tells_the_gap_its_command_and_the_command_for_all(admin: Admin) -> None:
    admin.run("provision", "--group", "tv")
    admin.az.containers.clear()

    status, said = admin.run("check", "--group", "tv")

    assert status == 1
    assert "az storage container-rm create" in said
    assert "./scripts/azure/provision --group tv" in said
    assert admin.run("provision", "--group", "tv")[0] == 0
    assert admin.run("check", "--group", "tv")[0] == 0


def test_whoever_may_not_look_is_told_whom_to_ask(admin: Admin) -> None:
    admin.run("provision")
    admin.az.fails["role "] = refused

    status, said = admin.run("check")

    assert status == 4
    assert "unknown. You may not look" in said
    assert "User Access Administrator" in said


def test_the_printed_options_lead_to_the_same_state(admin: Admin) -> None:
    words = ("--group", "tv screens", "--editors", "E", "--viewer", "ada@example.com", "--usage", "--roles", "built-in")
    _, said = admin.run("provision", *words)
    (line,) = [line for line in said.splitlines() if "./scripts/azure/check" in line]

    assert admin.run("check", *shlex.split(line.partition("check ")[2]))[0] == 0


# -- teardown ------------------------------------------------------------------------------------------------------


def test_teardown_removes_all_that_was_provisioned(admin: Admin) -> None:
    admin.run("provision", "--editors", "Editors", "--usage")

    status, said = admin.run("teardown", "--editors", "Editors", "--usage", "--yes")

    az = admin.az
    assert status == 0
    assert (az.groups, az.maps, az.storage, az.containers, az.apps, az.people_groups) == ({}, {}, {}, {}, {}, {})
    assert (az.roles, az.assignments) == ({}, [])
    assert "WITH ALL GEOFENCES" in said


def test_teardown_leaves_what_was_there_before(admin: Admin) -> None:
    az = admin.az
    az.groups["map-screens"] = {"name": "map-screens"}
    az.maps["other"] = {"name": "other"}
    group = az.add_group("Map screens")
    admin.run("provision")
    az.assign(group, "role-of-somebody", next(iter(az.assignments))["scope"])

    status, said = admin.run("teardown", "--yes")

    assert status == 0
    assert list(az.groups) == ["map-screens"]
    assert list(az.maps) == ["other"]
    assert list(az.people_groups) == [group]
    assert [each["roleDefinitionId"] for each in az.assignments] == ["/roles/role-of-somebody"]
    assert "it was there before" in said


def test_a_resource_group_of_ours_that_holds_something_else_stays(admin: Admin) -> None:
    admin.run("provision")
    admin.az.maps["other"] = {"name": "other"}

    _, said = admin.run("teardown", "--yes")

    assert list(admin.az.groups) == ["map-screens"]
    assert "it still holds other" in said


def test_a_resource_of_others_stays_with_its_group_whatever_its_name(admin: Admin) -> None:
    # The account has the name of the resource group, which stands in every command.
    admin.run("provision")
    admin.az.maps["map-screens"]["tags"] = {}

    admin.run("teardown", "--yes")

    assert list(admin.az.maps) == ["map-screens"]
    assert list(admin.az.groups) == ["map-screens"]


def test_a_storage_account_of_ours_that_holds_something_else_stays(admin: Admin) -> None:
    admin.run("provision")
    admin.az.containers["backups"] = {}

    _, said = admin.run("teardown", "--yes")

    assert list(admin.az.containers) == ["backups"]
    assert len(admin.az.storage) == 1
    assert list(admin.az.groups) == ["map-screens"]
    assert "it still holds backups" in said


def test_what_cannot_be_removed_does_not_keep_the_rest(admin: Admin) -> None:
    admin.run("provision")
    admin.az.fails["role definition delete"] = lambda command: AzFailed(command, "(RoleDefinitionHasAssignments) used")

    status, said = admin.run("teardown", "--yes")

    assert status == 1
    assert "failed   role Map screen tiles (map-screens): (RoleDefinitionHasAssignments) used" in said
    assert (admin.az.groups, admin.az.apps) == ({}, {})


def test_geofences_can_be_kept(admin: Admin) -> None:
    admin.run("provision")

    admin.run("teardown", "--yes", "--keep-geofences")

    assert list(admin.az.containers) == ["geofences"]
    assert len(admin.az.storage) == 1
    assert list(admin.az.groups) == ["map-screens"]
    assert admin.az.maps == {}


def test_without_a_terminal_nothing_is_removed_unasked(admin: Admin) -> None:
    admin.run("provision")
    admin.az.changes.clear()

    status, said = admin.run("teardown")

    assert status == 1
    assert "--yes" in said
    assert admin.az.changes == []


def test_a_dry_run_of_teardown_prints_what_it_would_run(admin: Admin) -> None:
    admin.run("provision")
    admin.az.changes.clear()

    _, said = admin.run("teardown", "--dry-run")
    admin.run("teardown", "--yes")

    rehearsed = [shlex.split(line)[2:] for line in said.splitlines() if line.startswith("  $ az ")]
    assert rehearsed == [list(each) for each in admin.az.changes]


def test_what_may_not_be_removed_is_told_and_the_rest_goes(admin: Admin) -> None:
    admin.run("provision")
    admin.az.fails["ad app delete"] = refused

    status, said = admin.run("teardown", "--yes")

    assert status == 4
    assert "refused  app registration" in said
    assert admin.az.groups == {}


# -- rotate-keys -----------------------------------------------------------------------------------------------------


@pytest.fixture
def keyed(admin: Admin) -> Admin:
    admin.run("provision", "--auth", "shared-key", "--store", "none")
    return admin


def held(admin: Admin) -> list[str]:
    return admin.keys.read_text().split()


def test_the_first_run_only_writes_the_file(keyed: Admin) -> None:
    assert keyed.run("rotate-keys")[0] == 0

    assert held(keyed) == ["p1", "s1"]
    assert stat.S_IMODE(keyed.keys.stat().st_mode) == 0o600


def test_each_run_renews_the_older_key_and_the_screens_always_hold_one_that_opens(keyed: Admin) -> None:
    keyed.run("rotate-keys")
    for _ in range(4):
        screens = held(keyed)

        assert keyed.run("rotate-keys", "--distributed")[0] == 0

        assert set(screens) & set(keyed.az.keys.values()), "a screen with the former file goes on"
        assert held(keyed) == list(keyed.az.keys.values())
    assert keyed.az.keys == {"primary": "p1++", "secondary": "s1++"}


def test_nothing_is_renewed_before_the_file_is_on_the_screens(keyed: Admin) -> None:
    keyed.run("rotate-keys")

    status, said = keyed.run("rotate-keys")

    assert status == 1
    assert "--distributed" in said
    assert keyed.az.keys == {"primary": "p1", "secondary": "s1"}


def test_a_key_is_not_renewed_while_the_screens_lack_the_other_one(keyed: Admin) -> None:
    keyed.keys.write_text("p1\nan-old-secondary-key\n")

    status, said = keyed.run("rotate-keys", "--distributed")

    assert status == 1
    assert "the screens do not have the secondary key" in said
    assert keyed.az.keys["primary"] == "p1"
    assert held(keyed) == ["p1", "s1"]


def test_no_key_is_ever_printed(keyed: Admin) -> None:
    keyed.az.keys = {"primary": "hush-primary", "secondary": "hush-secondary"}
    said = [keyed.run("rotate-keys", *words)[1] for words in ((), ("--distributed",), ("--dry-run",), ())]
    said.append(keyed.run("provision", "--auth", "shared-key", "--store", "none", "--keys-file", str(keyed.keys))[1])

    assert "hush" not in "".join(said)
    assert "hush" not in keyed.config.read_text()


def test_the_configuration_names_the_file_or_a_credential(keyed: Admin) -> None:
    assert 'credential = "maps-keys"' in keyed.config.read_text()
    keyed.config.unlink()

    keyed.run("provision", "--auth", "shared-key", "--store", "none", "--keys-file", str(keyed.keys))

    assert str(keyed.keys) in keyed.config.read_text()
