// On the plan's page: who chooses the line of a finding is led to it in the text, and it is marked.
// Without this script the link leads to the text's field.
"use strict";

const field = document.getElementById("content");

for (const link of document.querySelectorAll("a[data-line]")) {
  link.addEventListener("click", (event) => {
    event.preventDefault();
    const lines = field.value.split("\n");
    const number = Math.min(Number(link.dataset.line), lines.length);
    const start = lines.slice(0, number - 1).reduce((sum, line) => sum + line.length + 1, 0);
    field.focus();
    field.setSelectionRange(start, start + lines[number - 1].length);
    field.scrollTop = (field.scrollHeight * Math.max(0, number - 4)) / lines.length;
  });
}
