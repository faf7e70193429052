// The call for whoever asked for it when their turn comes: two soft tones, twice, made here from
// sine waves, and a short vibration. Browsers let a page sound only once it was touched: ticking
// the box and trying the sound do that. After a reload the first touch of the page does.
"use strict";

const seirikenSignal = (() => {
  const TONES = [
    [0, 659.3],
    [0.4, 880],
    [1.5, 659.3],
    [1.9, 880],
  ]; // Seconds from now, hertz. It ends before three seconds are over.
  const TONE_S = 0.6;
  const LOUDNESS = 0.2;
  const VIBRATION_MS = [200, 150, 200];
  const LATE_MS = 2000;

  let context = null;

  const wake = () => {
    const Sound = window.AudioContext ?? window.webkitAudioContext;
    if (Sound) context ??= new Sound();
    return context?.resume().catch(() => {});
  };

  const sound = (startsIn, hertz) => {
    const begins = context.currentTime + startsIn;
    const wave = new OscillatorNode(context, { frequency: hertz });
    const volume = new GainNode(context, { gain: 0 });
    volume.gain.setValueAtTime(0, begins);
    volume.gain.linearRampToValueAtTime(LOUDNESS, begins + 0.05);
    volume.gain.exponentialRampToValueAtTime(0.001, begins + TONE_S);
    wave.connect(volume).connect(context.destination);
    wave.start(begins);
    wave.stop(begins + TONE_S);
  };

  const call = () => {
    const asked = Date.now();
    navigator.vibrate?.(VIBRATION_MS);
    wake()?.then(() => {
      // Not long after: a sound that had to wait for a touch would only startle.
      if (Math.abs(Date.now() - asked) > LATE_MS) return;
      for (const [startsIn, hertz] of TONES) sound(startsIn, hertz);
    });
  };

  return { call, wake };
})();
