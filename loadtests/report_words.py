"""The words of a load test's report, in Japanese and English."""

from __future__ import annotations

from collections.abc import Mapping

from loadtests.endings import Ending

ENDINGS_JA: Mapping[str, str] = {
    Ending.BOOKED: "2回分を予約できた",
    Ending.BOOKED_BEFORE: "すでに予約していた",
    Ending.LEFT: "自分の都合で途中でやめた",
    Ending.SOLD_OUT: "入場後、空きがないと案内された",
    Ending.TOLD_NONE_LEFT: "待っている間に、空きがないと案内された",
    Ending.TOLD_UNLIKELY: "予約できる見込みが低いと案内され、やめた",
    Ending.TOLD_CLOSED: "受付が終わったと案内された",
    Ending.ALWAYS_TAKEN: "希望した枠が何度も先に埋まった",
    Ending.STILL_WAITING: "試験の終了時にまだ待っていた",
    Ending.WENT_WRONG: "正しく処理されなかった",
}

CHECKS_JA: Mapping[str, str] = {
    "failed requests": "失敗した要求の割合",
    "residents for whom something went wrong": "正しく処理されなかった人",
    "residents with a clear answer": "はっきりした答えを受け取った人",
    "page answers, p99": "画面の応答時間(100回中99回はこれ以内)",
    "findings of the audit": "記録の監査で見つかった食い違い",
    "the roster has too few people": "名簿の人数が足りない",
}

SURGES_JA: Mapping[str, str] = {
    "opening": "決まった時刻の受付開始",
    "steady": "一定の混み具合",
    "spike": "一時的な10倍の混雑",
    "soak": "長時間の連続運転",
    "trickle": "夜間のまばらな利用",
}

WORDS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "title": "Load test report",
        "surge": "What was played",
        "pace": "people thought {pace} times as fast as in life",
        "passed": "Passed: every criterion was met.",
        "missed": "Not passed: see the criteria marked ✗.",
        "void": "Void: the load generator itself was the limit ({why}). Times are longer than"
        " the city's own, and nothing may be concluded from them.",
        "came": "residents came",
        "booked": "booked both doses",
        "first": "from the opening until the last booking",
        "wait": "waited: half of those who came in, at most (median)",
        "criteria": "Criteria",
        "criterion": "criterion",
        "found": "found",
        "limit": "limit",
        "audit": "The audit replays the city's journal, rebuilds every booking and seat from"
        " it, and looks for each booking number that a resident was shown.",
        "no_audit": "No audit was made: the city's folder was not named (--home).",
        "outcome": "How it ended for each resident",
        "arrivals": "Residents who came, each second",
        "waiting": "People waiting in the line",
        "serving": "How far the line was called (place number)",
        "bookings": "Bookings, each second",
        "latency": "How long pages took to answer (milliseconds)",
        "p50": "half within",
        "p95": "95 of 100 within",
        "p99": "99 of 100 within",
        "opens": "opens",
        "own": "Times of people",
        "what": "what",
        "count": "how many",
        "generator": "The generator itself: share of one core",
        "time": "Time is in minutes and seconds from the opening.",
    },
    "ja": {
        "title": "負荷試験の報告",
        "surge": "試験の内容",
        "pace": "住民役は実際の {pace} 倍の速さで操作しました",
        "passed": "合格:すべての基準を満たしました。",
        "missed": "不合格:✗ の付いた基準を見てください。",
        "void": "無効:負荷をかける側が限界でした({why})。時間は実際より長く出ており、"
        "この結果からは何も言えません。",
        "came": "人が訪れました",
        "booked": "人が2回分を予約しました",
        "first": "受付開始から最後の予約まで",
        "wait": "入場するまでに待った時間(中央値)",
        "criteria": "合否の基準",
        "criterion": "基準",
        "found": "結果",
        "limit": "限度",
        "audit": "監査では、記録簿を最初からたどって全予約と全枠を組み立て直し、"
        "住民に示した予約番号が一つ残らず保存されていることを確かめます。",
        "no_audit": "監査は行っていません(--home の指定がありません)。",
        "outcome": "住民一人ひとりの結果",
        "arrivals": "1秒ごとに訪れた人数",
        "waiting": "列で待っている人数",
        "serving": "呼び出しの進み(何番まで)",
        "bookings": "1秒ごとの予約件数",
        "latency": "画面の応答時間(ミリ秒。次の割合がこれ以内)",
        "p50": "半数",
        "p95": "100回中95回",
        "p99": "100回中99回",
        "opens": "受付開始",
        "own": "住民にかかった時間(次の割合がこれ以内)",
        "what": "内容",
        "count": "回数",
        "generator": "負荷をかける側の使用率(CPU 1個に対する割合)",
        "time": "時間は受付開始からの分:秒です。",
    },
}

OWN_JA: Mapping[str, str] = {
    "time to place": "本人確認から番号を受け取るまで",
    "wait": "待ち時間(入場まで)",
    "inside": "入場から予約完了まで",
    "booking": "申込みを送ってから結果まで",
    "time to booked": "訪れてから予約完了まで",
}
