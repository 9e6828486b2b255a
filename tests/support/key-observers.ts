import { setTimeout as sleep } from 'node:timers/promises';
import { createRemoteJWKSet, decodeProtectedHeader, jwtVerify } from 'jose';

/** A token that a verifier did not take. */
export interface Unverified {
  readonly kid: string | undefined;
  readonly ageSeconds: number;
  readonly reason: string;
}

/** Resource servers and relying parties that verify by the key set of the issuer. */
export interface Verifiers {
  readonly failures: readonly Unverified[];
  /** How many verifications went well. */
  readonly verified: () => number;
  /** By the key ids of the tokens: when the first of each was issued, in epoch milliseconds, to the second. */
  readonly firstUses: ReadonlyMap<string, number>;
  /** Has a token verified by all of them now, and once more shortly before it expires. Returns at once. */
  show(token: string): void;
  /** Waits for every verification that is under way or to come. */
  settle(): Promise<void>;
}

/** Longer than any replica is held up in a test. */
const FETCH_TIMEOUT_MS = 12_000;
const BEFORE_EXPIRY_MS = 1_000;

/**
 * Verifiers that keep the key set for all of `maxAgeSeconds`, and that do not fetch it before for any unknown key: nothing saves them
 * when a token comes with a key that the set they keep does not have.
 */
export function createVerifiers(issuer: string, maxAgeSeconds: number, count: number): Verifiers {
  const keySets = Array.from({ length: count }, () =>
    createRemoteJWKSet(new URL(`${issuer}/keys`), {
      cacheMaxAge: maxAgeSeconds * 1000,
      cooldownDuration: maxAgeSeconds * 1000,
      timeoutDuration: FETCH_TIMEOUT_MS,
    }),
  );
  const failures: Unverified[] = [];
  const firstUses = new Map<string, number>();
  const looks: Promise<void>[] = [];
  let verified = 0;
  const look = async (token: string, shownMs: number): Promise<void> => {
    await Promise.all(
      keySets.map(async (keySet) => {
        try {
          // A verifier that had to wait for the key set long judges the token by the time it was shown.
          await jwtVerify(token, keySet, { issuer, currentDate: new Date(shownMs), clockTolerance: 1 });
          verified += 1;
        } catch (error) {
          const { kid } = decodeProtectedHeader(token);
          failures.push({ kid, ageSeconds: (shownMs - issuedMs(token)) / 1000, reason: String(error) });
        }
      }),
    );
  };
  const lookTwice = async (token: string): Promise<void> => {
    const first = look(token, Date.now());
    await sleep(Math.max(0, expiresMs(token) - BEFORE_EXPIRY_MS - Date.now()));
    await Promise.all([first, look(token, Date.now())]);
  };
  return {
    failures,
    verified: () => verified,
    firstUses,
    show(token) {
      const kid = String(decodeProtectedHeader(token).kid);
      if (!firstUses.has(kid)) firstUses.set(kid, issuedMs(token));
      looks.push(lookTwice(token));
    },
    async settle() {
      await Promise.all(looks);
    },
  };
}

function claimOf(token: string, name: 'iat' | 'exp'): number {
  const payload = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8')) as object;
  return Number((payload as Record<string, unknown>)[name]);
}

const issuedMs = (token: string): number => claimOf(token, 'iat') * 1000;
const expiresMs = (token: string): number => claimOf(token, 'exp') * 1000;

/** Which keys one replica publishes now; undefined when it does not answer within half a second. */
export async function publishedKids(keysEndpoint: string): Promise<readonly string[] | undefined> {
  try {
    const response = await fetch(keysEndpoint, { signal: AbortSignal.timeout(500) });
    if (response.status !== 200) return undefined;
    const { keys } = (await response.json()) as { readonly keys: readonly { readonly kid: string }[] };
    return keys.map(({ kid }) => kid);
  } catch {
    return undefined;
  }
}
