import { createFakeClock } from '@tessera/clock';
import type { ClientId } from '@tessera/oauth';
import { silentLogger } from '@tessera/telemetry';
import { expect, it } from 'vitest';
import { verifyAuthorizationGrantAssertion } from './authorization-grant-assertion.ts';
import { claimedClientId, verifyClientAssertion } from './client-assertion.ts';
import { createClientKeys } from './client-keys.ts';
import { verifyRequestObject } from './request-object.ts';
import { createFakeEgress } from './testing/fake-egress.ts';
import { encode } from './testing/test-key.ts';

const issuer = 'https://id.example/dex';
const jwksUri = 'https://app.example/keys';
const clock = createFakeClock();
const egress = createFakeEgress();
const keys = createClientKeys({ egress, clock, logger: silentLogger });
const now = clock.now();

it.each([
  ['N75: PBES2', { alg: 'PBES2-HS256+A128KW', enc: 'A128GCM', p2s: 'c2FsdA', p2c: 2_147_483_647 }],
  ['N76: a compressed one', { alg: 'dir', enc: 'A128GCM', zip: 'DEF' }],
])(
  '%s: no assertion and no request object is taken encrypted, and nobody’s keys are fetched for it',
  async (_, header) => {
    const token = `${encode(header)}.a2V5.aXY.dGV4dA.dGFn`;
    const id = 'app' as ClientId;
    for (const authMethod of ['private_key_jwt', 'client_secret_jwt'] as const) {
      const client = { id, hmacSecret: 'x'.repeat(64), settings: { authMethod, jwksUri } };
      const outcome = await verifyClientAssertion({ assertion: token, client, issuer, endpoints: [], now }, keys);
      expect(outcome).toEqual({ ok: false, reason: 'malformed' });
    }
    expect(claimedClientId(token)).toBeUndefined();
    const client = { id, settings: { jwksUri } };
    const object = await verifyRequestObject({ requestObject: token, client, issuer, now }, keys);
    expect(object).toEqual({ ok: false, reason: 'encrypted' });
    const trusted = { issuer: 'https://other.example', jwksUri };
    const grant = await verifyAuthorizationGrantAssertion(
      { assertion: token, trusted, audiences: [issuer], now },
      keys,
    );
    expect(grant.ok).toBe(false);
    expect(egress.asked).toEqual([]);
  },
);
