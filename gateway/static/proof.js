// The proof of work of the sign-in page (gateway/proofs.py): tries one number after the other
// until SHA-256 of salt, nonce and number begins as asked for. In small steps, so that the page
// stays usable; what was typed is sent on by itself when it is done, unless it is being changed.
// SHA-256 (FIPS 180-4) is written out for the one block there is: browsers offer theirs over TLS
// alone, and one call for each number would take many times as long.
"use strict";

(() => {
  const form = document.querySelector("input[name=proof]").form;
  const work = document.getElementById("proof-work");
  const told = document.getElementById("proof-told");
  const bar = work.querySelector("progress");
  const challenge = JSON.parse(atob(form.elements.challenge.value));
  const asked = challenge.parameters;
  const stepMs = 25;
  const waitMs = 1000 * work.dataset.waitS;
  const startedAt = Date.now();
  // What is said of the way to go is a guess until it is done: the server alone knows the number.
  const usualTries = 100_000;

  const primes = [];
  for (let n = 2; primes.length < 64; n += 1) {
    if (primes.every((prime) => n % prime !== 0)) primes.push(n);
  }
  const fraction = (root) => ((root - Math.floor(root)) * 2 ** 32) | 0;
  const constants = Int32Array.from(primes, (prime) => fraction(Math.cbrt(prime)));
  const beginning = Int32Array.from(primes.slice(0, 8), (prime) => fraction(Math.sqrt(prime)));

  const wordsOf = (hex) => hex.match(/.{8}/g).map((word) => parseInt(word, 16) | 0);
  const hexOf = (word) => (word >>> 0).toString(16).padStart(8, "0");

  // Salt and nonce have 16 bytes each, the number 4: one block of 64 bytes.
  const words = new Int32Array(64);
  words.set([...wordsOf(asked.salt), ...wordsOf(asked.nonce)]);
  words[9] = 0x80000000 | 0;
  words[15] = 36 * 8;
  const state = new Int32Array(8);
  const turn = (word, bits) => (word >>> bits) | (word << (32 - bits));

  const digest = (number) => {
    words[8] = number;
    for (let i = 16; i < 64; i += 1) {
      const p = words[i - 15];
      const q = words[i - 2];
      const s0 = turn(p, 7) ^ turn(p, 18) ^ (p >>> 3);
      const s1 = turn(q, 17) ^ turn(q, 19) ^ (q >>> 10);
      words[i] = (words[i - 16] + s0 + words[i - 7] + s1) | 0;
    }
    let a = beginning[0];
    let b = beginning[1];
    let c = beginning[2];
    let d = beginning[3];
    let e = beginning[4];
    let f = beginning[5];
    let g = beginning[6];
    let h = beginning[7];
    for (let i = 0; i < 64; i += 1) {
      const s1 = turn(e, 6) ^ turn(e, 11) ^ turn(e, 25);
      const first = (h + s1 + ((e & f) ^ (~e & g)) + constants[i] + words[i]) | 0;
      const s0 = turn(a, 2) ^ turn(a, 13) ^ turn(a, 22);
      const second = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
      h = g;
      g = f;
      f = e;
      e = (d + first) | 0;
      d = c;
      c = b;
      b = a;
      a = (first + second) | 0;
    }
    const ends = [a, b, c, d, e, f, g, h];
    for (let i = 0; i < 8; i += 1) state[i] = (beginning[i] + ends[i]) | 0;
    return state;
  };

  const prefix = asked.keyPrefix;
  const firstWord = parseInt(prefix.slice(0, 8), 16) | 0;
  const isFound = (number) => {
    if (digest(number)[0] !== firstWord) return false;
    return [...state].map(hexOf).join("").startsWith(prefix);
  };

  const era = form.elements.birth_era.value;
  const isMended = () =>
    form.elements.birth_era.value !== era ||
    [...form.querySelectorAll("input[type=text]")].some((one) => one.value !== one.defaultValue);

  let number = 0;
  let pressed = false;
  let done = false;

  const say = (what) => {
    if (told.textContent !== what) told.textContent = what;
  };

  const send = () => {
    form.elements.proof.value = btoa(
      JSON.stringify({
        challenge,
        solution: { counter: number, derivedKey: [...state].map(hexOf).join("") },
      }),
    );
    done = true;
    bar.value = 100;
    say(work.dataset.done);
    if (pressed || !isMended()) form.submit();
  };

  const step = () => {
    const until = Date.now() + stepMs;
    while (Date.now() < until) {
      for (const end = number + 200; number < end; number += 1) {
        if (isFound(number)) {
          send();
          return;
        }
      }
    }
    bar.value = 95 * (1 - Math.exp(-number / usualTries));
    if (number > usualTries / 2) say(work.dataset.half);
    setTimeout(step, 0);
  };

  // Who waits for a minute is let through without a proof, as those without JavaScript are.
  form.addEventListener("submit", (event) => {
    if (done || Date.now() - startedAt > waitMs) return;
    pressed = true;
    event.preventDefault();
  });
  document.getElementById("proof-wait").hidden = true;
  work.hidden = false;
  setTimeout(step, 0);
})();
