"""The pages of a closed day, with something to show."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime

from allocator.closing import Closing, Displaced, Forecast, Rounds, summary
from allocator.model import Product, Venue
from gateway.staff.access import Role
from gateway.staff.closing_pages import REASONS
from gateway.staff.closings import Run, State
from tests.unit.gateway.factories import make_product

DAY = date(2021, 6, 10)
VENUE = Venue("gym", {"ja": "総合体育館", "en": "Gymnasium"}, {"ja": "印西市", "en": "Inzai"})
WORDS = "停電のため、この日は接種ができません。<b>"
PRODUCT = make_product()
CLOSING = Closing("gym", DAY, "slot_closed", "kantoku1", 200, WORDS)
OF_ONE = Closing("gym", DAY, "supply_cut", "kantoku1", 200, WORDS, PRODUCT.product_id)
TYPED = {"venue": "gym", "reason": "slot_closed", "words": WORDS, "day_year": "2021"}
AT = datetime(2021, 6, 10, 0, 30, tzinfo=UTC)
FORECAST = Forecast(
    28,
    1_234,
    56,
    1,
    (
        Displaced(AT, 1, 1_000, datetime(2021, 6, 11, 0, 30, tzinfo=UTC)),
        Displaced(AT, 1, 200, datetime(2021, 6, 8, 0, 30, tzinfo=UTC)),
        Displaced(AT, 2, 34, AT),
        Displaced(AT, 2, 59, None),
    ),
    3,
)
NOBODY = Forecast(28, 0, 0, 0, ())


def _run(state: State, closing: Closing = CLOSING) -> Run:
    return Run(closing, 1_290, Rounds(()), state)


def _link(_: Closing) -> str:
    return "/closing/progress?venue=gym&day=2021-06-10"


def _form(**changes: object) -> Mapping[str, object]:
    offered = {"venues": {"gym": VENUE}, "products": {PRODUCT.product_id: PRODUCT}}
    base = {**offered, "reasons": REASONS, "words_max": 300, "runs": [], "link": _link}
    return {**base, "values": {}, "errors": {}, **changes}


def _check(forecast: Forecast, product: Product | None = None) -> Mapping[str, object]:
    asked = {
        "venue": VENUE,
        "product": product,
        "closing": CLOSING,
        "values": TYPED,
        "fields": tuple(TYPED),
    }
    return {**asked, "forecast": forecast, "sums": summary(forecast)}


def _progress(run: Run | None, on_their_way: int = 0) -> Mapping[str, object]:
    asked = {"venue": VENUE, "product": None, "day": DAY}
    links = {"again": AGAIN, "count_again": _link(CLOSING), "refresh_s": 3}
    counts = {"untold": 1_234, "on_their_way": on_their_way}
    return {**asked, **links, **counts, "run": run}


AGAIN = "/closing?venue=gym"
FORM, CHECK = "staff_closing.html", "staff_closing_check.html"
PROGRESS = "staff_closing_progress.html"
WRONG = {
    "venue": "会場を選んでください。",
    "product": "一覧から選んでください。",
    "day_year": "正しくありません。",
    "reason": "理由を選んでください。",
    "words": "入力してください。",
}
SAMPLES: tuple[tuple[str, Role | None, str, Mapping[str, object]], ...] = (
    ("closing", "supervisor", FORM, _form(runs=[_run("running", OF_ONE), _run("done")])),
    ("closing-wrong", "supervisor", FORM, _form(values=TYPED, errors=WRONG)),
    ("closing-check", "supervisor", CHECK, _check(FORECAST)),
    ("closing-check-product", "supervisor", CHECK, _check(FORECAST, PRODUCT)),
    ("closing-check-nobody", "supervisor", CHECK, _check(NOBODY)),
    ("closing-runs", "supervisor", PROGRESS, _progress(_run("running"))),
    ("closing-done", "supervisor", PROGRESS, _progress(_run("done"))),
    ("closing-being-told", "supervisor", PROGRESS, _progress(_run("done"), 2_345)),
    ("closing-refused", "supervisor", PROGRESS, _progress(_run("refused"))),
    ("closing-unanswered", "supervisor", PROGRESS, _progress(_run("unanswered"))),
    ("closing-unknown", "supervisor", PROGRESS, _progress(None)),
)
