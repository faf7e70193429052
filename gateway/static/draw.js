// The draw, computed again in the resident's own browser (see /draw-rules.txt and
// waiting_room/draw.py): nothing but published values goes in, and nothing is sent.
// SHA-256 (FIPS 180-4) is written out here, since browsers offer theirs over TLS alone, and a
// saved copy of this page must work, too.
"use strict";

const seirikenDraw = (() => {
  const rounds = 90;
  const countMax = 2 ** 40;

  // The first 32 bits of the fractional parts of the roots of the first primes.
  const primes = [];
  for (let n = 2; primes.length < 64; n += 1) {
    if (primes.every((prime) => n % prime !== 0)) primes.push(n);
  }
  const fraction = (root) => ((root - Math.floor(root)) * 2 ** 32) >>> 0;
  const constants = primes.map((prime) => fraction(Math.cbrt(prime)));
  const beginning = primes.slice(0, 8).map((prime) => fraction(Math.sqrt(prime)));
  const turn = (word, bits) => (word >>> bits) | (word << (32 - bits));

  const padded = (message) => {
    const length = Math.ceil((message.length + 9) / 64) * 64;
    const bytes = new Uint8Array(length);
    bytes.set(message);
    bytes[message.length] = 0x80;
    const view = new DataView(bytes.buffer);
    view.setUint32(length - 8, Math.floor(message.length / 2 ** 29));
    view.setUint32(length - 4, (message.length * 8) >>> 0);
    return view;
  };

  const schedule = (view, offset) => {
    const words = new Uint32Array(64);
    for (let i = 0; i < 16; i += 1) words[i] = view.getUint32(offset + 4 * i);
    for (let i = 16; i < 64; i += 1) {
      const [a, b] = [words[i - 15], words[i - 2]];
      const s0 = turn(a, 7) ^ turn(a, 18) ^ (a >>> 3);
      const s1 = turn(b, 17) ^ turn(b, 19) ^ (b >>> 10);
      words[i] = words[i - 16] + s0 + words[i - 7] + s1;
    }
    return words;
  };

  const sha256 = (message) => {
    const state = Uint32Array.from(beginning);
    const view = padded(message);
    for (let offset = 0; offset < view.byteLength; offset += 64) {
      const words = schedule(view, offset);
      let [a, b, c, d, e, f, g, h] = state;
      for (let i = 0; i < 64; i += 1) {
        const s1 = turn(e, 6) ^ turn(e, 11) ^ turn(e, 25);
        const first = (h + s1 + ((e & f) ^ (~e & g)) + constants[i] + words[i]) | 0;
        const s0 = turn(a, 2) ^ turn(a, 13) ^ turn(a, 22);
        const second = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
        [h, g, f, e, d, c, b, a] = [g, f, e, (d + first) | 0, c, b, a, (first + second) | 0];
      }
      [a, b, c, d, e, f, g, h].forEach((word, i) => {
        state[i] += word;
      });
    }
    const digest = new DataView(new ArrayBuffer(32));
    state.forEach((word, i) => digest.setUint32(4 * i, word));
    return new Uint8Array(digest.buffer);
  };

  const utf8 = (text) => new TextEncoder().encode(text);
  const joined = (...parts) => Uint8Array.from(parts.flatMap((part) => [...part]));
  const hex = (bytes) => [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  const bytesOf = (text) => {
    if (!/^([0-9a-f]{2})*$/i.test(text)) throw new Error("no hexadecimal digits");
    return Uint8Array.from(text.match(/../g) ?? [], (pair) => parseInt(pair, 16));
  };

  const pivotOf = (seed, round, count) => {
    const digest = sha256(joined(seed, [round]));
    return Number(new DataView(digest.buffer).getBigUint64(0, true) % BigInt(count));
  };

  const swaps = (seed, round, position) => {
    const block = new DataView(new ArrayBuffer(4));
    block.setUint32(0, Math.floor(position / 256), true);
    const digest = sha256(joined(seed, [round], new Uint8Array(block.buffer)));
    return (digest[Math.floor((position % 256) / 8)] >> (position % 8)) & 1;
  };

  const shuffledIndex = (index, count, seed) => {
    let at = index;
    for (let round = 0; round < rounds; round += 1) {
      const partner = (pivotOf(seed, round, count) + count - at) % count;
      if (swaps(seed, round, Math.max(at, partner))) at = partner;
    }
    return at;
  };

  const placeOf = (index, count, seed) =>
    index < count ? shuffledIndex(index, count, seed) + 1 : index + 1;

  // What follows from the published values of a draw, compared with what else was published.
  const check = (draw, rules, index) => {
    const seed = bytesOf(draw.revealed_seed);
    const count = draw.lobby_count;
    if (seed.length !== 32 || !Number.isSafeInteger(count) || count < 0 || count > countMax) {
      throw new Error("no draw");
    }
    const mixed = sha256(joined(seed, [0], utf8(draw.beacon)));
    return {
      commitment: hex(sha256(joined(seed, utf8(rules)))) === draw.commitment,
      mixed: !draw.shuffle_seed || hex(mixed) === draw.shuffle_seed,
      place: placeOf(index, count, mixed),
    };
  };

  return { sha256, utf8, hex, bytesOf, shuffledIndex, placeOf, check, countMax };
})();
