import { createHash, randomUUID } from 'node:crypto';
import type { Authorization } from '@tessera/contracts';
import { describe, expect, test } from 'vitest';
import { createBench, type DurableHarness, grantNow, unwrapped, words } from './bench-api.ts';
import { AWKWARD_TEXT, freshId, sampleAuthorization, sampleCode } from './samples.ts';

const DEVICE = 'urn:ietf:params:oauth:grant-type:device_code';

/** What every durable store has to do with codes. */
export function codesSuite(harness: DurableHarness): void {
  describe('codes', () => {
    test('RFC 6749 §4.1.3: a code becomes a grant, in one statement and one command', async () => {
      const bench = await createBench(harness);
      const code = sampleCode(await bench.putCode());
      bench.commands();
      bench.counted();
      const outcome = unwrapped((await bench.api.redeemCodes([code]))[0]);
      expect(bench.counted()).toEqual(['insert_grants']);
      expect(bench.commands()).toEqual(['find_codes']);
      const expected = {
        id: code.grantId,
        authorization: afterRedemption(sampleAuthorization()),
        generation: 0,
        createdAt: bench.clock.now(),
        lastUsedAt: bench.clock.now(),
        expiresAt: code.refreshExpiresAt,
      };
      expect(plain(outcome)).toEqual(plain({ type: 'redeemed', grant: expected }));
      expect(plain(await grantNow(bench.api, code.grantId))).toEqual(plain(expected));
      await bench.durable.close();
    });

    test('a grant without refresh token dies with its last token; one with it and without limit never', async () => {
      const bench = await createBench(harness);
      const short = sampleCode(await bench.putCode({ isRefreshable: false }));
      const { refreshExpiresAt: _, ...endless } = sampleCode(await bench.putCode());
      await bench.api.redeemCodes([short, endless]);
      expect((await grantNow(bench.api, short.grantId)).expiresAt).toEqual(short.tokensExpireAt);
      expect(await grantNow(bench.api, endless.grantId)).not.toHaveProperty('expiresAt');
      await bench.durable.close();
    });

    test('N15 RFC 6749 §4.1.2: of 100 parallel redemptions one gets the grant, 99 are replays, and the grant is revoked', async () => {
      const bench = await createBench(harness);
      const codeId = await bench.putCode();
      const codes = Array.from({ length: 100 }, () => sampleCode(codeId));
      const outcomes = (await Promise.all(codes.map((code) => bench.api.redeemCodes([code])))).flat();
      const seen = words(outcomes);
      expect(seen.filter((word) => word === 'redeemed')).toHaveLength(1);
      expect(seen.filter((word) => word === 'replayed')).toHaveLength(99);
      const winner = codes[seen.indexOf('redeemed')]?.grantId ?? '';
      expect((await grantNow(bench.api, winner)).revokedAt).toBeDefined();
      await bench.durable.close();
    });

    test('N15: the same race within one batch ends the same way, in two statements', async () => {
      const bench = await createBench(harness);
      const codeId = await bench.putCode();
      const codes = Array.from({ length: 5 }, () => sampleCode(codeId));
      bench.counted();
      const outcomes = await bench.api.redeemCodes(codes);
      expect(words(outcomes)).toEqual(['redeemed', 'replayed', 'replayed', 'replayed', 'replayed']);
      expect(bench.counted()).toEqual(['insert_grants', 'insert_grants']);
      expect((await grantNow(bench.api, codes[0]?.grantId ?? '')).revokedAt).toBeDefined();
      await bench.durable.close();
    });

    test('a repeated redemption gets its grant again, also within one batch and after the code expired', async () => {
      const bench = await createBench(harness);
      const code = sampleCode(await bench.putCode());
      expect(words(await bench.api.redeemCodes([code, code]))).toEqual(['redeemed', 'redeemed']);
      expect(words(await bench.api.redeemCodes([code]))).toEqual(['redeemed']);
      bench.clock.advance(61);
      expect(words(await bench.api.redeemCodes([code]))).toEqual(['redeemed']);
      expect(await grantNow(bench.api, code.grantId)).not.toHaveProperty('revokedAt');
      await bench.durable.close();
    });

    test('N15: a repetition after a replay is a replay, so that no token is made for a revoked grant', async () => {
      const bench = await createBench(harness);
      const code = sampleCode(await bench.putCode());
      expect(words(await bench.api.redeemCodes([code]))).toEqual(['redeemed']);
      expect(words(await bench.api.redeemCodes([sampleCode(code.codeId)]))).toEqual(['replayed']);
      expect(words(await bench.api.redeemCodes([code]))).toEqual(['replayed']);
      await bench.durable.close();
    });

    test('N22: a replay after the code expired still revokes the grant', async () => {
      const bench = await createBench(harness);
      const code = sampleCode(await bench.putCode({}, 60));
      await bench.api.redeemCodes([code]);
      bench.clock.advance(60);
      bench.counted();
      expect(words(await bench.api.redeemCodes([sampleCode(code.codeId)]))).toEqual(['replayed']);
      expect(bench.counted()).toEqual(['revoke_by_code']);
      expect((await grantNow(bench.api, code.grantId)).revokedAt).toEqual(bench.clock.now());
      await bench.durable.close();
    });

    test('a code lives until its last moment and not in the next', async () => {
      const bench = await createBench(harness);
      const [early, late] = [sampleCode(await bench.putCode({}, 60)), sampleCode(await bench.putCode({}, 60))];
      bench.clock.advance(59.999);
      expect(words(await bench.api.redeemCodes([early]))).toEqual(['redeemed']);
      bench.clock.advance(0.001);
      expect(words(await bench.api.redeemCodes([late]))).toEqual(['unknown']);
      await bench.durable.close();
    });

    test('N21 RFC 7636 §4.6: a batch has an outcome for each item, and a refused code stays redeemable', async () => {
      const bench = await createBench(harness);
      const code = sampleCode(await bench.putCode());
      const { redirectUri: _, ...withoutRedirect } = { ...code, grantId: randomUUID() };
      const { codeVerifier: __, ...withoutVerifier } = { ...code, grantId: randomUUID() };
      const outcomes = await bench.api.redeemCodes([
        { ...code, grantId: randomUUID(), clientId: 'other' },
        { ...code, grantId: randomUUID(), redirectUri: 'https://app.example/callback/' },
        withoutRedirect,
        withoutVerifier,
        { ...code, grantId: randomUUID(), codeVerifier: 'x'.repeat(43) },
        { ...code, grantId: 'no-uuid' },
        sampleCode(freshId()),
        code,
      ]);
      expect(words(outcomes)).toEqual([
        'other_client',
        'redirect_uri',
        'redirect_uri',
        'pkce',
        'pkce',
        'storage.invalid_id',
        'unknown',
        'redeemed',
      ]);
      await bench.durable.close();
    });

    test('RFC 6749 §4.1.3: a redirect_uri that was implied may be left out, and one that is sent has to be right', async () => {
      const bench = await createBench(harness);
      const code = sampleCode(await bench.putCode({ details: { isRedirectUriImplied: true } }));
      const { redirectUri: _, ...without } = code;
      const outcomes = await bench.api.redeemCodes([
        { ...code, grantId: randomUUID(), redirectUri: 'https://app.example/other' },
        { ...code, grantId: randomUUID(), redirectUri: '' },
        without,
      ]);
      expect(words(outcomes)).toEqual(['redirect_uri', 'redirect_uri', 'redeemed']);
      const sent = sampleCode(await bench.putCode({ details: { isRedirectUriImplied: true } }));
      expect(words(await bench.api.redeemCodes([sent]))).toEqual(['redeemed']);
      await bench.durable.close();
    });

    test('RFC 8628 §3.4: a device’s code is good for its own grant alone, and a code for that of codes', async () => {
      const bench = await createBench(harness);
      const userCode = freshId();
      const deviceId = `${userCode}.${freshId()}`;
      const payload = new Uint8Array();
      const times = { ttlSeconds: 600, intervalSeconds: 5 };
      await bench.api.putDeviceRequest({ userCode, deviceId, clientId: 'app', payload, ...times });
      const { pkce: _, nonce: __, ...rest } = sampleAuthorization({ redirectUri: '', details: { grantType: DEVICE } });
      await bench.api.decideDeviceRequest({ userCode, authorization: rest, attemptId: freshId() });
      expect(await bench.api.pollDeviceRequest({ userCode, deviceId, clientId: 'app' })).toBe('approved');
      const { redirectUri: ___, codeVerifier: ____, ...device } = sampleCode(deviceId);
      const code = sampleCode(await bench.putCode());
      const outcomes = await bench.api.redeemCodes([
        device,
        { ...device, grantType: 'authorization_code', grantId: randomUUID() },
        { ...device, grantType: DEVICE, grantId: randomUUID(), clientId: 'other' },
        { ...device, grantType: DEVICE, grantId: randomUUID(), redirectUri: 'https://app.example/callback' },
        { ...device, grantType: DEVICE },
        { ...code, grantType: DEVICE, grantId: randomUUID() },
        { ...code, grantType: 'authorization_code' },
      ]);
      expect(words(outcomes)).toEqual([
        'unknown',
        'unknown',
        'other_client',
        'redirect_uri',
        'redeemed',
        'unknown',
        'redeemed',
      ]);
      await bench.durable.close();
    });

    test('one grant id meant for two codes fails alone', async () => {
      const bench = await createBench(harness);
      const first = sampleCode(await bench.putCode());
      const second = sampleCode(await bench.putCode(), { grantId: first.grantId });
      const third = sampleCode(await bench.putCode());
      const outcomes = await bench.api.redeemCodes([first, second, third]);
      expect(words(outcomes)).toEqual(['redeemed', 'storage.grant_exists', 'redeemed']);
      await bench.durable.close();
    });

    test('awkward and long values come back as they were', async () => {
      const bench = await createBench(harness);
      const authorization = sampleAuthorization({
        scopes: Array.from({ length: 200 }, (_, index) => `scope-${index}`),
        identity: {
          userId: AWKWARD_TEXT,
          username: AWKWARD_TEXT.repeat(200),
          preferredUsername: '',
          email: '',
          emailVerified: false,
          groups: Array.from({ length: 500 }, (_, index) => `cn=${AWKWARD_TEXT}${index}`),
          claims: { address: { formatted: AWKWARD_TEXT } },
        },
        connectorData: createHash('sha512').update('x').digest(),
      });
      const code = sampleCode(await bench.putCode(authorization));
      await bench.api.redeemCodes([code]);
      const { authorization: kept } = await grantNow(bench.api, code.grantId);
      expect(plain(kept)).toEqual(plain(afterRedemption(authorization)));
      await bench.durable.close();
    });
  });
}

/** Buffers and arrays of bytes compare by content. */
/** RFC 7636 §4.6: the challenge was answered with the code, and is not kept. */
function afterRedemption(authorization: Authorization): Omit<Authorization, 'pkce'> {
  const { pkce: _, ...kept } = authorization;
  return kept;
}

function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return [...value];
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner)]));
}
