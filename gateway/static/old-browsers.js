// Browsers that are too old for waiting.js stop at its first line that they do not know. They
// reload the page instead, as without JavaScript. So this is written as scripts were in 2009.
"use strict";

(function () {
  var page = document.getElementById("waiting");
  var show = page.getAttribute("data-show");
  if (page.getAttribute("data-runs") || show === "turn" || show === "booked") return;
  setTimeout(function () {
    location.reload();
  }, 1000 * page.getAttribute("data-refresh-s"));
})();
