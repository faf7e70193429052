// The end of a session: warned of in time, put off by one press, and got over where one was.
// Who types or touches the page is there, and stays signed in without being asked. What was typed
// stays in the page, whatever happens; after the end it is hidden until its owner goes on.
// The same words stand at the end of each page, for browsers without JavaScript.
"use strict";

(() => {
  const line = document.getElementById("session");
  const dialog = document.getElementById("session-dialog");
  const texts = line.dataset;
  const idleMs = 1000 * texts.idleS;
  const warnedMs = 1000 * texts.warnedS;
  const seenKey = "seiriken.seen";
  const times = new Intl.DateTimeFormat("en-GB", {
    timeZone: "Asia/Tokyo",
    hour: "2-digit",
    minute: "2-digit",
  });

  // By the device's clock, of which only differences are looked at.
  let endsAt = Date.now() + 1000 * texts.leftS;
  let endsAtLatest = Date.now() + 1000 * texts.mostS;
  const aheadOfServer = endsAt - Date.parse(texts.until);
  let touchedAt = -Infinity;
  let shown = ""; // Which of the dialog's texts; none while it is closed.
  let isStaying = false;
  let hasTriedQuietly = false;
  let isHalfSaid = false;
  let isLastSeen = false;

  const filled = (template, values) =>
    template.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);

  const part = (name) => dialog.querySelector(`[data-session="${name}"]`);

  const told = document.getElementById("session-told");

  const timeUntil = () => times.format(new Date(Math.min(endsAt, endsAtLatest) - aheadOfServer));

  const close = () => {
    if (!shown) return;
    shown = "";
    if (dialog.close) dialog.close();
    else dialog.removeAttribute("open");
    dialog.hidden = true;
  };

  const open = (what) => {
    if (shown === what) return;
    close();
    shown = what;
    for (const piece of dialog.querySelectorAll("[data-says]")) {
      piece.hidden = piece.dataset.says !== what;
    }
    part("away").textContent = "";
    part("left").hidden = what === "over";
    document.body.classList.toggle("session-over", what === "over");
    dialog.hidden = false;
    if (dialog.showModal) dialog.showModal();
    else dialog.setAttribute("open", "");
    dialog.querySelector(`button[data-says="${what}"]`).focus();
  };

  const leftWords = (ms) => {
    const seconds = Math.ceil(ms / 1000);
    if (seconds < 60) return filled(texts.seconds, { seconds });
    return filled(texts.minutes, { minutes: Math.floor(seconds / 60), seconds: seconds % 60 });
  };

  const seenNow = () => {
    try {
      localStorage.setItem(seenKey, Date.now());
    } catch {
      // This browser keeps nothing, and each of its pages counts for itself.
    }
  };

  const begins = () => {
    if (shown === "over") endsAtLatest = Date.now() + 1000 * texts.absoluteS;
    endsAt = Date.now() + idleMs;
    hasTriedQuietly = isHalfSaid = isLastSeen = false;
    document.body.classList.remove("session-over");
    line.querySelector('[data-session="until"]').textContent = timeUntil();
    close();
  };

  const stay = async (isAsked) => {
    if (isStaying) return;
    isStaying = true;
    try {
      const body = new URLSearchParams(new FormData(line.querySelector("form")));
      const response = await fetch("/stay", { method: "POST", redirect: "manual", body });
      if (response.status >= 500) throw new Error(String(response.status));
      if (response.status === 204) {
        begins();
        seenNow();
        if (isAsked) told.textContent = filled(texts.stayed, { time: timeUntil() });
      } else {
        // The same page again leads to where one comes in, and from there back here.
        location.assign(location.pathname + location.search);
      }
    } catch {
      if (isAsked) (shown ? part("away") : told).textContent = texts.away;
    } finally {
      isStaying = false;
    }
  };

  const warn = (leftMs) => {
    const isLast = endsAtLatest <= endsAt;
    if (isLast && isLastSeen) return;
    if (!isLast && !hasTriedQuietly && Date.now() - touchedAt < warnedMs) {
      hasTriedQuietly = true;
      stay(false);
      return;
    }
    open(isLast ? "last" : "warning");
    part("left").textContent = leftWords(leftMs);
    if (isHalfSaid || leftMs > warnedMs / 2) return;
    isHalfSaid = true;
    part("said").textContent = leftWords(leftMs);
  };

  const look = () => {
    const leftMs = Math.min(endsAt, endsAtLatest) - Date.now();
    if (leftMs <= 0) open("over");
    else if (leftMs <= warnedMs) warn(leftMs);
    else close();
  };

  const answer = () => {
    if (shown === "last") {
      isLastSeen = true;
      close();
    } else {
      stay(true);
    }
  };

  for (const button of dialog.querySelectorAll("button[data-says]")) {
    button.addEventListener("click", answer);
  }
  dialog.addEventListener("cancel", (event) => {
    event.preventDefault();
    if (shown !== "over") answer();
  });
  line.querySelector("form").addEventListener("submit", (event) => {
    event.preventDefault();
    stay(true);
  });
  for (const touch of ["input", "keydown", "pointerdown"]) {
    addEventListener(touch, () => {
      touchedAt = Date.now();
    });
  }
  // Another page of the same session was opened, or put its end off.
  addEventListener("storage", (event) => {
    if (event.key === seenKey && event.newValue) begins();
  });
  document.addEventListener("visibilitychange", look);
  seenNow();
  setInterval(look, 1000);
})();
