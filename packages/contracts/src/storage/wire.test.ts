import { deepStrictEqual } from 'node:assert/strict';
import { Authorization, Client, Grant, User } from '@tessera/proto/tessera/storage/v1/records';
import {
  CodeOutcome,
  CodeToRedeem,
  FoundGrant,
  GrantToRevoke,
  RevokeOutcome,
  RotationOutcome,
  TokenToRotate,
} from '@tessera/proto/tessera/storage/v1/storage';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import * as arbitrary from '../testing/arbitraries.ts';
import * as outcomes from './outcomes-wire.ts';
import * as records from './records-wire.ts';

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
    outcomes.rotationFromWire,
    outcomes.foundFromWire,
    outcomes.revokedFromWire,
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
