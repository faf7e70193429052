"""Surge: one screen that a mayor understands."""

from __future__ import annotations

from grafana_foundation_sdk.models.dashboard import Dashboard

from monitoring.grafana import troubles
from monitoring.grafana.boards import Row, board
from monitoring.grafana.panels import (
    BAD,
    GOOD,
    NEUTRAL,
    STRAINED,
    About,
    Curve,
    Limits,
    Placeable,
    bars,
    curves,
    figure,
    named,
)
from monitoring.grafana.queries import (
    INTERVAL,
    PAIRS_LEFT,
    most,
    or_none,
    or_zero,
    per_minute,
    percentile,
)

BOOKINGS = "seiriken_bookings_total"


def booked_per_second(over: str) -> str:
    """Return how many people got a pair; companions book two at once."""
    alone = or_zero(f'sum(rate({BOOKINGS}{{command=~"book|walk_in"}}[{over}]))')
    together = or_zero(f'sum(rate({BOOKINGS}{{command="book_together"}}[{over}]))')
    return f"({alone}) + 2 * ({together})"


SELL_OUT_S = (
    f"(({PAIRS_LEFT}) == 0) or (({PAIRS_LEFT}) / (({booked_per_second('2m')}) > 0)) or vector(-1)"
)
LAST_WAITS_S = '(max(seiriken_told_wait_seconds{bound="high"}) >= 0) or vector(-1)'

STATES = {
    "scheduled": "not yet / 予定",
    "lobby": "lobby / 開始前の待合室",
    "open": "open / 受付中",
    "paused": "paused / 一時停止中",
    "closed": "closed / 終了",
    "none": "no release / なし",
}
OUTLOOKS = {
    "likely": "likely / 見込みあり",
    "borderline": "unclear / 微妙",
    "unlikely": "unlikely / 難しい",
    "unknown": "not known / 不明",
    "none": "nobody / なし",
}


def dashboard() -> Dashboard:
    """Return it: what a mayor asks first, then how it went, then why."""
    return board(
        "surge",
        "Surge / 予約受付の状況",
        "One screen for everybody: how many wait, how fast they are served, how long the places"
        " last, and whether we are well.",
        [
            Row(6, [_well(), _waiting(), _booked(), _pairs_left(), _sell_out(), _last_waits()]),
            Row(8, [_people(), _decided(), _stock()]),
            Row(7, [_state(), _matter(), _outlook(), _answers()], widths=(4, 8, 5, 7)),
        ],
        span="30m",
    )


def _well() -> Placeable:
    return figure(
        "Are we well? / 順調ですか",
        About(
            "One word made of many signs: servers, the writer, waiting requests, failing pages.",
            "YES.",
            "The panel 'What is the matter' names the reason; start there.",
            ja="多くの指標をひとことにまとめたものです。「はい」以外のときは"
            "「何が起きているか」を見てください。",
        ),
        troubles.WELL,
        words={
            "2": ("YES / はい", GOOD),
            "1": ("STRAINED / 負荷あり", STRAINED),
            "0": ("NO / いいえ", BAD),
        },
        filled=True,
    )


def _waiting() -> Placeable:
    return figure(
        "Waiting now / 待っている人",
        About(
            "People who hold a place in the line and whose turn has not come.",
            "A large number after the opening, which falls steadily.",
            "If it does not fall while the release is open, see the dashboard Waiting room.",
            ja="順番を待っている人の数です。受付開始直後は多く、少しずつ減っていきます。",
        ),
        most("seiriken_waiting_people"),
        decimals=0,
    )


def _booked() -> Placeable:
    return figure(
        "Booked per minute / 1分間の予約数",
        About(
            "People who got both doses booked, in the last minute.",
            "Steady while people wait.",
            "If it is 0 while people wait and places are left, look at the dashboard Allocator.",
            ja="直近1分間に2回分の予約が取れた人の数です。",
        ),
        or_zero(f"60 * ({booked_per_second('1m')})"),
        decimals=0,
    )


def _pairs_left() -> Placeable:
    return figure(
        "Pairs left / 残りの予約枠（2回分）",
        About(
            "Pairs of a first and a second dose that can still be booked.",
            "Falls until it is 0.",
            "When it nears 0, prepare the words for those who wait (`seiriken room message`).",
            ja="まだ予約できる枠（1回目と2回目の組）の数です。",
        ),
        or_zero(PAIRS_LEFT),
        decimals=0,
    )


def _sell_out() -> Placeable:
    return figure(
        "Time to sell-out / 枠がなくなるまで",
        About(
            "How long the pairs last at the pace of the last two minutes.",
            "Longer than the last in line waits, or some of them get none.",
            "Shorter than the wait: say so to those who wait, early.",
            ja="この2分間の速さが続いた場合に、枠がなくなるまでの時間です。",
        ),
        SELL_OUT_S,
        unit="s",
        decimals=0,
        words={"-1": ("not selling / 予約なし", NEUTRAL), "0": ("sold out / 満了", NEUTRAL)},
    )


def _last_waits() -> Placeable:
    return figure(
        "Last in line waits / 最後の人の待ち時間",
        About(
            "How long the last person in the line is told to wait, at most.",
            "Falls after the opening.",
            "If it grows, see 'What holds the line back' on the dashboard Waiting room.",
            ja="列の最後の人に伝えている待ち時間（長いほう）です。",
        ),
        LAST_WAITS_S,
        unit="s",
        decimals=0,
        words={"-1": ("not known yet / 計算中", NEUTRAL), "0": ("nobody waits / なし", GOOD)},
    )


def _people() -> Placeable:
    return curves(
        "People / 人数",
        About(
            "How many wait, how many are inside and choosing, and how many may be inside.",
            "'Inside' stays just below its limit while people wait.",
            "Far below the limit with a long line: people do not come when called.",
            ja="待っている人、予約画面に入っている人、その上限です。",
        ),
        Curve(most("seiriken_waiting_people"), "waiting / 待っている"),
        Curve(most("seiriken_inside_people"), "inside / 入っている"),
        Curve(most("seiriken_admission_limit_people"), "limit inside / 上限"),
    )


def _decided() -> Placeable:
    return curves(
        "Decided per minute / 1分間の決定数",
        About(
            "Bookings made, and requests that got a clear no.",
            "Far more bookings than refusals until places run out.",
            "Many refusals early: see the reasons on the dashboard Allocator.",
            ja="予約が取れた数と、お断りした数です。",
        ),
        Curve(or_zero(f"60 * ({booked_per_second(INTERVAL)})"), "booked / 予約"),
        Curve(per_minute("seiriken_refusals_total"), "refused / お断り"),
    )


def _stock() -> Placeable:
    return curves(
        "Pairs left over time / 残りの枠の推移",
        About(
            "The pairs that can still be booked.",
            "A line that falls evenly.",
            "A flat line while people wait: nobody books; see 'What is the matter'.",
            ja="残りの枠の移り変わりです。",
        ),
        Curve(or_zero(PAIRS_LEFT), "pairs / 組"),
    )


def _state() -> Placeable:
    return named(
        "Release / 受付",
        About(
            "The state of the release that is open, or opens next.",
            "Open during its hours.",
            "Paused by mistake: `seiriken release resume`.",
            ja="受付の状態です。",
        ),
        or_none("max by (state) (seiriken_release_state) == 1", "state"),
        "{{state}}",
        STATES,
    )


def _matter() -> Placeable:
    return named(
        "What is the matter / 何が起きているか",
        About(
            "Each sign that is not in order, in words.",
            "Nothing.",
            "Each has a runbook in docs/runbooks.",
            ja="正常でないものをことばで示します。",
        ),
        troubles.MATTER,
        "{{what}}",
        {},
    )


def _outlook() -> Placeable:
    return bars(
        "Will they get one? / 枠は足りますか",
        About(
            "Of those who wait: how many are likely to get a pair, unclear, or unlikely.",
            "All likely at first.",
            "Many unlikely: tell them, and announce the next release.",
            ja="待っている人のうち、枠が取れる見込みの人、微妙な人、難しい人の数です。",
        ),
        or_none("max by (outlook) (seiriken_outlook_people)", "outlook"),
        "{{outlook}}",
        names=OUTLOOKS,
    )


def _answers() -> Placeable:
    return curves(
        "How quickly we answer / 応答の速さ",
        About(
            "95 of 100 pages come within this time; and the age of the oldest undecided request.",
            "Pages below 0.5 s, requests below 2 s.",
            "Slower: dashboard Gateway for pages, Allocator for requests.",
            ja="95%のページがこの時間内に返ります。もう一つは、決定待ちの最も古い申込みの時間です。",
        ),
        Curve(percentile(95, "seiriken_http_request_seconds"), "page, 95 of 100 / ページ"),
        Curve(most("seiriken_inbox_oldest_age_seconds"), "oldest request / 最古の申込み"),
        unit="s",
        limits=Limits(troubles.OLDEST_S_STRAINED, troubles.OLDEST_S_BAD),
    )
