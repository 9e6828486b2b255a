import { deepStrictEqual } from 'node:assert/strict';
import {
  GrantSelector,
  ParkedEvent,
  PutRecordRequest,
  Record as RecordMessage,
} from '@tessera/proto/tessera/storage/v1/administration';
import { AppendOutcome, SecurityEvent, TakeEventsResponse } from '@tessera/proto/tessera/storage/v1/events';
import {
  Authorization,
  Client,
  Connector,
  Consent,
  Credential,
  Grant,
  InitialAccessToken,
  Session,
  User,
} from '@tessera/proto/tessera/storage/v1/records';
import { FoundSession, LogoutDelivery } from '@tessera/proto/tessera/storage/v1/sessions';
import {
  AttemptOutcome,
  ConsumeOutcome,
  DecideDeviceRequestRequest,
  DeviceRequest,
  PollDeviceRequestResponse,
  PutDeviceRequestRequest,
} from '@tessera/proto/tessera/storage/v1/short_lived';
import {
  CodeOutcome,
  CodeToRedeem,
  CreatedGrant,
  FoundGrant,
  GrantToCreate,
  GrantToRevoke,
  ReopenOutcome,
  RevokeOutcome,
  RotationOutcome,
  TokenToRotate,
} from '@tessera/proto/tessera/storage/v1/storage';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import * as arbitrary from '../testing/arbitraries.ts';
import { sampleOf } from '../testing/sample.ts';
import * as storageArbitrary from '../testing/storage-arbitraries.ts';
import type { AdministeredKind, AdministeredRecords, RecordToPut } from './administration.ts';
import * as administration from './administration-wire.ts';
import * as events from './events-wire.ts';
import * as outcomes from './outcomes-wire.ts';
import * as pages from './page-wire.ts';
import * as records from './records-wire.ts';
import * as sessions from './sessions-wire.ts';
import * as shortLived from './short-lived-wire.ts';

/** A generated message type. */
interface Codec<M> {
  encode(message: M): { finish(): Uint8Array };
  decode(bytes: Uint8Array): M;
}

/** Proves that a value comes back as it was, by way of bytes. */
function survives<T, M>(
  values: fc.Arbitrary<T>,
  codec: Codec<M>,
  toWire: (value: T) => M,
  fromWire: (message: M) => T,
) {
  fc.assert(
    fc.property(values, (value) => {
      const bytes = codec.encode(toWire(value)).finish();
      // Compares prototypes, not `constructor`, which may be the name of a claim.
      deepStrictEqual(fromWire(codec.decode(Buffer.from(bytes))), value);
    }),
    { numRuns: 200 },
  );
}

test('a client survives the wire', () =>
  survives(arbitrary.client, Client, records.clientToWire, records.clientFromWire));

test('a user survives the wire', () => survives(arbitrary.user, User, records.userToWire, records.userFromWire));

test('an authorization survives the wire', () =>
  survives(arbitrary.authorization, Authorization, records.authorizationToWire, records.authorizationFromWire));

test('a grant survives the wire', () => survives(arbitrary.grant, Grant, records.grantToWire, records.grantFromWire));

test('a code to redeem survives the wire', () =>
  survives(arbitrary.code, CodeToRedeem, outcomes.codeToWire, outcomes.codeFromWire));

test('a grant to create survives the wire, and what became of it', () => {
  survives(arbitrary.grantToCreate, GrantToCreate, outcomes.grantToCreateToWire, outcomes.grantToCreateFromWire);
  const created = arbitrary.outcome(arbitrary.grant);
  survives(created, CreatedGrant, outcomes.createdGrantToWire, outcomes.createdGrantFromWire);
});

test('a client of an older peer has no settings, and an authorization no details', () => {
  const client = records.clientToWire({ ...sampleOf(arbitrary.client), settings: { requirePkce: true } });
  expect(records.clientFromWire({ ...client, settingsJson: '' }).settings).toEqual({});
  const authorization = records.authorizationToWire(sampleOf(arbitrary.authorization));
  expect(records.authorizationFromWire({ ...authorization, detailsJson: '' })).not.toHaveProperty('details');
});

test('a refresh token to rotate survives the wire', () =>
  survives(arbitrary.rotation, TokenToRotate, outcomes.tokenToWire, outcomes.tokenFromWire));

test('a grant to revoke survives the wire', () => {
  const grants = fc.oneof(
    fc.record({ grantId: arbitrary.text, reason: arbitrary.text }, { noNullPrototype: true }),
    fc.record(
      { grantId: arbitrary.text, clientId: arbitrary.someText, reason: arbitrary.text },
      { noNullPrototype: true },
    ),
  );
  survives(grants, GrantToRevoke, outcomes.grantToRevokeToWire, outcomes.grantToRevokeFromWire);
});

test('the outcomes of a batch survive the wire, errors among them', () => {
  survives(
    arbitrary.outcome(arbitrary.codeOutcome),
    CodeOutcome,
    outcomes.codeOutcomeToWire,
    outcomes.codeOutcomeFromWire,
  );
  survives(
    arbitrary.outcome(arbitrary.rotationOutcome),
    RotationOutcome,
    outcomes.rotationToWire,
    outcomes.rotationFromWire,
  );
  const found = arbitrary.outcome(fc.option(arbitrary.grant, { nil: undefined }));
  survives(found, FoundGrant, outcomes.foundToWire, outcomes.foundFromWire);
  survives(arbitrary.outcome(fc.boolean()), RevokeOutcome, outcomes.revokedToWire, outcomes.revokedFromWire);
});

test('a connector, a credential, an initial access token, a session, a logout delivery and a consent survive the wire', () => {
  survives(storageArbitrary.storedConnector, Connector, records.connectorToWire, records.connectorFromWire);
  survives(storageArbitrary.credential, Credential, records.credentialToWire, records.credentialFromWire);
  const token = storageArbitrary.initialAccessToken;
  survives(token, InitialAccessToken, records.initialAccessTokenToWire, records.initialAccessTokenFromWire);
  survives(storageArbitrary.session, Session, sessions.sessionToWire, sessions.sessionFromWire);
  survives(storageArbitrary.delivery, LogoutDelivery, sessions.deliveryToWire, sessions.deliveryFromWire);
  survives(storageArbitrary.consent, Consent, sessions.consentToWire, sessions.consentFromWire);
});

test('administered records survive the wire with their kind, version and what is expected', () => {
  for (const kind of Object.keys(storageArbitrary.administered) as AdministeredKind[]) {
    const toPut = storageArbitrary.recordToPut(kind);
    survives<RecordToPut<AdministeredKind>, PutRecordRequest>(
      toPut,
      PutRecordRequest,
      administration.recordToPutToWire,
      administration.recordToPutFromWire,
    );
    const stored = storageArbitrary.versioned<AdministeredRecords[AdministeredKind]>(
      storageArbitrary.administered[kind],
    );
    survives(
      stored,
      RecordMessage,
      (record) => administration.recordToWire(kind, record),
      (message) => administration.recordFromWire(kind, message),
    );
    expect(administration.kindFromWire(administration.kindToWire(kind))).toBe(kind);
  }
});

test('selectors, events kept aside and what a worker gets survive the wire', () => {
  survives(storageArbitrary.selector, GrantSelector, administration.selectorToWire, administration.selectorFromWire);
  survives(storageArbitrary.parked, ParkedEvent, administration.parkedToWire, administration.parkedFromWire);
  survives(storageArbitrary.event, SecurityEvent, events.eventToWire, events.eventFromWire);
  survives(storageArbitrary.taken, TakeEventsResponse, events.takenToWire, events.takenFromWire);
});

test('device requests, decisions and states survive the wire', () => {
  survives(storageArbitrary.newDevice, PutDeviceRequestRequest, shortLived.newDeviceToWire, (message) => message);
  survives(storageArbitrary.device, DeviceRequest, shortLived.deviceToWire, shortLived.deviceFromWire);
  const decision = storageArbitrary.decision;
  survives(decision, DecideDeviceRequestRequest, shortLived.decisionToWire, shortLived.decisionFromWire);
  survives(
    storageArbitrary.pollState,
    PollDeviceRequestResponse,
    (state) => ({ state: shortLived.pollStateToWire(state) }),
    ({ state }) => shortLived.pollStateFromWire(state),
  );
});

test('the outcomes of the other batches survive the wire, errors among them', () => {
  const flags = arbitrary.outcome(fc.boolean());
  survives(flags, ReopenOutcome, outcomes.reopenedToWire, outcomes.reopenedFromWire);
  survives(flags, ConsumeOutcome, shortLived.consumedToWire, shortLived.consumedFromWire);
  const counted = arbitrary.outcome(storageArbitrary.attemptCount);
  survives(counted, AttemptOutcome, shortLived.countedToWire, shortLived.countedFromWire);
  const found = arbitrary.outcome(fc.option(storageArbitrary.versioned(storageArbitrary.session), { nil: undefined }));
  survives(found, FoundSession, sessions.foundSessionToWire, sessions.foundSessionFromWire);
  const appended = arbitrary.outcome<void>(fc.constant(undefined));
  survives(appended, AppendOutcome, events.appendedToWire, events.appendedFromWire);
});

test('a state of a device that only a newer peer knows is none at all, and an event that was not appended has failed', () => {
  expect(shortLived.pollStateFromWire('UNRECOGNIZED')).toBe('unknown');
  expect(shortLived.pollStateFromWire('DEVICE_POLL_UNSPECIFIED')).toBe('unknown');
  expect(events.appendedFromWire({ outcome: { $case: 'isAppended', value: false } })).toMatchObject({ ok: false });
});

test('a write that does not say what it expects, or of a kind that only a newer peer knows, is refused', () => {
  const malformed = expect.objectContaining({ kind: 'invalid_argument', code: 'contracts.malformed_message' });
  const [toPut] = fc.sample(storageArbitrary.recordToPut('connector'), 1);
  if (toPut === undefined) throw new Error('no sample');
  const message = administration.recordToPutToWire(toPut);
  for (const broken of [
    { ...message, expected: undefined },
    { ...message, expected: { $case: 'any' as const, value: false } },
    { ...message, record: undefined },
    { ...message, record: { version: 0, value: undefined } },
  ]) {
    expect(() => administration.recordToPutFromWire(broken)).toThrow(malformed);
  }
  expect(() => administration.kindFromWire('UNRECOGNIZED')).toThrow(malformed);
  expect(() => administration.kindFromWire('RECORD_KIND_UNSPECIFIED')).toThrow(malformed);
  const record = { version: 1, value: message.record?.value };
  expect(() => administration.recordFromWire('client', record)).toThrow(malformed);
});

test('what would be everything on the wire is refused before it gets there', () => {
  const everything: readonly (() => unknown)[] = [
    () => administration.selectorToWire({}),
    () => administration.selectorToWire({ subject: 's', clientId: '' }),
    () => administration.expectedVersionToWire(0),
    () => pages.filterToWire('subject', ''),
  ];
  for (const attempt of everything) expect(attempt).toThrow(TypeError);
  const empty = { subject: '', clientId: '', sessionId: '', connectorId: '' };
  for (const message of [undefined, empty]) {
    expect(() => administration.selectorFromWire(message)).toThrow(
      expect.objectContaining({ code: 'contracts.malformed_message' }),
    );
  }
});

test('a refusal that only a newer peer knows is still a refusal', () => {
  expect(outcomes.codeOutcomeFromWire({ outcome: { $case: 'refusal', value: 'UNRECOGNIZED' } })).toEqual({
    ok: true,
    value: { type: 'refused', refusal: 'unknown' },
  });
  expect(outcomes.rotationFromWire({ outcome: { $case: 'refusal', value: 'UNRECOGNIZED' } })).toEqual({
    ok: true,
    value: { type: 'refused', refusal: 'revoked' },
  });
});

test('an outcome without content, from a newer peer, is an error and never a success', () => {
  for (const read of [
    outcomes.codeOutcomeFromWire,
    outcomes.createdGrantFromWire,
    outcomes.rotationFromWire,
    outcomes.foundFromWire,
    outcomes.revokedFromWire,
    outcomes.reopenedFromWire,
    shortLived.consumedFromWire,
    shortLived.countedFromWire,
    sessions.foundSessionFromWire,
    events.appendedFromWire,
  ]) {
    expect(read({ outcome: undefined })).toMatchObject({ ok: false, error: { kind: 'internal' } });
  }
});

test('what must not be guessed is not: an authorization without a person or with another PKCE method', () => {
  const [sample] = fc.sample(arbitrary.authorization, 1);
  const message = records.authorizationToWire(sample as never);
  for (const broken of [
    { ...message, identity: undefined },
    { ...message, authTime: undefined },
    { ...message, codeChallenge: 'x', codeChallengeMethod: 'S512' },
    { ...message, codeChallenge: 'x', codeChallengeMethod: '' },
  ]) {
    expect(() => records.authorizationFromWire(broken)).toThrow(expect.objectContaining({ kind: 'invalid_argument' }));
  }
});

test('a part of a second counts as a whole one, so that no short interval becomes none', () => {
  const [sample] = fc.sample(arbitrary.rotation, 1);
  const token = { ...(sample as never as object), reuseIntervalSeconds: 0.5, validIfNotUsedForSeconds: 2.25 };
  const wire = outcomes.tokenToWire(token as never);
  expect([wire.reuseIntervalSeconds, wire.validIfNotUsedForSeconds]).toEqual([1, 3]);
});

test('a revocation for a client without id is refused, since on the wire it would be for any client', () => {
  expect(() => outcomes.grantToRevokeToWire({ grantId: 'g', clientId: '', reason: 'x' })).toThrow(TypeError);
});
