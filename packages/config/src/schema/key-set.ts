import { importVerificationKey, type JwkProblem } from '@tessera/oauth';
import * as z from 'zod';
import type { Report } from '../load/report.ts';
import type { ConfigPath } from '../problem.ts';
import { secureUrlFault } from './addresses.ts';
import { checkedText } from './fields.ts';
import { type Partially, presentItems } from './partially.ts';

/** More keys than this in one set are a mistake. */
const MAX_KEYS = 100;

/** Public keys of somebody else: inline or by address. */
export const keySetSchema = (description: string) =>
  z
    .strictObject({
      jwks: z
        .strictObject({
          keys: z.array(z.record(z.string(), z.unknown())).min(1).max(MAX_KEYS).describe('The keys as JWKs.'),
        })
        .exactOptional()
        .describe('A JWK Set (RFC 7517 §5) of public keys; this or `jwksURI`.'),
      jwksURI: checkedText(
        'Where the JWK Set is: an https address, or http on this machine.',
        secureUrlFault,
      ).exactOptional(),
    })
    .describe(description);

/** A key set as written. */
export type KeySetInput = Partially<z.input<ReturnType<typeof keySetSchema>>>;
type KeySetOutput = z.output<ReturnType<typeof keySetSchema>>;

/** Members that only private and symmetric keys have (RFC 7518 §6). */
const PRIVATE_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k', 'priv'];

/** What is wrong with a key; `unsupported` and `not-for-signatures` may stand beside keys that are of use (RFC 7517 §5). */
const faultOfKey: Readonly<Partial<Record<JwkProblem, string>>> = {
  'weak-key': 'is too weak: RSA needs 2048 to 8192 bits (RFC 7518 §3.3)',
  malformed: 'is not a well-formed public key (RFC 7517 §4)',
};

/** Exactly one source, and public keys only. */
export function checkKeySet(keys: KeySetInput | undefined, path: ConfigPath, report: Report): void {
  if (keys === undefined) return;
  if (keys.jwks !== undefined && keys.jwksURI !== undefined)
    report.derived([...path, 'jwksURI'], 'and jwks are both given; keep one of them');
  if (!hasKeys(keys) && !report.isExplained([...path, 'jwks']) && !report.isExplained([...path, 'jwksURI']))
    report.derived(path, 'needs jwks or jwksURI');
  const listed = presentItems(keys.jwks?.keys);
  let usable = 0;
  let faulty = 0;
  for (const [index, key] of listed) {
    const keyPath = [...path, 'jwks', 'keys', index];
    const secret = PRIVATE_MEMBERS.find((member) => Object.hasOwn(key, member));
    const imported = importVerificationKey(key);
    const fault = imported.ok ? undefined : faultOfKey[imported.reason];
    if (secret !== undefined || key['kty'] === 'oct') {
      report.derived(
        keyPath,
        `is not public (it has "${secret ?? 'kty: oct'}"); give the public key alone, and change the key`,
      );
    } else if (fault !== undefined) report.derived(keyPath, fault);
    else if (imported.ok) usable += 1;
    if (secret !== undefined || fault !== undefined || key['kty'] === 'oct') faulty += 1;
  }
  if (listed.length > 0 && usable + faulty === 0)
    report.derived([...path, 'jwks', 'keys'], 'has no key that signatures can be verified with');
}

/** Whether keys are named at all. */
export function hasKeys(keys: KeySetInput | undefined): boolean {
  return keys?.jwks !== undefined || keys?.jwksURI !== undefined;
}

/** The effective key set. */
export function toKeySet(keys: KeySetOutput | undefined): {
  readonly jwks?: { readonly keys: readonly Readonly<Record<string, unknown>>[] };
  readonly jwksUri?: string;
} {
  return {
    ...(keys?.jwks === undefined ? {} : { jwks: keys.jwks }),
    ...(keys?.jwksURI === undefined ? {} : { jwksUri: keys.jwksURI }),
  };
}
