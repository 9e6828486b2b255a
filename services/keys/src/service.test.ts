import { createFakeClock } from '@tessera/clock';
import { jwkThumbprint, verifyCompactJws } from '@tessera/oauth';
import { describe, expect, it } from 'vitest';
import { createFakeKeySetStorage } from './testing/fake-key-set-storage.ts';
import {
  accessToken,
  signOne,
  startTestService,
  testKey,
  verificationKeys,
  waitUntil,
} from './testing/test-service.ts';

describe('the keys service', () => {
  it('ten replicas that start at once end up with one key and one set of secrets', async () => {
    const storage = createFakeKeySetStorage();
    const replicas = await Promise.all(Array.from({ length: 10 }, () => startTestService({ storage })));
    await Promise.all(replicas.map((replica) => replica.ready()));
    const signed = await Promise.all(replicas.map((replica) => signOne(replica, accessToken(replica.clock))));
    const headers = signed.map(([token = '']) => token.split('.')[0]);
    expect(new Set(headers).size).toBe(1);
    expect(storage.documents.get('signing')?.version).toBe(1);
    expect(storage.documents.get('secrets')?.version).toBe(1);
    expect(storage.writes.tried).toBeGreaterThan(storage.writes.won);
    const secrets = await Promise.all(replicas.map((replica) => replica.api.getSecrets('refresh_token')));
    expect(new Set(secrets.map(({ versions }) => Buffer.from(versions[0]?.key ?? []).toString('hex'))).size).toBe(1);
    const [keys] = await Promise.all(replicas.map(verificationKeys));
    for (const [token = ''] of signed) {
      expect(verifyCompactJws(token, { keys: keys ?? [], algorithms: ['ES256'], typ: 'at+jwt' }).ok).toBe(true);
    }
    await Promise.all(replicas.map((replica) => replica.close()));
  });

  it('after a restart the same key signs and the same secrets hold', async () => {
    const first = await startTestService({ algorithm: 'RS256' });
    await first.ready();
    const before = { keys: await first.api.getPublicKeys(), secrets: await first.api.getSecrets('browser') };
    await first.close();
    const second = await startTestService({ algorithm: 'RS256', storage: first.storage });
    await second.ready();
    expect(await second.api.getPublicKeys()).toEqual(before.keys);
    expect(await second.api.getSecrets('browser')).toEqual(before.secrets);
    await second.close();
  });

  it('waits for storage, and says so until then', async () => {
    const storage = createFakeKeySetStorage();
    storage.isDown = true;
    const service = await startTestService({ storage });
    const outcome = service.api.sign([[accessToken(service.clock)]]);
    await expect(outcome).rejects.toMatchObject({ kind: 'unavailable', code: 'keys.not_ready' });
    await expect(service.api.getSecrets('browser')).rejects.toMatchObject({ kind: 'unavailable' });
    let isReady = false;
    const ready = service.ready().then(() => {
      isReady = true;
    });
    storage.isDown = false;
    await waitUntil(() => {
      service.clock.advance(1);
      return isReady;
    });
    await ready;
    await expect(signOne(service, accessToken(service.clock))).resolves.toHaveLength(1);
    await service.close();
  });

  it('a key-encryption key that does not open what is stored is an error, and nothing is overwritten', async () => {
    const first = await startTestService();
    await first.ready();
    await first.close();
    const stored = structuredClone(first.storage.documents);
    const wrong = { type: 'value', value: testKey(2) } as const;
    const second = await startTestService({ storage: first.storage, keyEncryption: wrong });
    await expect(second.ready()).rejects.toMatchObject({
      kind: 'invalid_argument',
      code: 'keys.wrong_key_encryption_key',
    });
    await expect(second.api.sign([])).rejects.toMatchObject({ kind: 'unavailable' });
    second.clock.advance(120);
    expect(first.storage.documents).toEqual(stored);
    await second.close();
  });

  it.each(['secrets', 'signing'])('with a wrong key nothing is added beside a lone %s document', async (name) => {
    const first = await startTestService();
    await first.ready();
    await first.close();
    const storage = createFakeKeySetStorage();
    const document = first.storage.documents.get(name);
    if (document === undefined) throw new Error('nothing stored');
    storage.documents.set(name, document);
    const wrong = { type: 'value', value: testKey(2) } as const;
    const second = await startTestService({ storage, keyEncryption: wrong });
    await expect(second.ready()).rejects.toMatchObject({ code: 'keys.wrong_key_encryption_key' });
    expect([...storage.documents.keys()]).toEqual([name]);
    await second.close();
  });

  it('goes on with the keys it has while storage is away, then refuses before it could sign with a retired key', async () => {
    const service = await startTestService();
    await service.ready();
    service.storage.isDown = true;
    service.clock.advance(600);
    await expect(signOne(service, accessToken(service.clock))).resolves.toHaveLength(1);
    service.clock.advance(60);
    await expect(signOne(service, accessToken(service.clock))).rejects.toMatchObject({
      kind: 'unavailable',
      code: 'keys.stale',
    });
    service.storage.isDown = false;
    await expect(signOne(service, accessToken(service.clock))).resolves.toHaveLength(1);
    await service.close();
  });

  it('a replica that was suspended takes over the new key before it signs', async () => {
    const storage = createFakeKeySetStorage();
    const [awake, suspended] = [createFakeClock(), createFakeClock()];
    const first = await startTestService({ storage, clock: awake });
    await first.ready();
    const second = await startTestService({ storage, clock: suspended });
    await second.ready();
    const before = await first.api.getPublicKeys();
    awake.advance(21_600 - 1260);
    await waitUntil(() => storage.documents.get('signing')?.version === 2);
    awake.advance(1261);
    await waitUntil(async () => (await first.api.getPublicKeys()).version !== before.version);
    suspended.set(awake.now());
    const tokens = await Promise.all([first, second].map((replica) => signOne(replica, accessToken(awake))));
    const kids = tokens.map(([token = '']) => token.split('.')[0]);
    expect(kids[1]).toBe(kids[0]);
    await Promise.all([first.close(), second.close()]);
  });

  it('when the algorithm changes, the new one signs after its pre-publication and the old tokens stay verifiable', async () => {
    const first = await startTestService({ algorithm: 'RS256' });
    await first.ready();
    const [old = ''] = await signOne(first, accessToken(first.clock));
    await first.close();
    const { clock, storage } = first;
    const second = await startTestService({ algorithm: 'ES256', clock, storage });
    await second.ready();
    const algorithms = async () => (await second.api.getPublicKeys()).keys.map(({ alg }) => alg);
    expect(await algorithms()).toEqual(['RS256', 'ES256']);
    clock.advance(1261);
    await waitUntil(async () => (await algorithms())[0] === 'ES256');
    const keys = await verificationKeys(second);
    expect(verifyCompactJws(old, { keys, algorithms: ['RS256'], typ: 'at+jwt' }).ok).toBe(true);
    const passTime = async () => {
      clock.advance(30);
      return !(await algorithms()).includes('RS256');
    };
    await waitUntil(passTime);
    await second.close();
  });

  it('RFC 7517 §4: with several algorithms each token is signed by the set it names, and the JWKS has them all', async () => {
    const algorithms = ['PS256', 'RS256', 'ES384', 'EdDSA'] as const;
    const service = await startTestService({ algorithm: 'PS256', algorithms });
    await service.ready();
    const { keys: jwks } = await service.api.getPublicKeys();
    expect(jwks.map(({ alg }) => alg)).toEqual(algorithms);
    for (const jwk of jwks) expect(jwk).toMatchObject({ use: 'sig', kid: jwkThumbprint(jwk) });
    const keys = await verificationKeys(service);
    for (const algorithm of [undefined, ...algorithms]) {
      const token = accessToken(service.clock);
      const [signed = ''] = await signOne(service, algorithm === undefined ? token : { ...token, algorithm });
      const expected = algorithm ?? 'PS256';
      const outcome = verifyCompactJws(signed, { keys, algorithms: [expected], typ: 'at+jwt' });
      expect(outcome).toMatchObject({ ok: true, header: { kid: jwks.find(({ alg }) => alg === expected)?.kid } });
    }
    await service.close();
  });

  it('N34: RSA keys of one algorithm do not verify signatures of another', async () => {
    const service = await startTestService({ algorithm: 'RS256', algorithms: ['RS256', 'PS256', 'RS512'] });
    await service.ready();
    const { keys } = await service.api.getPublicKeys();
    expect(new Set(keys.map((jwk) => jwk['n'])).size).toBe(3);
    await service.close();
  });

  it('an algorithm that is added can be asked for after its pre-publication, one that was removed no more', async () => {
    const first = await startTestService({ algorithm: 'ES256', algorithms: ['ES256', 'EdDSA'] });
    await first.ready();
    const [old = ''] = await signOne(first, { ...accessToken(first.clock), algorithm: 'EdDSA' });
    await first.close();
    const { clock, storage } = first;
    const second = await startTestService({ algorithm: 'ES256', algorithms: ['ES256', 'ES512'], clock, storage });
    await second.ready();
    const sign = (algorithm: string) => signOne(second, { ...accessToken(clock), algorithm });
    await expect(sign('EdDSA')).rejects.toMatchObject({ kind: 'invalid_argument', code: 'keys.unknown_algorithm' });
    await expect(sign('ES512')).rejects.toMatchObject({ kind: 'unavailable', code: 'keys.not_ready' });
    const keys = await verificationKeys(second);
    expect(verifyCompactJws(old, { keys, algorithms: ['EdDSA'], typ: 'at+jwt' }).ok).toBe(true);
    clock.advance(1260);
    await waitUntil(() => sign('ES512').then(Boolean, () => false));
    await second.close();
  });
});
