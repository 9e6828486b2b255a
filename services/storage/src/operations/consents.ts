import { createHash } from 'node:crypto';
import type { Clock } from '@tessera/clock';
import type { Consent, StorageSessionsApi } from '@tessera/contracts';
import { newEvent } from '@tessera/events';
import { consentFromJson, consentToJson } from '../codec/consent-json.ts';
import type { RecordStore, RecordToWrite } from '../ports.ts';
import { assertId, assertMoment, invalidInput, isStorableId, MAX_BODY_BYTES } from '../rules/accepted-input.ts';
import { recordPage } from './record-pages.ts';

/** What consents need. */
export interface ConsentsOptions {
  readonly clock: Clock;
  readonly durable: RecordStore;
}

/** Operations on consents. */
export type ConsentOperations = Pick<
  StorageSessionsApi,
  'findConsent' | 'putConsent' | 'withdrawConsent' | 'listConsents'
>;

/** Consents on a durable store, one statement each. */
export function createConsents({ clock, durable }: ConsentsOptions): ConsentOperations {
  return {
    async findConsent(subject, clientId) {
      if (!isPossible(subject, clientId)) return undefined;
      const [record] = await durable.getRecords([{ kind: 'consent', id: idOf(subject, clientId) }], clock.now());
      return record === undefined ? undefined : consentFromJson(record.body);
    },
    async putConsent(consent) {
      const now = clock.now();
      await durable.writeRecords([toWrite(consent, now)], now);
    },
    async withdrawConsent(subject, clientId) {
      if (!isPossible(subject, clientId)) return false;
      const now = clock.now();
      const events = [newEvent('consent.withdrawn', subject, { clientId }, now)];
      const removal = { kind: 'consent', id: idOf(subject, clientId), events } as const;
      const [isRemoved = false] = await durable.removeRecords([removal], now);
      return isRemoved;
    },
    async listConsents({ subject, ...request }) {
      assertId(subject, 'a subject');
      return recordPage(request, {
        store: durable,
        kind: 'consent',
        owner: subject,
        now: clock.now(),
        read: ({ body }) => consentFromJson(body),
      });
    },
  };
}

function isPossible(subject: string, clientId: string): boolean {
  return isStorableId(subject) && isStorableId(clientId);
}

/** The pair in one id of fixed length. */
function idOf(subject: string, clientId: string): string {
  return createHash('sha256')
    .update(JSON.stringify([subject, clientId]), 'utf8')
    .digest('base64url');
}

function toWrite(consent: Consent, now: Date): RecordToWrite {
  const { subject, clientId, scopes, expiresAt } = consent;
  assertId(subject, 'a subject');
  assertId(clientId, 'a client id');
  assertMoment(expiresAt, 'the end of a consent');
  const body = consentToJson(consent);
  if (scopes.includes('') || Buffer.byteLength(body, 'utf8') > MAX_BODY_BYTES) {
    throw invalidInput(
      'storage.invalid_record',
      `a consent has at most ${MAX_BODY_BYTES} bytes, and no scope is empty`,
    );
  }
  const until = expiresAt === undefined ? {} : { expiresAt: expiresAt.toISOString() };
  return {
    kind: 'consent',
    id: idOf(subject, clientId),
    body,
    expected: 'any',
    owner: subject,
    ...(expiresAt === undefined ? {} : { expiresAt }),
    events: [newEvent('consent.granted', subject, { clientId, scopes, ...until }, now)],
  };
}
