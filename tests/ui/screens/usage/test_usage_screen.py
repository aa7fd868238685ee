"""The usage page: what it asks for, what it shows of an answer, and what each key does."""

from __future__ import annotations

import pytest

from tests.ui.fakes import FakeActions, Remote, font_metrics
from tests.ui.gallery import EPOCH, MANY_APIS, RESOURCE_ID, TO_USAGE, USAGE_SETTINGS, account_usage, on_map, own
from tvapp.remote.intents import Intent
from tvapp.ui import theme
from tvapp.ui.messages import UsageChanged
from tvapp.ui.recording import RecordingCanvas
from tvapp.ui.screens.usage.charts import JOINED, columns
from tvapp.ui.screens.usage.screen import REFRESH_S, UsageScreen
from tvapp.ui.stack import ScreenStack
from tvapp.usage.account import AccountUsage, Share
from tvapp.usage.billing import Prices
from tvapp.usage.problems import UsageProblem
from tvapp.usage.report import TvUsage, UsageReport
from tvapp.usage.span import DAYS, PERIODS, UsagePeriod, span_of

LEFT, RIGHT, UP, DOWN, OK, BACK = (
    Intent.LEFT, Intent.RIGHT, Intent.UP, Intent.DOWN, Intent.SELECT, Intent.BACK,
)  # fmt: skip


class Page:
    """The page on a stack of its own, over a blank base."""

    def __init__(self) -> None:
        self.stack = ScreenStack()
        self.actions = FakeActions()
        self.screen = UsageScreen(USAGE_SETTINGS, self.stack, self.actions)
        self.stack.show(self.screen)
        self.stack.push(self.screen)
        self.remote = Remote(self.stack)
        self.stack.update(self.remote.now)

    def asked(self) -> list[object]:
        return [what for name, what in self.actions.asked if name == "load_usage"]

    def tell(
        self,
        period: UsagePeriod,
        account: AccountUsage | UsageProblem | None,
        tv: TvUsage | None = None,
        *,
        is_loading: bool = False,
    ) -> None:
        report = UsageReport(
            DAYS[period], span_of(DAYS[period], EPOCH), tv or own(period), account, EPOCH - 60, is_loading=is_loading
        )
        self.stack.receive(UsageChanged(report), self.remote.now)

    def shown(self) -> RecordingCanvas:
        canvas = RecordingCanvas(metrics=font_metrics)
        self.stack.draw(canvas, self.remote.now)
        return canvas


def test_five_presses_lead_from_the_map_to_the_page() -> None:
    scene = on_map(*TO_USAGE)(1920, 1080)
    assert scene.stack.top.name == "usage"
    assert len(TO_USAGE) <= 6
    assert ("load_usage", (7, False)) in scene.actions.asked


def test_the_page_opens_with_a_week_and_asks_once() -> None:
    page = Page()
    page.remote.rest()
    assert page.asked() == [(7, False)]
    assert page.shown().shows("Asking Azure Monitor")


def test_left_and_right_choose_the_period_and_ask_for_it() -> None:
    page = Page()
    page.remote.press(RIGHT, RIGHT, LEFT)
    assert page.asked() == [(7, False), (30, False), (1, False), (30, False)]
    assert page.screen.period == "month"


def test_an_answer_for_another_period_changes_nothing_that_is_shown() -> None:
    page = Page()
    page.tell("month", account_usage("month"))
    assert page.shown().shows("Asking Azure Monitor")
    page.remote.press(RIGHT)
    assert page.shown().shows("Requests from 23 Aug to 21 Sep")


def test_ok_asks_anew() -> None:
    page = Page()
    page.remote.press(OK)
    assert page.asked()[-1] == (7, True)


def test_a_page_that_stays_open_asks_again_by_itself_and_seldom() -> None:
    page = Page()
    wakeup = page.screen.next_wakeup(page.remote.now)
    assert wakeup is not None
    for _ in range(3):
        page.remote.now += REFRESH_S
        page.stack.update(page.remote.now)
        page.stack.update(page.remote.now)
    assert page.asked() == [(7, False)] * 4


def test_back_leads_to_the_map() -> None:
    page = Page()
    page.remote.press(BACK)
    assert page.stack.depth == 1


@pytest.mark.parametrize("period", PERIODS)
def test_every_column_has_its_value_and_its_time_and_together_they_are_everything(period: UsagePeriod) -> None:
    usage = account_usage(period)
    found = columns(usage, period, USAGE_SETTINGS)
    assert len(found) == -(-usage.span.parts // JOINED[period]) <= 12
    assert sum(column.value for column in found) == usage.total
    assert all(column.label and column.words for column in found)
    assert len({column.label for column in found}) == len(found)
    assert [column.is_open for column in found] == [False] * (len(found) - 1) + [True]


def test_the_times_of_the_columns_are_those_of_utc() -> None:
    labels = {period: [c.label for c in columns(account_usage(period), period, USAGE_SETTINGS)] for period in PERIODS}
    assert labels["day"][-2:] == ["11:00", "now"]
    assert labels["week"][-2:] == ["Sun 20", "today"]
    assert labels["month"][-2:] == ["16–18", "19–21"]


def test_the_numbers_are_written_out() -> None:
    page = Page()
    usage = account_usage("week", 1000)
    page.tell("week", usage)
    canvas = page.shown()
    for share in usage.by_api:
        assert canvas.shows(share.name) or canvas.shows(share.name.partition(".")[2])
        assert canvas.shows(f"{share.count:,}".replace(",", "\u202f"))
    for words in ("Answered", "Refused", "Failed", "99.96 %", "lowest: MapTile.GetBaseTile, 99.62 %"):
        assert canvas.shows(words)
    assert canvas.shows("All clients of the account, as of 14:12.")


def test_this_tv_has_tiles_transactions_and_cost() -> None:
    page = Page()
    page.tell("week", None, is_loading=True)
    canvas = page.shown()
    for words in ("This TV", "Last 7 days", "11\u202f760", "782", "3.52 USD", "Base map", "8\u202f638",
                  "Counted since 23 August 2026"):  # fmt: skip
        assert canvas.shows(words)


def test_without_a_price_there_is_no_cost_and_with_half_of_them_it_says_so() -> None:
    page = Page()
    page.tell("week", None, own("week", prices=Prices()))
    assert page.shown().shows("No price is set")
    page.tell("week", None, own("week", prices=Prices.of({"base": 1.0}, "EUR")))
    assert page.shown().shows("Without Satellite, Traffic, Weather, Descriptions, which have no price.")


def test_a_problem_says_what_to_do_with_the_command_and_the_ids() -> None:
    page = Page()
    page.tell("week", UsageProblem("role", "AuthorizationFailed", "management.azure.com", 403, request_id="r-1"))
    canvas = page.shown()
    assert canvas.shows("This account may not see the usage")
    assert "".join(canvas.sentences()).replace(" ", "").find(RESOURCE_ID[-40:]) >= 0
    assert canvas.shows("403 AuthorizationFailed · management.azure.com · r-1")
    assert canvas.shows("Tiles requested")


def test_more_apis_than_fit_are_turned_page_by_page_and_the_page_stays_within_them() -> None:
    page = Page()
    page.tell("week", account_usage("week", 9e6, MANY_APIS))
    assert page.shown().shows("1 to 5 of 37")
    assert page.stack.hints()[0].words == "hint.more"
    page.remote.press(UP)
    page.remote.press(DOWN)
    assert page.shown().shows("6 to 10 of 37")
    page.remote.press(*[DOWN] * 12)
    assert page.shown().shows("36 to 37 of 37")
    page.tell("week", account_usage("week"))
    assert page.shown().shows("MapTile.GetBaseTile")


def test_another_period_begins_with_the_first_apis() -> None:
    page = Page()
    for period in PERIODS:
        page.tell(period, account_usage(period, 9e6, MANY_APIS))
    page.shown()
    page.remote.press(DOWN, RIGHT)
    assert page.shown().shows("1 to 5 of 37")


def test_an_unknown_type_of_result_is_shown_as_it_is() -> None:
    page = Page()
    page.tell("week", account_usage("week", by_result=(Share("QuotaExceeded", 285),)))
    assert page.shown().shows("QuotaExceeded")


def test_success_is_told_by_its_name_and_not_by_its_colour_alone() -> None:
    page = Page()
    page.tell("week", account_usage("week"))
    canvas = page.shown()
    assert canvas.shows("Answered")
    assert any(shape.color == theme.GOOD for shape in canvas.shapes)
