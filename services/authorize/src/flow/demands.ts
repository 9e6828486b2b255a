import type { Flow } from './flow.ts';

/**
 * Whether a sign-in falls short of an `acr` that was asked for as essential, which makes it a failed one (OIDC Core §5.5.1.1).
 * An `acr` that is not essential, or without a value, is never missed.
 */
export function missesEssentialAcr({ claims, authentication }: Pick<Flow, 'claims' | 'authentication'>): boolean {
  const asked = claims?.idToken?.['acr'];
  if (asked?.essential !== true) return false;
  const accepted = asked.values ?? (asked.value === undefined ? [] : [asked.value]);
  return accepted.length > 0 && !accepted.some((value) => value === authentication?.acr);
}
