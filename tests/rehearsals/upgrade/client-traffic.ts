import { setTimeout as sleep } from 'node:timers/promises';
import * as client from 'openid-client';
import type { Verifiers } from '../../support/key-observers.ts';
import { type Acting, createDeeds } from './deeds.ts';
import type { Patience } from './patience.ts';

const PAUSE_MS = 100;
/** One source may try ten codes of devices a minute. */
const DEVICE_PAUSE_MS = 7_000;

/** What people and applications do, by name. */
export type Deed = 'sign-in' | 'refresh' | 'look' | 'session' | 'device' | 'sign-out' | 'revocation';

/** Applications of a client library, and people with browsers, until they are told to end. */
export interface ClientTraffic {
  /** What went wrong in spite of everything a client library does. */
  readonly failures: readonly string[];
  /** How often something was done. */
  count(deed: Deed): number;
  /** Grants that an answer said were revoked. */
  readonly revokedGrants: readonly string[];
  /** Waits until everything was done again that is done all the time. */
  untilServed(): Promise<void>;
  /** Ends it, and gives those who should still be signed in. */
  end(): Promise<readonly Acting[]>;
}

/** What traffic is made of. */
export interface ClientTrafficOptions {
  readonly issuer: string;
  readonly patience: Patience;
  readonly verifiers: Verifiers;
  /** How many applications refresh without end. */
  readonly applications: number;
}

/** Signs people in at a system, and keeps them and their applications at work. */
export async function startClientTraffic(options: ClientTrafficOptions): Promise<ClientTraffic> {
  const { issuer, patience, verifiers, applications } = options;
  const deeds = await createDeeds({ issuer, patience, verifiers });
  const counts = new Map<Deed, number>();
  const failures: string[] = [];
  const revokedGrants: string[] = [];
  const lasting: Acting[] = [];
  let isRunning = true;

  const attempt = async <T>(deed: Deed, work: () => Promise<T>): Promise<T | undefined> => {
    try {
      const result = await work();
      counts.set(deed, (counts.get(deed) ?? 0) + 1);
      return result;
    } catch (error) {
      failures.push(`${deed}: ${describe(error)}`);
      return undefined;
    }
  };
  const forever = async (step: (turn: number) => Promise<unknown>, pauseMs = PAUSE_MS): Promise<void> => {
    for (let turn = 0; isRunning; turn += 1) {
      await step(turn);
      await sleep(pauseMs);
    }
  };
  /** Signs in, and then out, or revokes, or stays. */
  const comeAndGo = async (turn: number): Promise<void> => {
    const acting = await attempt('sign-in', () => deeds.signIn());
    if (acting === undefined) return;
    await attempt('look', () => deeds.look(acting));
    if (turn % 3 === 0) {
      const grantId = await attempt('revocation', () => deeds.revoke(acting));
      if (grantId !== undefined) revokedGrants.push(grantId);
    } else if (turn % 3 === 1) await attempt('sign-out', () => deeds.signOut(acting));
    else lasting.push(acting);
  };
  const useDevice = async (): Promise<void> => {
    const acting = await attempt('device', () => deeds.agreeOnDevice());
    if (acting !== undefined) lasting.push(acting);
  };
  for (let number = 0; number < applications; number += 1) lasting.push(await deeds.signIn());
  const first = [...lasting];
  const workers = [
    ...first.map((acting) => forever(() => attempt('refresh', () => deeds.refresh(acting)))),
    ...first.map((acting) => forever(() => attempt('session', () => deeds.expectAnswer(acting, 'none')))),
    forever(comeAndGo),
    forever(comeAndGo),
    forever(useDevice, DEVICE_PAUSE_MS),
  ];
  const count = (deed: Deed): number => counts.get(deed) ?? 0;
  return {
    failures,
    revokedGrants,
    count,
    async untilServed() {
      const usual = ['sign-in', 'refresh', 'look', 'session'] as const;
      const before = usual.map((deed) => count(deed));
      const failed = failures.length;
      const isServed = () => usual.every((deed, index) => count(deed) > (before[index] ?? 0) + 1);
      for (let waited = 0; !isServed() && failures.length === failed && waited < 200; waited += 1)
        await sleep(PAUSE_MS);
      if (!isServed()) throw new Error(`nothing goes on:\n${failures.join('\n')}`);
    },
    async end() {
      isRunning = false;
      await Promise.all(workers);
      return lasting;
    },
  };
}

function describe(error: unknown): string {
  if (error instanceof client.ResponseBodyError)
    return `${error.status} ${error.error} ${error.error_description ?? ''}`;
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;
}
