// A form marked data-once is sent once: a second press while the first is under way does nothing.
// The server would give both the same answer; this only spares the resident the doubt.
// Who is told that something is wrong is put there: old browsers know autofocus of fields alone.
"use strict";

document.querySelector("[role=alert][autofocus]")?.focus();

for (const form of document.querySelectorAll("form[data-once]")) {
  const buttons = form.querySelectorAll("button[type=submit]");
  const words = new Map();

  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = "yes";
    for (const button of buttons) {
      words.set(button, [...button.childNodes]);
      button.setAttribute("aria-disabled", "true");
    }
    (event.submitter ?? buttons[0]).textContent = form.dataset.once;
  });

  // Coming back with the browser's back button finds the form as it was.
  addEventListener("pageshow", () => {
    delete form.dataset.sent;
    for (const [button, nodes] of words) {
      button.removeAttribute("aria-disabled");
      button.replaceChildren(...nodes);
    }
  });
}
