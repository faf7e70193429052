// The waiting page: asks the public status document now and then, and shows what it means for
// this page's place. Everybody asks for the same document, so a cache can answer. The server
// says after how many seconds to ask again; a random part keeps the crowd from asking at once.
// The same rules stand in gateway/status_words.py, for browsers without JavaScript.
"use strict";

(() => {
  const page = document.getElementById("waiting");
  const texts = page.dataset;
  let place = texts.place === "" ? null : Number(texts.place);
  const numbers = new Intl.NumberFormat(texts.language);
  const moments = new Intl.DateTimeFormat(texts.language, {
    timeZone: "Asia/Tokyo",
    dateStyle: "full",
    timeStyle: "short",
  });
  const titleBefore = document.title;
  const jitter = 0.5;
  const askAfterFailureSecondsMax = 120;
  const offlineAfterFailures = 3;
  const enterAfterSeconds = 10;
  const statusUrl = `/queue/${encodeURIComponent(texts.release)}/status.json`;

  let shown = texts.show;
  let failures = 0;
  let aheadAnnounced = null;
  let countdown = null;

  const fill = (name, value) => {
    const element = page.querySelector(`[data-fill="${name}"]`);
    if (element.textContent !== value) element.textContent = value;
  };

  const filled = (template, values) =>
    template.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);

  // The first row whose `ahead` reaches ours; beyond the table its last row.
  const rowFor = (table, ahead) => table.find((row) => ahead <= row.ahead) ?? table.at(-1);

  // The estimate: beyond the table nothing is known yet.
  const etaRow = (table, ahead) => table.find((row) => ahead <= row.ahead);

  const rangeWords = (row) => {
    if (!row) return texts.rangeUnknown;
    if (row.high_s < 60) return texts.rangeSoon;
    if (row.high_s < 7200) {
      const low = Math.max(1, Math.floor(row.low_s / 60));
      const high = Math.ceil(row.high_s / 60);
      if (low >= high) return filled(texts.rangeMinutesOne, { high });
      return filled(texts.rangeMinutes, { low, high });
    }
    const high = Math.ceil(row.high_s / 3600);
    const low = Math.max(1, Math.min(Math.floor(row.low_s / 3600), high - 1));
    return filled(texts.rangeHours, { low, high });
  };

  const outlookFor = (outlook) => {
    if (outlook.likely_to_place === null || outlook.borderline_to_place === null) return "";
    if (place <= outlook.likely_to_place) return "likely";
    return place <= outlook.borderline_to_place ? "borderline" : "unlikely";
  };

  const whatToShow = (status) => {
    if (status.state === "closed" || status.state === "paused") return status.state;
    if (status.state !== "open" || place === null) return "lobby";
    return place <= status.serving ? "turn" : "waiting";
  };

  const announce = (words) => {
    document.getElementById("announcement").textContent = words;
  };

  const show = (what) => {
    if (what === shown) return;
    shown = what;
    for (const section of page.querySelectorAll("[data-when]")) {
      section.hidden = section.dataset.when !== what;
    }
    for (const section of document.querySelectorAll("[data-while-waiting]")) {
      section.hidden = what === "turn" || what === "closed";
    }
    document.title = what === "turn" ? `● ${texts.titleTurn}` : titleBefore;
    announce(page.querySelector(`[data-when="${what}"] h1`).textContent);
    if (what === "turn") startCountdown();
    else stopCountdown();
  };

  // Why the latest moment told has become later: the newest rise that covers our place.
  const showRaised = (rises) => {
    const reason = rises.find((rise) => rise.from_place <= place && place <= rise.to_place)?.reason;
    for (const notice of page.querySelectorAll("[data-raised]")) {
      const hidden = notice.dataset.raised !== reason;
      if (notice.hidden && !hidden) announce(notice.textContent);
      notice.hidden = hidden;
    }
  };

  // When the next release opens, as the server wrote it until it is no longer so.
  const showNext = (next) => {
    const opensAt = next?.opens_at ?? "";
    const shownAt = page.querySelector('[data-fill="next"]').dataset;
    if (opensAt && opensAt !== shownAt.at) {
      shownAt.at = opensAt;
      fill("next", moments.format(new Date(opensAt)));
    }
    for (const line of page.querySelectorAll("[data-next]")) {
      line.hidden = (line.dataset.next === "known") === (opensAt === "");
    }
  };

  const showWaiting = (status) => {
    const ahead = Math.max(0, place - status.serving - 1);
    const range = rangeWords(etaRow(status.eta, place - status.serving));
    fill("place", numbers.format(place));
    fill("ahead", numbers.format(ahead));
    fill("range", range);
    page.querySelector("progress").value = Math.floor((100 * status.serving) / place);
    const outlook = outlookFor(status.outlook);
    for (const notice of page.querySelectorAll("[data-outlook]")) {
      notice.hidden = notice.dataset.outlook !== outlook;
    }
    showRaised(status.eta_raised ?? []);
    showNext(status.next_release);
    // Spoken aloud only when it has become half as long: not at every question.
    if (aheadAnnounced === null || ahead <= aheadAnnounced / 2) {
      if (aheadAnnounced !== null) {
        announce(filled(texts.announce, { ahead: numbers.format(ahead), range }));
      }
      aheadAnnounced = ahead;
    }
  };

  const showMessage = (message) => {
    const notice = document.getElementById("operator-message");
    notice.hidden = !message;
    const paragraph = notice.querySelector("p");
    if (paragraph.textContent !== message) paragraph.textContent = message;
  };

  const stopCountdown = () => {
    clearInterval(countdown);
    countdown = null;
    document.getElementById("countdown").hidden = true;
  };

  const startCountdown = () => {
    const paragraph = document.getElementById("countdown");
    const words = paragraph.querySelector("span");
    let seconds = enterAfterSeconds;
    const tell = () => {
      words.textContent = filled(texts.countdown, { seconds });
    };
    tell();
    paragraph.hidden = false;
    countdown = setInterval(() => {
      seconds = Math.max(0, seconds - 1);
      tell();
      // Offline, the browser would put an error page of its own in this one's place.
      if (seconds === 0 && navigator.onLine) {
        stopCountdown();
        document.getElementById("enter").requestSubmit();
      }
    }, 1000);
  };

  // Once the lobby is drawn, a place follows from the number of arrival: everybody learns theirs
  // from the same document, and the opening is no rush on the server, which has the last word.
  const drawnPlace = (draw) => {
    if (texts.arrival === "") return null;
    if (draw.mode) return Number(texts.arrival) + 1;
    if (!draw.shuffle_seed) return null;
    const seed = seirikenDraw.bytesOf(draw.shuffle_seed);
    return seirikenDraw.placeOf(Number(texts.arrival), draw.lobby_count, seed);
  };

  const askAgain = (seconds, latest = Infinity) => {
    setTimeout(ask, 1000 * Math.min(seconds * (1 + jitter * Math.random()), latest));
  };

  // When lobby or opening begin, everybody asks soon after, however far they ask apart before.
  // By the server's clock alone: the device's may be wrong.
  const beginning = (status) => {
    const begins = { scheduled: status.lobby_at, lobby: status.opens_at }[status.state];
    if (!begins) return Infinity;
    const seconds = (Date.parse(begins) - Date.parse(status.now)) / 1000;
    return Math.max(0, seconds) + 1 + status.beginning_spread_s * Math.random();
  };

  const ask = async () => {
    try {
      const response = await fetch(statusUrl, { credentials: "omit" });
      if (!response.ok) throw new Error(String(response.status));
      const status = await response.json();
      failures = 0;
      document.getElementById("offline").hidden = true;
      if (place === null && status.state === "open") place = drawnPlace(status.draw);
      if (place === null && status.state === "open") {
        location.reload();
        return;
      }
      const what = whatToShow(status);
      showMessage(
        status.messages?.[texts.language] ??
          status.messages?.[document.documentElement.lang] ??
          status.message ??
          "",
      );
      if (what === "waiting") showWaiting(status);
      show(what);
      if (what === "closed") return;
      const distance = place === null ? Infinity : Math.max(0, place - status.serving);
      const seconds = rowFor(status.poll, distance)?.after_s ?? Number(texts.refreshS);
      askAgain(seconds, beginning(status));
    } catch {
      failures += 1;
      document.getElementById("offline").hidden = failures < offlineAfterFailures;
      const seconds = Number(texts.refreshS) * 2 ** Math.min(failures - 1, 4);
      askAgain(Math.min(seconds, askAfterFailureSecondsMax));
    }
  };

  page.querySelector("#countdown button").addEventListener("click", () => {
    stopCountdown();
    page.querySelector("#enter button").focus();
  });
  if (shown === "booked") return;
  if (shown === "turn") startCountdown();
  askAgain(Math.min(2, Number(texts.refreshS)));
})();
