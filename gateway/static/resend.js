// A form marked data-resend waits for the network before it is sent: nothing typed is lost when the
// network drops for a moment. Each form carries an id, so that a second sending makes no second record.
// Without this script the browser's own error page can be loaded again, with the same effect.
"use strict";

const TRY_AGAIN_MS = 2000;
const ANSWER_MS_MAX = 3000;

async function isReachable() {
  try {
    // A network that drops without a word leaves a question without answer for minutes.
    const signal = AbortSignal.timeout?.(ANSWER_MS_MAX);
    const answer = await fetch("/healthz", { cache: "no-store", signal });
    return answer.ok;
  } catch {
    return false;
  }
}

for (const form of document.querySelectorAll("form[data-resend]")) {
  const notice = form.querySelector("[data-offline]");
  let isWaiting = false;

  async function sendOnceReachable() {
    if (await isReachable()) {
      notice.hidden = true;
      isWaiting = false;
      form.submit();
      return;
    }
    notice.hidden = false;
    setTimeout(sendOnceReachable, TRY_AGAIN_MS);
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (!isWaiting) {
      isWaiting = true;
      sendOnceReachable();
    }
  });
}
