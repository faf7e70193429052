// The waiting page: asks the public status document now and then, and shows what it means for
// this page's place. Everybody asks for the same document, so a cache can answer. The server
// says after how many seconds to ask again; a random part keeps the crowd from asking at once.
// The same rules stand in gateway/status_words.py, for browsers without JavaScript.
// The page may be open for hours: one timer, one question at a time, nothing kept of the last one.
// The device's clock may be wrong: only differences of its time are looked at.
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
  const times = new Intl.DateTimeFormat("en-GB", {
    timeZone: "Asia/Tokyo",
    hour: "2-digit",
    minute: "2-digit",
  });
  const titleBefore = document.title;
  const jitter = 0.5;
  const askAfterFailureSecondsMax = 120;
  const answerMsMax = 60_000;
  const askEarlyAgainMs = 5_000;
  const sayAgainMs = 60_000;
  const offlineAfterFailures = 2;
  const enterAfterSeconds = 30;
  const statusUrl = `/queue/${encodeURIComponent(texts.release)}/status.json`;
  const announcement = document.getElementById("announcement");
  const offline = document.getElementById("offline");
  const countdownLine = document.getElementById("countdown");
  const callsMe = document.getElementById("call_me");
  const entersByItself = document.getElementById("enter_by_itself");

  let shown = texts.show;
  let failures = 0;
  let timer = null;
  let isAsking = false;
  let askedAt = 0;
  let aheadAnnounced = null;
  let saidAt = -Infinity;
  let countdown = null;
  let isEntering = false;

  const isOver = (since, ms) => Math.abs(Date.now() - since) >= ms;

  const fill = (name, value) => {
    for (const element of document.querySelectorAll(`[data-fill="${name}"]`)) {
      if (element.textContent !== value) element.textContent = value;
    }
  };

  // A moment stays as the server wrote it until it is no longer so.
  const fillMoment = (name, moment) => {
    for (const element of document.querySelectorAll(`[data-fill="${name}"]`)) {
      if (!moment || element.dataset.at === moment) continue;
      element.dataset.at = moment;
      element.textContent = moments.format(new Date(moment));
    }
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

  // What a screen reader says. What cannot wait is said at once; all else with an answer, at
  // most once a minute, and only the latest of each kind.
  const toSay = new Map();

  const sayNow = (words) => {
    announcement.textContent = words;
    saidAt = Date.now();
  };

  const sayWhatIsNew = () => {
    if (toSay.size === 0 || !isOver(saidAt, sayAgainMs)) return;
    sayNow([...toSay.values()].join(" "));
    toSay.clear();
  };

  const showOne = (name, chosen) => {
    for (const notice of page.querySelectorAll(`[data-${name}]`)) {
      const hidden = notice.dataset[name] !== chosen;
      if (notice.hidden && !hidden) toSay.set(name, notice.textContent.trim());
      notice.hidden = hidden;
    }
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
    const heading = page.querySelector(`[data-when="${what}"] h1`).textContent;
    toSay.clear();
    stopCountdown();
    if (what === "turn") {
      if (callsMe.checked) seirikenSignal.call();
      startCountdown();
    }
    sayNow(countdown === null ? heading : `${heading} ${countdownWords(enterAfterSeconds)}`);
  };

  const showWaiting = (status) => {
    const ahead = Math.max(0, place - status.serving - 1);
    const range = rangeWords(etaRow(status.eta, place - status.serving));
    fill("place", numbers.format(place));
    fill("ahead", numbers.format(ahead));
    fill("range", range);
    fill("told-at", filled(texts.toldAt, { time: times.format(new Date(status.now)) }));
    page.querySelector("progress").value = Math.floor((100 * status.serving) / place);
    showOne("outlook", outlookFor(status.outlook));
    // Why the latest moment told has become later: the newest rise that covers our place.
    const covers = (rise) => rise.from_place <= place && place <= rise.to_place;
    showOne("raised", (status.eta_raised ?? []).find(covers)?.reason);
    const next = status.next_release?.opens_at;
    fillMoment("next", next);
    for (const line of page.querySelectorAll("[data-next]")) {
      line.hidden = (line.dataset.next === "known") === !next;
    }
    // Said when it has become half as long: not at every question.
    if (aheadAnnounced === null || ahead <= aheadAnnounced / 2) {
      if (aheadAnnounced !== null) {
        toSay.set("ahead", filled(texts.announce, { ahead: numbers.format(ahead), range }));
      }
      aheadAnnounced = ahead;
    }
  };

  const showMessage = (status) => {
    const message =
      status.messages?.[texts.language] ??
      status.messages?.[document.documentElement.lang] ??
      status.message ??
      "";
    const notice = document.getElementById("operator-message");
    const paragraph = notice.querySelector("p");
    notice.hidden = !message;
    if (paragraph.textContent === message) return;
    paragraph.textContent = message;
    if (message) toSay.set("message", notice.textContent.trim());
  };

  const countdownWords = (seconds) => filled(texts.countdown, { seconds });

  const stopCountdown = () => {
    clearInterval(countdown);
    countdown = null;
    isEntering = false;
    countdownLine.hidden = true;
  };

  // Runs only while the page is looked at: whoever hears the call, or sees the title of a page
  // behind others, must still find it. Going in needs a server that answers: the browser
  // would put an error page of its own in this one's place.
  const startCountdown = () => {
    if (!entersByItself.checked) return;
    const words = countdownLine.querySelector("span");
    let seconds = enterAfterSeconds;
    words.textContent = countdownWords(seconds);
    countdownLine.hidden = false;
    countdown = setInterval(() => {
      if (document.hidden || isEntering) return;
      seconds = Math.max(0, seconds - 1);
      words.textContent = countdownWords(seconds);
      if (seconds > 0) return;
      isEntering = true;
      ask();
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
    clearTimeout(timer);
    timer = setTimeout(ask, 1000 * Math.min(seconds * (1 + jitter * Math.random()), latest));
  };

  // When lobby or opening begin, everybody asks soon after, however far they ask apart before.
  // By the server's clock alone: the device's may be wrong.
  const beginning = (status) => {
    const begins = { scheduled: status.lobby_at, lobby: status.opens_at }[status.state];
    if (!begins) return Infinity;
    const seconds = (Date.parse(begins) - Date.parse(status.now)) / 1000;
    return Math.max(0, seconds) + 1 + status.beginning_spread_s * Math.random();
  };

  const showOffline = (isOffline) => {
    if (offline.hidden !== isOffline) return;
    offline.hidden = !isOffline;
    sayNow(isOffline ? offline.textContent.trim() : texts.onlineAgain);
  };

  const told = (status) => {
    failures = 0;
    if (place === null && status.state === "open") place = drawnPlace(status.draw);
    if (place === null && status.state === "open") {
      location.reload();
      return;
    }
    showOffline(false);
    const what = whatToShow(status);
    showMessage(status);
    fillMoment("until", status.closes_at);
    if (what === "waiting") showWaiting(status);
    show(what);
    sayWhatIsNew();
    // A line that went just after the answer would leave the browser's own error page.
    if (isEntering && navigator.onLine) {
      stopCountdown();
      document.getElementById("enter").requestSubmit();
    }
    if (what === "closed") return;
    const distance = place === null ? Infinity : Math.max(0, place - status.serving);
    const seconds = rowFor(status.poll, distance)?.after_s ?? Number(texts.refreshS);
    askAgain(seconds, beginning(status));
  };

  const notTold = () => {
    failures += 1;
    if (failures >= offlineAfterFailures || !navigator.onLine) showOffline(true);
    const seconds = Number(texts.refreshS) * 2 ** Math.min(failures - 1, 4);
    askAgain(Math.min(seconds, askAfterFailureSecondsMax));
  };

  const ask = async () => {
    if (isAsking) return;
    clearTimeout(timer);
    isAsking = true;
    askedAt = Date.now();
    try {
      // A mobile network may leave a question without answer for minutes.
      const signal = AbortSignal.timeout?.(answerMsMax);
      const response = await fetch(statusUrl, { credentials: "omit", signal });
      if (!response.ok) throw new Error(String(response.status));
      told(await response.json());
    } catch {
      notTold();
    } finally {
      isAsking = false;
    }
  };

  // Browsers hold up the timers of pages behind others, and of phones that sleep.
  const askEarly = () => {
    if (!document.hidden && isOver(askedAt, askEarlyAgainMs)) ask();
  };

  // What was chosen on this device, for the next time that the page is opened on it.
  const keep = (box) => {
    const name = `seiriken.${box.id}`;
    try {
      box.checked = (localStorage.getItem(name) ?? String(box.checked)) === "true";
    } catch {
      // This browser keeps nothing.
    }
    box.addEventListener("change", () => {
      try {
        localStorage.setItem(name, box.checked);
      } catch {
        // This browser keeps nothing.
      }
    });
  };

  if (shown === "booked") return;
  keep(callsMe);
  keep(entersByItself);
  document.getElementById("turn-options").hidden = false;
  callsMe.addEventListener("change", () => callsMe.checked && seirikenSignal.call());
  document.getElementById("try_sound").addEventListener("click", seirikenSignal.call);
  for (const touch of ["pointerdown", "keydown"]) {
    addEventListener(touch, () => callsMe.checked && seirikenSignal.wake(), { once: true });
  }
  countdownLine.querySelector("button").addEventListener("click", () => {
    stopCountdown();
    page.querySelector("#enter button").focus();
  });
  document.addEventListener("visibilitychange", askEarly);
  addEventListener("pageshow", (event) => event.persisted && askEarly());
  addEventListener("online", () => {
    failures = 0; // The first question may still fail; the next one shall not be long after it.
    ask();
  });
  addEventListener("offline", () => showOffline(true));
  if (shown === "turn") startCountdown();
  askAgain(Math.min(2, Number(texts.refreshS)));
  texts.runs = "yes"; // Else old-browsers.js reloads the page.
})();
