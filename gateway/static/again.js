// A page that says "not yet" asks again by itself, and is replaced only when the answer is another
// one: a reader who is in the middle of it, by eye or by ear, is not sent back to its beginning.
// Without JavaScript the browser reloads it (meta refresh).
"use strict";

(() => {
  const seconds = Number(document.querySelector("[data-ask-again]").dataset.askAgain);
  const main = (page) => page.getElementById("main").textContent;
  const shown = main(document);

  const ask = async () => {
    try {
      const response = await fetch(location.href, { headers: { Accept: "text/html" } });
      const page = new DOMParser().parseFromString(await response.text(), "text/html");
      if (response.redirected) location.replace(response.url);
      else if (main(page) !== shown) location.reload();
      else askLater();
    } catch {
      askLater();
    }
  };

  const askLater = () => setTimeout(ask, 1000 * seconds * (1 + Math.random() / 2));
  askLater();
})();
