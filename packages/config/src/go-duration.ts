/** What {@link parseGoDuration} gives back: seconds (may be fractional or negative), or one sentence saying what is wrong. */
export type DurationResult =
  | { readonly ok: true; readonly seconds: number }
  | { readonly ok: false; readonly message: string };

const secondsPerUnit: ReadonlyMap<string, number> = new Map([
  ['ns', 1e-9],
  ['us', 1e-6],
  ['µs', 1e-6],
  ['μs', 1e-6],
  ['ms', 1e-3],
  ['s', 1],
  ['m', 60],
  ['h', 3600],
]);

/** Go keeps durations in a signed 64-bit count of nanoseconds. */
const maxSeconds = Number(2n ** 63n) / 1e9;

const maxLength = 64;

/**
 * Reads a duration as Go's `time.ParseDuration` writes it: `24h`, `1h30m`, `300ms`, `1.5h`, `-5s`, `0`.
 *
 * Days, weeks and years do not exist there; for those the message says what to write instead. Never throws.
 */
export function parseGoDuration(text: string): DurationResult {
  const sign = text.startsWith('-') ? -1 : 1;
  const body = /^[-+]/.test(text) ? text.slice(1) : text;
  if (text.length > maxLength || body === '') return refuse();
  if (body === '0') return { ok: true, seconds: 0 };
  if (/^[\d.]+$/.test(body)) return refuse('it has no unit, for example 30s, 10m or 24h');

  let seconds = 0;
  let position = 0;
  const part = /(\d+\.?\d*|\.\d+)([^\d.]+)/uy;
  for (let match = part.exec(body); match !== null; match = part.exec(body)) {
    const [whole, amount = '', unit = ''] = match;
    const unitSeconds = secondsPerUnit.get(unit);
    if (unitSeconds === undefined) return refuse(unitHint(Number(amount), unit));
    // Rounding to nanoseconds part by part keeps sums such as 0.1s + 0.2s exact.
    seconds += Math.round(Number(amount) * unitSeconds * 1e9) / 1e9;
    position += whole.length;
  }
  if (position !== body.length) return refuse();
  if (seconds >= maxSeconds) return refuse('it is longer than 292 years');
  return { ok: true, seconds: sign * (Math.round(seconds * 1e9) / 1e9) };
}

/** Writes seconds as a Go duration with the fewest parts: 86400 → `24h`, 5400 → `1h30m`, 0.3 → `300ms`, 0 → `0s`. */
export function formatGoDuration(seconds: number): string {
  if (seconds === 0) return '0s';
  const sign = seconds < 0 ? '-' : '';
  let nanoseconds = BigInt(Math.round(Math.abs(seconds) * 1e9));
  let text = sign;
  for (const [unit, size] of formatUnits) {
    const count = nanoseconds / size;
    if (count > 0n) text += `${count}${unit}`;
    nanoseconds %= size;
  }
  return text;
}

const formatUnits = [
  ['h', 3_600_000_000_000n],
  ['m', 60_000_000_000n],
  ['s', 1_000_000_000n],
  ['ms', 1_000_000n],
  ['us', 1_000n],
  ['ns', 1n],
] as const;

function refuse(detail = 'expected a duration such as 30s, 10m, 1h30m or 24h'): DurationResult {
  return { ok: false, message: `is not a duration: ${detail}` };
}

const hoursPerForeignUnit: ReadonlyMap<string, number> = new Map([
  ['d', 24],
  ['day', 24],
  ['days', 24],
  ['w', 168],
  ['week', 168],
  ['weeks', 168],
  ['y', 8760],
  ['year', 8760],
  ['years', 8760],
]);

function unitHint(amount: number, unit: string): string {
  const hours = hoursPerForeignUnit.get(unit.trim().toLowerCase());
  if (hours !== undefined) return `there is no unit longer than an hour; write ${amount * hours}h`;
  return 'the units are h, m, s, ms, us and ns';
}
