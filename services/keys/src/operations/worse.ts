import type { OrderPreview, SuccessionEffect } from './order.ts';

/** What time alone changes between a look and a deed is not worse; in seconds. */
const LENIENCY_SECONDS = 60;

/**
 * What became worse since an operator looked, in a sentence; undefined = nothing. Another key may be concerned than was said, or
 * more may break, or for longer.
 */
export function findWorse(seen: OrderPreview, now: OrderPreview): string | undefined {
  for (const effect of now.successions) {
    const before = seen.successions.find(({ keySet }) => keySet === effect.keySet);
    if (failSeconds(effect, now) > failSeconds(before, seen) + LENIENCY_SECONDS) {
      return `${effect.keySet}: new tokens may be refused for longer than was said`;
    }
  }
  for (const { kid, stage, mayBeInUse } of now.revokedKeys) {
    const before = seen.revokedKeys.find((one) => one.kid === kid);
    if (before === undefined || (stage === 'active' && before.stage !== 'active')) return `${kid} signs now`;
    if (mayBeInUse > 0 && before.mayBeInUse === 0) return `${kid} has signed tokens that are in use`;
  }
  for (const { version, stage } of now.revokedSecrets) {
    const before = seen.revokedSecrets.find((one) => one.version === version);
    if (before === undefined || (stage === 'active' && before.stage !== 'active'))
      return `version ${version} is in use now`;
  }
  return undefined;
}

function failSeconds(effect: SuccessionEffect | undefined, { at }: OrderPreview): number {
  return effect?.mayFailUntil === undefined ? 0 : (effect.mayFailUntil.getTime() - at.getTime()) / 1000;
}
