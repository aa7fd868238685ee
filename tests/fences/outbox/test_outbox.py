"""The state machine of the outbox: order, merging, waiting, refusals and conflicts; no confirmed change is lost."""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tvapp.core.errors import (
    DataError,
    Forbidden,
    NotFound,
    ServiceDown,
    SignInError,
    StorageError,
    Throttled,
    TvappError,
    Unauthorized,
    UnexpectedReply,
    Unreachable,
    service_error,
)
from tvapp.core.record import RecordFormat
from tvapp.fences.model.change import Change, Conflicting, Step, Stored
from tvapp.fences.outbox.failure_policy import next_step
from tvapp.fences.outbox.folder import FORMAT, OutboxFolder
from tvapp.fences.outbox.outbox import (
    MOST_WAITING,
    RETRY,
    Arrived,
    Command,
    Delete,
    Entry,
    Outbox,
    Refusal,
    Save,
    Send,
    refusal,
)
from tvapp.fences.stores.base import StoreRetired


def feature(text: str) -> bytes:
    return json.dumps({"type": "Feature", "properties": {"geometryId": "a", "note": text}}).encode()


ONE, TWO, THREE = feature("one"), feature("two"), feature("three")


def change(before: bytes = b"", after: bytes = b"", fence: str = "a", number: str = "") -> Change:
    return Change(number or f"{fence}-{before!r}-{after!r}", f"{fence}.geojson", fence, before, after)


@dataclass
class Rig:
    """An outbox with a disk that saves at once and a store that answers when told to."""

    outbox: Outbox = field(default_factory=Outbox)
    disk: dict[int, Entry] = field(default_factory=dict)
    sent: list[Entry] = field(default_factory=list)
    arrived: list[Change] = field(default_factory=list)
    now: float = 0.0
    disk_is_slow: bool = False
    unwritten: list[Entry] = field(default_factory=list)

    def do(self, commands: list[Command]) -> None:
        for command in commands:
            match command:
                case Save(entry) if self.disk_is_slow:
                    self.unwritten.append(entry)
                case Save(entry):
                    self.disk[entry.number] = entry
                    self.do(self.outbox.saved(entry, self.now))
                case Delete(number):
                    self.disk.pop(number, None)
                    self.do(self.outbox.deleted(number, self.now))
                case Send(entry):
                    assert self.disk[entry.number].change == entry.change, "sent before it was on disk"
                    self.sent.append(entry)
                case Arrived(done):
                    self.arrived.append(done)

    def submit(self, *changes: Change) -> None:
        for each in changes:
            self.do(self.outbox.submit(each, self.now))

    def answer(self, result: Stored | Conflicting | TvappError) -> None:
        number = self.outbox.sending
        assert number is not None, "nothing is being sent"
        if isinstance(result, TvappError):
            self.do(self.outbox.failed(number, result, self.now))
        else:
            self.do(self.outbox.ended(number, result, self.now))

    def restart(self) -> None:
        """Go on with the entries on the disk, as after a kill."""
        entries = [Entry(e.number, e.change, e.state, e.resume, e.state == "waiting", e.refusal, e.theirs)
                   for e in self.disk.values()]  # fmt: skip
        self.outbox = Outbox(entries)
        self.do(self.outbox.tick(self.now))

    def wait(self, seconds: float) -> None:
        self.now += seconds
        self.do(self.outbox.tick(self.now))


def test_a_change_is_on_disk_before_it_is_sent_and_leaves_once_it_is_stored() -> None:
    rig = Rig(disk_is_slow=True)
    rig.submit(change(after=ONE))
    assert not rig.sent
    rig.disk_is_slow = False
    rig.do([Save(rig.unwritten[0])])
    assert [entry.change.after for entry in rig.sent] == [ONE]
    rig.answer(Stored("a.geojson"))
    assert not rig.disk
    assert not rig.outbox.entries
    assert [done.after for done in rig.arrived] == [ONE]


def test_changes_go_out_one_at_a_time_in_the_order_they_were_made() -> None:
    rig = Rig()
    rig.submit(change(after=ONE, fence="a"), change(after=ONE, fence="b"), change(after=ONE, fence="c"))
    for name in "abc":
        assert rig.sent[-1].change.geometry_id == name
        rig.answer(Stored(f"{name}.geojson"))
    assert len(rig.sent) == 3


def test_edits_of_one_fence_made_offline_become_one() -> None:
    rig = Rig()
    rig.submit(change(after=ONE, fence="first"))
    rig.answer(Unreachable("host"))
    rig.submit(change(ONE, TWO, "b"), change(TWO, THREE, "b"))
    assert [(entry.change.before, entry.change.after) for entry in rig.outbox.entries[1:]] == [(ONE, THREE)]


def test_an_added_fence_that_is_deleted_before_it_went_out_was_never_there() -> None:
    rig = Rig(disk_is_slow=True)
    rig.submit(change(after=ONE), change(before=ONE))
    assert not rig.outbox.entries


def test_an_edit_that_is_undone_before_it_went_out_is_not_sent() -> None:
    rig = Rig(disk_is_slow=True)
    rig.submit(change(ONE, TWO), change(TWO, ONE))
    assert not rig.outbox.entries


def test_an_edit_of_a_fence_that_is_being_sent_waits_for_its_turn() -> None:
    rig = Rig()
    rig.submit(change(after=ONE), change(ONE, TWO))
    assert len(rig.sent) == 1
    rig.answer(Stored("a.geojson"))
    assert rig.sent[-1].change.after == TWO


def test_an_attempt_that_may_have_arrived_is_not_joined_with_a_later_edit() -> None:
    rig = Rig()
    rig.submit(change(after=ONE))
    rig.answer(Unreachable("host"))
    rig.submit(change(ONE, TWO))
    assert [entry.change.after for entry in rig.outbox.entries] == [ONE, TWO]


def test_the_next_edit_of_a_fence_waits_until_the_one_before_is_off_the_disk() -> None:
    outbox = Outbox()
    first, second = change(after=ONE), change(ONE, TWO)
    for each in (first, second):
        (keep,) = outbox.submit(each, 0.0)
        assert isinstance(keep, Save)
        outbox.saved(keep.entry, 0.0)
    assert outbox.sending == 1
    commands = outbox.ended(1, Stored("a.geojson"), 0.0)
    assert not [command for command in commands if isinstance(command, Send)]
    assert [command for command in outbox.deleted(1, 0.0) if isinstance(command, Send)]


def test_an_edit_of_an_older_version_builds_on_the_newest_edit() -> None:
    rig = Rig()
    rig.submit(change(ONE, TWO), change(ONE, THREE))
    rig.answer(Stored("a.geojson"))
    assert (rig.sent[-1].change.before, rig.sent[-1].change.after) == (TWO, THREE)
    rig.answer(Stored("a.geojson"))
    rig.submit(change(TWO, b""))
    assert (rig.sent[-1].change.before, rig.sent[-1].change.after) == (THREE, b"")


def test_an_edit_of_a_version_that_the_oldest_of_many_changes_replaced_builds_on_that_change() -> None:
    rig = Rig()
    rig.submit(change(ONE, TWO), *(change(ONE, TWO, fence=f"fence-{number}") for number in range(MOST_WAITING - 1)))
    for _ in range(2):
        rig.submit(change(ONE, THREE))
        assert (rig.outbox.entries[-1].change.before, rig.outbox.entries[-1].change.after) == (TWO, THREE)
        rig.restart()


def test_two_fences_of_one_file_that_share_an_id_are_not_mistaken_for_each_other() -> None:
    rig = Rig(disk_is_slow=True)
    rig.submit(change(ONE, THREE), change(TWO, b""))
    assert [(entry.change.before, entry.change.after) for entry in rig.outbox.entries] == [(ONE, THREE), (TWO, b"")]


def test_without_a_network_it_is_tried_again_less_and_less_often() -> None:
    rig = Rig()
    rig.submit(change(after=ONE))
    pauses = []
    for _ in range(10):
        rig.answer(Unreachable("host"))
        at = rig.outbox.next_wakeup()
        assert at is not None
        pauses.append(at - rig.now)
        rig.wait(at - rig.now)
    assert pauses == sorted(pauses)
    assert pauses[0] < 5 < pauses[-1] <= 120
    assert rig.disk, "it is still there"


def test_when_the_network_is_back_it_goes_out_at_once() -> None:
    rig = Rig()
    rig.submit(change(after=ONE))
    for _ in range(8):
        rig.answer(Unreachable("host"))
        rig.wait(300)
    rig.answer(Unreachable("host"))
    sent = len(rig.sent)
    rig.do(rig.outbox.send_now(rig.now))
    assert len(rig.sent) == sent + 1


def test_a_server_that_names_a_time_is_not_asked_before() -> None:
    rig = Rig()
    rig.submit(change(after=ONE))
    rig.answer(service_error("host", 429, retry_after_s=77.0))
    rig.wait(70)
    assert len(rig.sent) == 1
    rig.wait(10)
    assert len(rig.sent) == 2


def test_everything_waits_until_the_viewer_signs_in_where_that_is_needed() -> None:
    rig = Rig()
    rig.submit(change(after=ONE))
    rig.answer(SignInError("interaction_required"))
    assert rig.outbox.next_wakeup() is None
    rig.wait(1e6)
    assert len(rig.sent) == 1
    rig.do(rig.outbox.send_now(rig.now))
    assert len(rig.sent) == 2


def test_a_refused_change_stays_and_the_others_are_sent() -> None:
    rig = Rig()
    rig.submit(change(after=ONE, fence="a"), change(after=ONE, fence="b"))
    rig.answer(Forbidden("host", 403, "AuthorizationPermissionMismatch", "no role"))
    assert rig.sent[-1].change.geometry_id == "b"
    rig.answer(Stored("b.geojson"))
    (entry,) = rig.outbox.entries
    assert entry.state == "refused"
    assert entry.refusal is not None
    assert (entry.refusal.error, entry.refusal.status) == ("Forbidden", 403)
    assert rig.disk[entry.number] == entry


def test_a_refused_change_can_be_tried_again_or_given_up() -> None:
    rig = Rig()
    rig.submit(change(after=ONE))
    rig.answer(Forbidden("host", 403))
    number = rig.outbox.entries[0].number
    rig.do(rig.outbox.retry(number, rig.now))
    assert len(rig.sent) == 2
    rig.answer(Forbidden("host", 403))
    rig.do(rig.outbox.discard(number, rig.now))
    assert not rig.disk


def test_an_edit_of_a_refused_change_is_merged_and_tried_again() -> None:
    rig = Rig()
    rig.submit(change(ONE, TWO))
    rig.answer(service_error("host", 413))
    rig.submit(change(TWO, THREE))
    assert (rig.sent[-1].change.before, rig.sent[-1].change.after) == (ONE, THREE)


def test_a_conflict_waits_for_a_decision_together_with_what_builds_on_it() -> None:
    rig = Rig()
    rig.submit(change(ONE, TWO), change(TWO, THREE))
    theirs = feature("theirs")
    rig.answer(Conflicting(theirs))
    (entry,) = rig.outbox.entries
    assert (entry.state, entry.theirs, entry.change.before, entry.change.after) == ("conflict", theirs, ONE, THREE)
    rig.wait(1e6)
    assert len(rig.sent) == 1


def test_ours_goes_on_top_of_theirs_only_when_that_was_chosen() -> None:
    rig = Rig()
    rig.submit(change(ONE, TWO))
    rig.answer(Conflicting(THREE))
    rig.do(rig.outbox.resolve(rig.outbox.entries[0].number, "mine", rig.now))
    assert (rig.sent[-1].change.before, rig.sent[-1].change.after) == (THREE, TWO)


def test_ours_on_top_of_a_fence_they_deleted_adds_it_again() -> None:
    rig = Rig()
    rig.submit(change(ONE, TWO))
    rig.answer(Conflicting(b""))
    rig.do(rig.outbox.resolve(rig.outbox.entries[0].number, "mine", rig.now))
    assert rig.sent[-1].change.kind == "add"


def test_theirs_stays_when_that_was_chosen() -> None:
    rig = Rig()
    rig.submit(change(ONE, TWO))
    rig.answer(Conflicting(THREE))
    rig.do(rig.outbox.resolve(rig.outbox.entries[0].number, "theirs", rig.now))
    assert not rig.disk
    assert len(rig.sent) == 1


def test_both_are_kept_by_making_ours_a_fence_of_its_own() -> None:
    rig = Rig()
    rig.submit(change(ONE, TWO))
    rig.answer(Conflicting(THREE))
    rig.do(rig.outbox.keep_both(rig.outbox.entries[0].number, "new-id", feature("copy"), rig.now))
    sent = rig.sent[-1].change
    assert (sent.kind, sent.source, sent.geometry_id, sent.after) == ("add", "", "new-id", feature("copy"))


def test_a_store_that_names_the_file_itself_is_followed_by_later_edits() -> None:
    rig = Rig()
    rig.submit(Change("1", "", "a", b"", ONE), Change("2", "", "a", ONE, TWO))
    rig.answer(Stored("udid-7"))
    assert rig.sent[-1].change.source == "udid-7"


def test_an_edit_under_the_file_name_of_the_store_follows_an_upload_whose_answer_is_yet_to_come() -> None:
    rig = Rig()
    rig.submit(Change("new", "", "a", b"", ONE))
    rig.answer(Unreachable("host"))
    # The upload went through, and a load shows it, now and then: the screen has it under either name.
    rig.submit(Change("2", "udid-7", "a", ONE, TWO), Change("3", "", "a", TWO, THREE))
    rig.wait(1000)
    rig.answer(Stored("udid-7"))
    assert (rig.sent[-1].change.source, rig.sent[-1].change.before) == ("udid-7", ONE)
    rig.answer(Stored("udid-7"))
    assert rig.outbox.entries == ()


def test_a_change_that_was_given_up_can_be_made_again() -> None:
    rig = Rig()
    rig.submit(change(ONE, TWO, number="first"))
    rig.answer(Forbidden("host", 403))
    rig.do(rig.outbox.discard(1, rig.now))
    rig.do(rig.outbox.submit(change(ONE, TWO, number="again"), rig.now, is_current=True))
    assert (rig.sent[-1].change.id, rig.sent[-1].change.before) == ("again", ONE)


def test_a_change_that_was_reverted_in_the_store_can_be_made_again() -> None:
    rig = Rig()
    rig.submit(change(ONE, b"", number="first"))
    rig.answer(Stored("a.geojson"))
    # Somebody undid the deletion, and this screen shows the fence again.
    rig.do(rig.outbox.submit(change(ONE, b"", number="again"), rig.now, is_current=True))
    assert (rig.sent[-1].change.id, rig.sent[-1].change.before) == ("again", ONE)


def test_an_edit_of_a_fence_with_a_change_under_way_builds_on_that_whatever_the_store_holds() -> None:
    rig = Rig()
    rig.submit(change(ONE, TWO))
    rig.do(rig.outbox.submit(change(ONE, THREE), rig.now, is_current=True))
    rig.answer(Stored("a.geojson"))
    assert (rig.sent[-1].change.before, rig.sent[-1].change.after) == (TWO, THREE)


def test_the_stores_note_is_on_disk_and_given_back_after_a_restart() -> None:
    rig = Rig()
    rig.submit(change(after=ONE))
    rig.do(rig.outbox.step_reported(1, Step("processing", "operation-9")))
    rig.restart()
    assert rig.sent[-1].resume == "operation-9"


def test_a_refusal_in_the_middle_of_an_upload_does_not_forget_the_upload() -> None:
    rig = Rig()
    rig.submit(change(after=ONE))
    rig.do(rig.outbox.step_reported(1, Step("processing", "operation-9")))
    rig.answer(Forbidden("host", 403))
    rig.do(rig.outbox.retry(1, rig.now))
    assert rig.sent[-1].resume == "operation-9"


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (Unreachable("host"), "retry"),
        (Throttled("host", 429), "retry"),
        (ServiceDown("host", 503), "retry"),
        (UnexpectedReply("host", 200, "html"), "retry"),
        (StorageError("/srv", "disk full"), "retry"),
        (Unauthorized("host", 401), "retry"),
        (service_error("host", 408), "retry"),
        (service_error("host", 407), "refused"),
        (SignInError("interaction_required"), "sign-in"),
        (SignInError("temporarily_unavailable", needs_person=False), "retry"),
        (Forbidden("host", 403), "refused"),
        (NotFound("host", 404), "refused"),
        (service_error("host", 400), "refused"),
        (service_error("host", 413), "refused"),
        (service_error("host", 409), "refused"),
        (DataError("file", "not GeoJSON"), "refused"),
    ],
)
def test_what_becomes_of_a_change_depends_on_whether_waiting_helps(error: TvappError, expected: str) -> None:
    assert next_step(error) == expected


def test_a_refusal_names_the_error_and_what_the_service_said() -> None:
    answered = refusal(Forbidden("host", 403, "AuthorizationPermissionMismatch", "no role"))
    assert answered == Refusal("Forbidden", 403, "AuthorizationPermissionMismatch", "no role")
    assert refusal(DataError("a.geojson", "not GeoJSON")) == Refusal("DataError", message="not GeoJSON")
    error = StoreRetired("host", 410)
    assert refusal(error) == Refusal("StoreRetired", message=str(error))


def test_numbers_go_on_after_the_highest_entry_and_the_highest_file() -> None:
    waiting = (Entry(5, change(ONE, TWO, "b")), Entry(3, change(ONE, TWO, "c")))
    for last, first in ((0, 6), (4, 6), (5, 6), (9, 10)):
        outbox = Outbox(waiting, last=last)
        assert [entry.number for entry in outbox.entries] == [3, 5]
        outbox.submit(change(after=ONE), 0.0)
        outbox.submit(change(after=ONE, fence="d"), 0.0)
        assert [entry.number for entry in outbox.entries[2:]] == [first, first + 1]


def test_entries_that_are_found_on_the_disk_later_go_first() -> None:
    outbox = Outbox()
    outbox.submit(change(after=ONE, fence="new"), 0.0)
    outbox.prepend([Entry(8, change(ONE, TWO, "b")), Entry(7, change(ONE, TWO, "c"))])
    assert [entry.change.geometry_id for entry in outbox.entries] == ["c", "b", "new"]


def test_the_outbox_is_full_with_as_many_changes_as_may_wait() -> None:
    waiting = [Entry(number, change(ONE, TWO, f"f{number}")) for number in range(1, MOST_WAITING + 1)]
    assert Outbox(waiting).is_full
    assert not Outbox(waiting[1:]).is_full


def test_an_entry_is_saved_when_the_disk_has_it_as_it_is_now() -> None:
    outbox = Outbox()
    (first,) = outbox.submit(change(ONE, TWO), 0.0)
    (second,) = outbox.submit(change(TWO, THREE), 0.0)
    assert isinstance(first, Save)
    assert isinstance(second, Save)
    assert outbox.saved(first.entry, 0.0) == [], "merged since"
    assert not outbox.is_saved(1)
    assert outbox.saved(second.entry, 0.0) == [Send(outbox.entries[0])]
    assert outbox.is_saved(1)


def test_only_a_refused_change_is_tried_again_and_only_one_that_is_stuck_given_up() -> None:
    rig = Rig()
    rig.submit(change(ONE, TWO, "a"), change(ONE, TWO, "b"))
    rig.answer(Conflicting(THREE))
    waiting = rig.outbox.entries
    assert rig.outbox.retry(1, 0.0) == [], "a conflict needs a decision"
    assert rig.outbox.retry(2, 0.0) == rig.outbox.discard(2, 0.0) == [], "it is being sent"
    assert rig.outbox.resolve(2, "mine", 0.0) == rig.outbox.keep_both(2, "c", ONE, 0.0) == []
    assert rig.outbox.retry(9, 0.0) == rig.outbox.discard(9, 0.0) == [], "there is none"
    assert rig.outbox.resolve(9, "mine", 0.0) == rig.outbox.keep_both(9, "c", ONE, 0.0) == []
    assert rig.outbox.entries == waiting


def test_a_refused_change_is_no_conflict_to_be_settled() -> None:
    rig = Rig()
    rig.submit(change(ONE, TWO))
    rig.answer(Forbidden("host", 403))
    assert rig.outbox.resolve(1, "mine", 0.0) == rig.outbox.keep_both(1, "c", ONE, 0.0) == []


def test_a_deletion_that_collided_has_no_copy_to_be_kept_beside_theirs() -> None:
    rig = Rig()
    rig.submit(change(ONE, b""))
    rig.answer(Conflicting(TWO))
    assert rig.outbox.keep_both(1, "new", ONE, 0.0) == []
    assert rig.outbox.entries[0].state == "conflict"


def test_a_fence_that_both_sides_deleted_leaves_nothing_to_be_sent() -> None:
    rig = Rig()
    rig.submit(change(ONE, b""))
    rig.answer(Conflicting(b""))
    rig.do(rig.outbox.resolve(1, "mine", rig.now))
    assert (rig.outbox.entries, rig.disk, len(rig.sent)) == ((), {}, 1)


def test_trying_again_does_not_wait_for_the_back_off_of_another_change() -> None:
    rig = Rig()
    rig.submit(change(ONE, TWO, "a"))
    rig.answer(Forbidden("host", 403))
    rig.submit(change(ONE, TWO, "b"))
    for _ in range(5):
        rig.answer(Unreachable("host"))
        rig.wait(500)
    rig.answer(Unreachable("host"))
    rig.do(rig.outbox.retry(1, rig.now))
    assert rig.sent[-1].change.geometry_id == "a"
    rig.answer(Unreachable("host"))
    assert rig.outbox.next_wakeup() == pytest.approx(rig.now + RETRY.delay(0, 0.5)), "the back-off begins anew"


def test_the_back_off_begins_anew_after_a_success_and_once_the_network_is_back() -> None:
    for again in ("success", "network"):
        rig = Rig()
        rig.submit(change(ONE, TWO, "a"), change(ONE, TWO, "b"))
        for _ in range(4):
            rig.answer(Unreachable("host"))
            rig.wait(500)
        if again == "success":
            rig.answer(Stored("a.geojson"))
        else:
            rig.answer(Unreachable("host"))
            rig.do(rig.outbox.send_now(rig.now))
        assert rig.outbox.sending is not None
        rig.answer(Unreachable("host"))
        assert rig.outbox.next_wakeup() == pytest.approx(rig.now + RETRY.delay(0, 0.5))


def test_why_the_last_attempt_failed_is_known_until_one_succeeds() -> None:
    rig = Rig()
    rig.submit(change(ONE, TWO))
    rig.answer(error := Unreachable("host"))
    assert rig.outbox.error is error
    rig.wait(500)
    assert rig.outbox.error is error
    rig.answer(Stored("a.geojson"))
    assert rig.outbox.error is None


def is_idle(outbox: Outbox) -> bool:
    return outbox.step is None and outbox.sending is None


def test_while_an_attempt_goes_on_its_step_is_known_and_nothing_else_is_due() -> None:
    rig = Rig()
    assert rig.outbox.next_wakeup() is None
    rig.submit(change(ONE, TWO))
    assert rig.outbox.step == Step("sending")
    assert rig.outbox.next_wakeup() is None
    assert rig.outbox.step_reported(1, Step("checking")) == []
    assert rig.outbox.step == Step("checking")
    rig.answer(Unreachable("host"))
    assert is_idle(rig.outbox)
    rig.wait(500)
    rig.answer(Stored("a.geojson"))
    assert is_idle(rig.outbox)


def test_a_note_is_saved_once_and_none_of_another_attempt_is() -> None:
    rig = Rig()
    rig.submit(change(ONE, TWO), change(ONE, TWO, "b"))
    step = Step("processing", "operation-9")
    assert rig.outbox.step_reported(2, step) == []
    assert rig.outbox.step == Step("sending")
    assert len(rig.outbox.step_reported(1, step)) == 1
    assert rig.outbox.step_reported(1, step) == []
    assert rig.outbox.entries[1].resume == ""


def test_the_end_of_an_attempt_that_is_not_under_way_changes_nothing() -> None:
    rig = Rig()
    rig.submit(change(ONE, TWO))
    assert rig.outbox.ended(2, Stored("a.geojson"), 0.0) == rig.outbox.failed(2, Unreachable("host"), 0.0) == []
    assert (rig.outbox.sending, rig.outbox.error, len(rig.outbox.entries)) == (1, None, 1)


def test_a_stuck_change_holds_up_the_later_ones_of_its_fence_alone() -> None:
    stuck = Entry(1, change(ONE, TWO, "a"), "refused")
    outbox = Outbox([stuck, Entry(2, change(ONE, b"", "a")), Entry(3, change(ONE, TWO, "b"))])
    (send,) = outbox.tick(0.0)
    assert isinstance(send, Send)
    assert send.entry.number == 3


def test_edits_that_come_back_to_the_beginning_leave_nothing_of_a_collision() -> None:
    rig = Rig()
    rig.submit(change(ONE, TWO), change(TWO, ONE))
    rig.answer(Conflicting(THREE))
    assert (rig.outbox.entries, rig.disk) == ((), {})


class ModelStore:
    """A store that works as it should: Features by fence, and every write that was made."""

    def __init__(self) -> None:
        self.fences: dict[str, bytes] = {}
        self.writes: list[str] = []

    def send(self, sent: Change) -> Stored | Conflicting:
        present = self.fences.get(sent.geometry_id, b"")
        if present == sent.after:
            return Stored(sent.source)
        if present != sent.before:
            return Conflicting(present)
        self.writes.append(sent.id)
        if sent.after:
            self.fences[sent.geometry_id] = sent.after
        else:
            self.fences.pop(sent.geometry_id)
        return Stored(sent.source)


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["edit", "edit", "edit", "store", "store-and-lose", "offline", "restart", "wait"]),
        st.sampled_from("abc"),
        st.integers(0, 5),
    ),
    max_size=40,
)


@given(STEPS)
def test_in_any_order_of_events_the_store_ends_as_confirmed_and_nothing_is_written_twice(
    steps: list[tuple[str, str, int]],
) -> None:
    rig, store = Rig(), ModelStore()
    confirmed: dict[str, bytes] = {}
    for number, (what, fence, value) in enumerate(steps):
        if what == "edit":
            before = confirmed.get(fence, b"")
            after = b"" if value == 0 and before else feature(f"{fence}{value}{number}")
            confirmed[fence] = after
            rig.submit(change(before, after, fence, str(number)))
        elif what == "restart":
            rig.restart()
        elif what == "wait":
            rig.wait(200)
        elif rig.outbox.sending is not None:
            entry = rig.outbox.get(rig.outbox.sending)
            assert entry is not None
            if what == "store":
                rig.answer(store.send(entry.change))
            else:
                if what == "store-and-lose":
                    store.send(entry.change)
                rig.answer(Unreachable("host"))
    while rig.outbox.entries:
        rig.wait(200)
        number_sent = rig.outbox.sending
        assert number_sent is not None, rig.outbox.entries
        entry = rig.outbox.get(number_sent)
        assert entry is not None
        outcome = store.send(entry.change)
        assert isinstance(outcome, Stored), "nobody else writes here: no conflict"
        rig.answer(outcome)
    assert store.fences == {fence: after for fence, after in confirmed.items() if after}
    assert len(store.writes) == len(set(store.writes))
    assert not rig.disk


# -- on disk -----------------------------------------------------------------------------------------------------------


def entry(number: int = 1) -> Entry:
    return Entry(number, Change("id", "ä b.geojson", "a", ONE, '{"näme": "\U0001f600"}'.encode(), 3, 12.5), resume="r")


def test_an_entry_comes_back_as_it_was_saved(tmp_path: Path) -> None:
    folder = OutboxFolder(tmp_path / "outbox")
    saved = entry()
    folder.save(saved)
    ((found,), broken) = folder.read()
    assert (found.change, found.resume, found.is_tried, broken) == (saved.change, "r", True, ())
    folder.delete(1)
    assert folder.read() == ((), ())


def test_an_outbox_that_was_never_used_is_empty(tmp_path: Path) -> None:
    assert OutboxFolder(tmp_path / "none").read() == ((), ())


def test_files_are_for_the_owner_alone(tmp_path: Path) -> None:
    folder = tmp_path / "outbox"
    OutboxFolder(folder).save(entry())
    assert folder.stat().st_mode & 0o777 == 0o700
    assert [path.stat().st_mode & 0o777 for path in folder.iterdir()] == [0o600]


def test_a_file_is_a_record_and_a_damaged_one_is_set_aside_and_the_others_are_read(tmp_path: Path) -> None:
    folder = OutboxFolder(tmp_path)
    folder.save(entry(1))
    folder.save(entry(2))
    path = tmp_path / "0000000001.json"
    data = path.read_bytes()
    assert FORMAT.unpack(data)
    path.write_bytes(data[:-1])
    entries, broken = folder.read()
    assert [each.number for each in entries] == [2]
    assert broken == (path.name,)
    assert (tmp_path / "0000000001.json.broken").read_bytes() == data[:-1], "it is set aside, not deleted"


@pytest.mark.parametrize(
    "damage",
    [
        lambda path: path.write_bytes(b"\xff\xfe"),
        lambda path: path.write_text("[1, 2]"),
        lambda path: path.write_bytes(FORMAT.pack(b"[1, 2]")),
        lambda path: path.write_bytes(FORMAT.unpack(path.read_bytes())),
        lambda path: path.rename(path.with_name("name.json")),
        lambda path: (path.unlink(), path.mkdir()),
    ],
)
def test_a_file_that_is_no_entry_is_set_aside(tmp_path: Path, damage: Callable[[Path], object]) -> None:
    place = tmp_path / "outbox"
    folder = OutboxFolder(place)
    folder.save(entry())
    (path,) = place.iterdir()
    damage(path)
    entries, broken = folder.read()
    assert (entries, len(broken)) == ((), 1)
    assert folder.read() == ((), ()), "it is not complained about twice"


def test_what_a_later_version_has_written_stays_for_it_and_keeps_its_number(tmp_path: Path) -> None:
    place = tmp_path / "outbox"
    folder = OutboxFolder(place)
    folder.save(entry(7))
    (path,) = place.iterdir()
    later = RecordFormat(FORMAT.kind, FORMAT.version + 1).pack(b'{"id":9,"more":[1]}')
    path.write_bytes(later)
    for again in (folder, OutboxFolder(place)):
        assert again.read() == ((), (path.name,))
        assert again.last_number == 7
    assert path.read_bytes() == later


def test_a_file_set_aside_never_overwrites_another_one(tmp_path: Path) -> None:
    place = tmp_path / "outbox"
    for text in ("one", "two"):
        OutboxFolder(place).save(entry())
        (place / "0000000001.json").write_text(text)
        OutboxFolder(place).read()
    assert sorted(path.read_text() for path in place.iterdir()) == ["one", "two"]
    again = OutboxFolder(place)
    again.read()
    assert again.last_number == 1


def test_changes_that_were_joined_when_the_power_was_cut_are_there_once(tmp_path: Path) -> None:
    rig = Rig()
    rig.submit(change(ONE, TWO), change(TWO, THREE), change(ONE, TWO, "b"))
    rig.answer(Conflicting(feature("theirs")))
    (whole, other) = rig.outbox.entries
    folder = OutboxFolder(tmp_path)
    # The whole is on disk, and the cut came before its parts went.
    for each in (whole, Entry(2, change(TWO, THREE)), other):
        folder.save(each)
    entries, _ = folder.read()
    assert [each.number for each in entries] == [1, 3]
    assert entries[0].change.after == THREE
    assert OutboxFolder(tmp_path).read()[0] == entries


def test_a_folder_that_goes_with_all_that_was_in_it_is_missed_once(tmp_path: Path) -> None:
    place = tmp_path / "outbox"
    folder = OutboxFolder(place)
    folder.save(entry())
    (place / "0000000001.json").unlink()
    place.rmdir()
    with pytest.raises(StorageError, match=r"gone$"):
        folder.save(entry(2))
    folder.save(entry(2))
    assert [path.name for path in place.iterdir()] == ["0000000002.json"]


def test_a_folder_that_cannot_be_written_is_a_storage_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StorageError):
        OutboxFolder(tmp_path / "file").save(entry())


@pytest.mark.parametrize(
    "stuck",
    [
        Entry(1, change(ONE, TWO), "refused", "r", refusal=Refusal("Forbidden", 403, "NoRole", "no role")),
        Entry(1, change(ONE, TWO), "conflict", theirs=THREE),
        Entry(1, change(ONE, TWO), "conflict", theirs=b""),
    ],
)
def test_an_entry_that_waits_for_the_viewer_comes_back_as_it_was_saved(tmp_path: Path, stuck: Entry) -> None:
    OutboxFolder(tmp_path).save(stuck)
    assert OutboxFolder(tmp_path).read() == ((stuck,), ())


def test_the_data_folder_may_be_a_link_but_not_the_folders_below_it(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "data").symlink_to(tmp_path / "elsewhere")
    OutboxFolder(tmp_path / "data" / "outbox" / "account").save(entry())
    (tmp_path / "data" / "outbox").rename(tmp_path / "moved")
    (tmp_path / "data" / "outbox").symlink_to(tmp_path / "moved")
    with pytest.raises(StorageError):
        OutboxFolder(tmp_path / "data" / "outbox" / "account").save(entry())


def test_a_storage_error_names_the_folder(tmp_path: Path) -> None:
    place = tmp_path / "outbox"
    place.write_text("in the way")
    with pytest.raises(StorageError, match=str(place)):
        OutboxFolder(place).read()
    place.unlink()
    folder = OutboxFolder(place)
    folder.save(entry())
    (place / "0000000001.json").unlink()
    place.rmdir()
    with pytest.raises(StorageError, match=f"{place}.*the folder has gone"):
        folder.save(entry())


def test_a_damaged_file_that_cannot_be_set_aside_stays_and_the_others_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = OutboxFolder(tmp_path)
    for number in (1, 2):
        folder.save(entry(number))
    (tmp_path / "0000000001.json").write_text("damaged")

    def refuse(*_paths: object, **_more: object) -> None:
        raise OSError(errno.EROFS, "read-only")

    monkeypatch.setattr(os, "rename", refuse)
    entries, broken = OutboxFolder(tmp_path).read()
    assert [each.number for each in entries] == [2]
    assert broken == ("0000000001.json",)


def test_a_copy_beside_theirs_is_another_change_and_a_merged_one_has_the_time_of_the_last() -> None:
    rig = Rig()
    rig.submit(
        Change("first", "a.geojson", "a", ONE, TWO, at=1.0), Change("second", "a.geojson", "a", TWO, ONE, at=2.0)
    )
    assert [(entry.change.id, entry.change.at) for entry in rig.outbox.entries] == [("first", 1.0), ("second", 2.0)]
    waiting = Outbox()
    waiting.submit(Change("first", "a.geojson", "a", ONE, TWO, at=1.0), 0.0)
    waiting.submit(Change("second", "a.geojson", "a", TWO, THREE, at=2.0), 0.0)
    assert [(entry.change.id, entry.change.at) for entry in waiting.entries] == [("first", 2.0)]
    rig = Rig()
    rig.submit(Change("mine", "a.geojson", "a", ONE, TWO))
    rig.answer(Conflicting(THREE))
    rig.do(rig.outbox.keep_both(1, "new", feature("copy"), rig.now))
    assert rig.sent[-1].change.id == "mine-copy"


def test_what_the_viewer_decides_sends_another_change_that_is_due_at_once() -> None:
    first = Entry(1, change(after=ONE))
    refused = Entry(2, change(after=ONE, fence="b"), "refused", refusal=Refusal("Forbidden", 403))
    collided = Entry(2, change(after=ONE, fence="b"), "conflict", theirs=TWO)
    for second, decide in (
        (refused, lambda outbox: outbox.retry(2, 9.0)),
        (refused, lambda outbox: outbox.submit(change(ONE, TWO, "b"), 9.0)),
        (refused, lambda outbox: outbox.submit(change(b"", ONE, "c"), 9.0)),
        (collided, lambda outbox: outbox.resolve(2, "mine", 9.0)),
        (collided, lambda outbox: outbox.keep_both(2, "b-2", THREE, 9.0)),
        (collided, lambda outbox: outbox.saved(collided, 9.0)),
        (collided, lambda outbox: outbox.deleted(7, 9.0)),
    ):
        commands = decide(Outbox([first, second]))  # type: ignore[no-untyped-call]
        (sent,) = (command for command in commands if isinstance(command, Send))
        assert sent.entry.change == first.change


def test_after_a_failure_of_one_change_the_next_one_is_tried_when_that_was_refused() -> None:
    rig = Rig()
    rig.submit(change(after=ONE), change(after=ONE, fence="b"), change(after=ONE, fence="c"))
    rig.answer(Forbidden("store", 403))
    rig.answer(Conflicting(TWO))
    assert [entry.change.geometry_id for entry in rig.sent] == ["a", "b", "c"]
    rig.answer(Stored("c.geojson"))
    assert [entry.state for entry in rig.outbox.entries] == ["refused", "conflict"]


def test_a_folder_that_was_read_and_goes_is_missed(tmp_path: Path) -> None:
    place = tmp_path / "outbox"
    OutboxFolder(place).save(Entry(1, change(after=ONE)))
    folder = OutboxFolder(place)
    folder.read()
    for path in place.iterdir():
        path.unlink()
    place.rmdir()
    with pytest.raises(StorageError) as raised:
        folder.save(Entry(2, change(after=ONE)))
    assert (raised.value.path, raised.value.reason, raised.value.kind) == (str(place), "the folder has gone", "gone")
    folder.save(Entry(2, change(after=ONE)))


def test_the_highest_number_is_that_of_a_file_of_any_kind_and_of_none_it_is_nought(tmp_path: Path) -> None:
    place = tmp_path / "outbox"
    place.mkdir()
    folder = OutboxFolder(place)
    assert folder.last_number == 0
    folder.read()
    assert folder.last_number == 0
    for name in ("0000000007.json.broken", "12", "notes.txt", "\u0663.json", "3.json"):
        (place / name).write_bytes(b"")
    folder.read()
    assert folder.last_number == 12


def test_an_entry_is_numbered_in_ten_digits_and_deleted_once(tmp_path: Path) -> None:
    folder = OutboxFolder(tmp_path)
    folder.save(Entry(42, change(after=ONE)))
    assert [path.name for path in tmp_path.glob("*.json*")] == ["0000000042.json"]
    (found,), broken = folder.read()
    assert (found.number, broken, folder.last_number) == (42, (), 42)
    folder.delete(42)
    folder.delete(42)
    assert folder.read() == ((), ())


def test_only_changes_of_the_same_fence_follow_it_into_the_file_that_the_store_chose() -> None:
    outbox = Outbox(
        [
            Entry(1, Change("1", "", "a", b"", ONE)),
            Entry(2, Change("2", "", "a", TWO, THREE)),
            Entry(3, Change("3", "", "b", b"", ONE)),
        ]
    )
    outbox.tick(0.0)
    commands = outbox.ended(1, Stored("chosen.geojson"), 0.0)
    assert [(entry.number, entry.change.source) for entry in outbox.entries] == [(2, "chosen.geojson"), (3, "")]
    assert [type(command) for command in commands] == [Save, Delete, Arrived]
