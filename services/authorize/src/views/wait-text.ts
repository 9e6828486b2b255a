import type { Say } from './say.ts';

/** "40 seconds", "5 minutes", "2 hours", rounded up, so that waiting that long is enough. */
export function waitText(seconds: number, say: Say): string {
  const whole = Math.max(1, Math.ceil(seconds));
  const [amount, unit] =
    whole <= 60
      ? [whole, 'second']
      : whole <= 3_600
        ? [Math.ceil(whole / 60), 'minute']
        : [Math.ceil(whole / 3_600), 'hour'];
  return new Intl.NumberFormat(say.locale, { style: 'unit', unit, unitDisplay: 'long' }).format(amount);
}
