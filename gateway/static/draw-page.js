// The page of the draw: reads what was published, or a saved copy of it, and says what follows
// from it for one draw number (static/draw.js).
"use strict";

(() => {
  const texts = document.getElementById("draw").dataset;
  const form = document.getElementById("draw-form");
  const field = document.getElementById("draw_number");
  const pasted = document.getElementById("draw_pasted");
  const result = document.getElementById("draw-result");
  const numbers = new Intl.NumberFormat(texts.language);
  const rules = document.getElementById("draw-rules").textContent;

  const fill = (name, words) => {
    const element = result.querySelector(`[data-fill="${name}"]`);
    element.textContent = words;
    element.closest("[data-row]").hidden = words === "";
  };

  const show = (verdict, good, filled = {}) => {
    result.className = `notice ${good ? "notice-success" : "notice-error"}`;
    result.querySelector("h2").textContent = verdict;
    for (const name of ["place", "commitment", "mixed", "beacon", "count"]) {
      fill(name, filled[name] ?? "");
    }
    result.hidden = false;
    result.focus();
  };

  const numberTyped = () => {
    const text = field.value.normalize("NFKC").replace(/[\s,]/g, "");
    const number = /^\d{1,13}$/.test(text) ? Number(text) : NaN;
    return number < seirikenDraw.countMax ? number : NaN;
  };

  const published = async () => {
    if (pasted.value.trim() !== "") return JSON.parse(pasted.value);
    const response = await fetch(texts.status, { credentials: "omit" });
    if (!response.ok) throw new Error(String(response.status));
    return response.json();
  };

  const tell = (draw, index) => {
    if (draw.mode) {
      show(texts.noDraw, true, { place: numbers.format(index + 1) });
      return;
    }
    if (!draw.revealed_seed || !draw.beacon) {
      show(texts.notYet, false);
      return;
    }
    const found = seirikenDraw.check(draw, rules, index);
    const good = found.commitment && found.mixed;
    const words = (matches) => (matches ? texts.matches : texts.differs);
    const source = draw.beacon_default ? texts.beaconDefault : (draw.beacon_source ?? "");
    show(good ? texts.good : texts.bad, good, {
      place: good ? numbers.format(found.place) : "",
      commitment: words(found.commitment),
      mixed: words(found.mixed),
      beacon: source ? `${draw.beacon} (${source})` : draw.beacon,
      count: numbers.format(draw.lobby_count),
    });
  };

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    result.hidden = true;
    const index = numberTyped();
    if (Number.isNaN(index)) {
      show(texts.numberWrong, false);
      return;
    }
    try {
      tell((await published()).draw, index);
    } catch {
      document.getElementById("draw-saved").open = true;
      show(texts.unread, false);
    }
  });
  form.hidden = false;
})();
