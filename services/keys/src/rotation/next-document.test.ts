import { addSeconds, createFakeClock } from '@tessera/clock';
import { unavailable } from '@tessera/errors';
import { silentLogger } from '@tessera/telemetry';
import { describe, expect, it } from 'vitest';
import type { DocumentStore } from '../encryption/document-store.ts';
import type { Custodian } from '../signers/custodian.ts';
import { createCustody } from '../signers/custody.ts';
import type { PrivateHalf, VaultHalf } from '../signers/private-half.ts';
import { sharedStore } from '../testing/simulation/fake-parts.ts';
import { testConfig } from '../testing/test-service.ts';
import { createKeyRing } from './key-ring.ts';
import { type ConfiguredAlgorithms, groupByAlgorithm } from './key-sets.ts';
import { makeNextDocument } from './next-document.ts';
import { planOrder } from './orders.ts';
import { createRotationPolicy } from './policy.ts';
import type { SigningDocument } from './signing-document.ts';

/** A server with versions of one key, which remembers what was asked of it. */
function fakeVault() {
  const known: (readonly PrivateHalf[])[] = [];
  const destroyed: VaultHalf[] = [];
  const state = { latest: 0, isDown: false, isFailing: false };
  const custodian: Custodian<'vault'> = {
    type: 'vault',
    async create(alg, halves) {
      if (state.isDown) throw unavailable('keys.signer_unavailable', 'down');
      known.push(halves);
      state.latest += 1;
      const privateHalf = { signer: 'vault', keyName: alg, keyVersion: state.latest } as const;
      return { kid: `v${state.latest}`, publicJwk: { kty: 'EC' }, privateHalf };
    },
    async open() {
      if (state.isDown) throw unavailable('keys.signer_unavailable', 'down');
      return async () => 'signature';
    },
    async destroy(half) {
      if (state.isFailing) throw unavailable('keys.signer_unavailable', 'down');
      destroyed.push(half);
    },
    async close() {},
  };
  return { custodian, known, destroyed, state };
}

function fakeLocal(): Custodian<'local'> {
  let made = 0;
  return {
    type: 'local',
    async create() {
      made += 1;
      const privateHalf = { signer: 'local', wrappedDataKey: 'w', ciphertext: 'c' } as const;
      return { kid: `l${made}`, publicJwk: { kty: 'EC' }, privateHalf };
    },
    open: async () => async () => 'signature',
    async destroy() {},
    async close() {},
  };
}

const policy = createRotationPolicy(testConfig());

function open(
  {
    makes = 'vault',
    has = ['vault', 'local'],
    shared = { version: 0, document: undefined as SigningDocument | undefined },
  } = {},
  {
    clock = createFakeClock(),
    vault = fakeVault(),
    configured = ['ES256'] as ConfiguredAlgorithms,
    local = fakeLocal(),
  } = {},
) {
  const custody = createCustody(makes === 'vault' ? vault.custodian : local, {
    ...(has.includes('vault') && { vault: vault.custodian }),
    ...(has.includes('local') && { local }),
  });
  const store: DocumentStore<SigningDocument> = sharedStore(
    shared,
    () => undefined,
    () => undefined,
  );
  const options = { clock, logger: silentLogger, policy, configured, store, earlierStores: [], custody };
  const ring = createKeyRing(options);
  const keys = () => ring.sets().get('ES256') ?? [];
  return { ring, keys, shared, clock, vault, custody, local };
}

describe('keys of a signer elsewhere', () => {
  it('a private half that was given up is destroyed there, tried again where that fails, and forgotten when done', async () => {
    const { ring, shared, clock, vault } = open();
    await ring.refresh();
    clock.advance(21_600 - 1260);
    await ring.refresh();
    clock.advance(1260 + 300);
    vault.state.isFailing = true;
    await ring.refresh();
    expect(shared.document?.discarded).toMatchObject([{ kid: 'v1' }]);
    expect(shared.document?.keys[0]).toMatchObject({ kid: 'v1', formerHalf: { keyVersion: 1 } });
    expect(shared.document?.keys[0]).not.toHaveProperty('privateKey');
    vault.state.isFailing = false;
    await ring.refresh();
    await ring.refresh();
    expect(vault.destroyed).toMatchObject([{ keyVersion: 1 }]);
    expect(shared.document?.discarded).toEqual([]);
  });

  it('a new key is told of all that were used before, revoked ones too, and none of these is taken', async () => {
    const { ring, shared, clock, vault, custody } = open();
    await ring.refresh();
    const before = shared.document as SigningDocument;
    const now = clock.now();
    const plans = planOrder(
      groupByAlgorithm(before.keys),
      { type: 'revoke', kids: ['v1'] },
      { configured: ['ES256'], policy, now },
    );
    const revoked = new Set(['v1']);
    const { document } = await makeNextDocument({ custody, before, plans, now, retentionSeconds: 3600, revoked });
    expect(new Set(vault.known[1])).toEqual(new Set([{ signer: 'vault', keyName: 'ES256', keyVersion: 1 }]));
    expect(document).toMatchObject({ revoked: [{ kid: 'v1' }], discarded: [{ kid: 'v1' }], keys: [{ kid: 'v2' }] });
    vault.state.latest = 0;
    const again = makeNextDocument({ custody, before, plans, now, retentionSeconds: 3600, revoked });
    await expect(again).rejects.toMatchObject({ code: 'keys.signer_unavailable' });
  });

  it('a key is revoked also while the server that would make another is away; the next look makes it', async () => {
    const { ring, keys, shared, clock, vault, custody } = open();
    await ring.refresh();
    const before = shared.document as SigningDocument;
    vault.state.isDown = true;
    const failed: string[] = [];
    const now = clock.now();
    const order = { type: 'revoke', kids: ['v1'] } as const;
    const plans = planOrder(groupByAlgorithm(before.keys), order, { configured: ['ES256'], policy, now });
    const onCreateFailure = (alg: string): void => void failed.push(alg);
    const next = await makeNextDocument({
      custody,
      before,
      plans,
      now,
      retentionSeconds: 3600,
      revoked: new Set(['v1']),
      onCreateFailure,
    });
    expect(failed).toEqual(['ES256']);
    expect(next.document).toMatchObject({ keys: [], revoked: [{ kid: 'v1' }] });
    shared.document = next.document;
    shared.version += 1;
    await expect(ring.refresh()).rejects.toMatchObject({ code: 'keys.signer_unavailable' });
    expect(keys()).toEqual([]);
    vault.state.isDown = false;
    await ring.refresh();
    expect(keys().map(({ kid, activeAt }) => [kid, activeAt])).toEqual([['v2', now]]);
  });

  it('while the server is away its keys stay published, and other sets go on', async () => {
    const first = open({}, { configured: ['ES256'] });
    await first.ring.refresh();
    first.vault.state.isDown = true;
    const { shared, clock, vault } = first;
    const again = open({ shared }, { clock, vault });
    await again.ring.refresh();
    expect(again.keys().map(({ kid }) => kid)).toEqual(['v1']);
    const sign = again.keys()[0]?.sign;
    await expect(async () => sign?.('a.b')).rejects.toMatchObject({ code: 'keys.signer_unavailable' });
    clock.advance(21_600 - 1260);
    await again.ring.refresh();
    expect(again.keys()).toHaveLength(1);
    vault.state.isDown = false;
    expect(await sign?.('a.b')).toBe('signature');
    await again.ring.refresh();
    expect(again.keys()).toHaveLength(2);
  });
});

describe('a signer that is not configured any more', () => {
  it('is replaced at once by one that is, and its keys stay published for their tokens', async () => {
    const first = open();
    await first.ring.refresh();
    const { shared, clock } = first;
    clock.advance(7000);
    const second = open({ makes: 'local', has: ['local'], shared }, { clock });
    await second.ring.refresh();
    expect(second.keys().map(({ kid, activeAt, retiredAt }) => [kid, activeAt, retiredAt])).toEqual([
      ['v1', addSeconds(clock.now(), -7000), clock.now()],
      ['l1', clock.now(), undefined],
    ]);
    expect(second.keys()[0]?.goneAt).toEqual(addSeconds(clock.now(), policy.retentionSeconds + 1260));
    expect(second.keys()[1]?.sign).toBeDefined();
  });

  it('as a former signer goes on until its key would be rotated', async () => {
    const first = open();
    await first.ring.refresh();
    const { shared, clock, vault } = first;
    const second = open({ makes: 'local', shared }, { clock, vault });
    clock.advance(21_600 - 1260);
    await second.ring.refresh();
    expect(second.keys().map(({ kid, retiredAt }) => [kid, retiredAt])).toEqual([
      ['v1', addSeconds(clock.now(), 1260)],
      ['l1', undefined],
    ]);
  });

  it("replicas of both configurations do not replace one another's keys in turns", async () => {
    const shared = { version: 0, document: undefined as SigningDocument | undefined };
    const clock = createFakeClock();
    const old = open({ makes: 'local', has: ['local'], shared }, { clock });
    await old.ring.refresh();
    const fresh = open({ makes: 'vault', has: ['vault'], shared }, { clock });
    await fresh.ring.refresh();
    const written = shared.version;
    for (let minute = 0; minute < 20; minute += 1) {
      clock.advance(60);
      await old.ring.refresh();
      await fresh.ring.refresh();
    }
    expect(shared.document?.keys.map(({ kid }) => kid)).toEqual(['l1', 'v1']);
    // The old key's half is given up, which is one more.
    expect(shared.version - written).toBeLessThanOrEqual(1);
  });

  it('a waiting successor that nobody can sign with gives way, and the key before it goes on', async () => {
    const first = open({ makes: 'local' });
    await first.ring.refresh();
    const { shared, clock, vault, local } = first;
    const mixed = open({ shared }, { clock, vault, local });
    clock.advance(21_600 - 1260);
    await mixed.ring.refresh();
    expect(shared.document?.keys.map(({ kid }) => kid)).toEqual(['l1', 'v1']);
    const last = open({ makes: 'local', has: ['local'], shared }, { clock, local });
    clock.advance(600);
    await last.ring.refresh();
    const signs = last.keys().filter(({ retiredAt }) => retiredAt === undefined || retiredAt > clock.now());
    expect(signs.map(({ kid }) => kid)).toEqual(['l1', expect.stringMatching(/^l/)]);
    expect(signs[1]?.activeAt).toEqual(addSeconds(clock.now(), 1260));
    expect(last.keys().some(({ kid }) => kid === 'v1')).toBe(true);
  });
});
