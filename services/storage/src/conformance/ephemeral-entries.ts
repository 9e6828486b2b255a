import { expect, test } from 'vitest';
import type { Entry } from '../ports.ts';
import type { EphemeralHarness } from './ephemeral.ts';
import { AWKWARD_TEXT, freshId, LONG_ID, sampleAuthorization } from './samples.ts';

const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text));
const pushed = (id: string, owner = 'app'): Entry => ({ kind: 'pushed_request', id, owner });

/** Entries that are put once and taken once. */
export function entriesSuite(harness: EphemeralHarness): void {
  takingSuite(harness);
  ownersSuite(harness);
}

function takingSuite(harness: EphemeralHarness): void {
  test('RFC 9126 §4: an entry comes back byte for byte, and only once, with one command each way', async () => {
    const commands: string[] = [];
    const store = await harness.open((command) => commands.push(command));
    const payload = Uint8Array.from({ length: 70_000 }, (_, index) => index % 256);
    const entry = pushed(freshId());
    await store.putEntry(entry, payload, 60);
    expect(await store.takeEntry(entry)).toEqual(payload);
    expect(await store.takeEntry(entry)).toBeUndefined();
    expect(commands).toEqual(['put_entry', 'take_entry', 'take_entry']);
    const empty = pushed(freshId());
    await store.putEntry(empty, new Uint8Array(), 60);
    expect(await store.takeEntry(empty)).toEqual(new Uint8Array());
    expect(await store.takeEntry(empty)).toBeUndefined();
    await store.close();
  });

  test('of 100 who take one entry at once, one gets it', async () => {
    const store = await harness.open(() => undefined);
    const entry = pushed(freshId());
    await store.putEntry(entry, bytes('p'), 60);
    const taken = await Promise.all(Array.from({ length: 100 }, () => store.takeEntry(entry)));
    expect(taken.filter((payload) => payload !== undefined)).toEqual([bytes('p')]);
    await store.close();
  });

  test('a put repeated late leaves the entry as it is', async () => {
    const store = await harness.open(() => undefined);
    const entry = pushed(freshId());
    await store.putEntry(entry, bytes('first'), 60);
    await store.putEntry({ ...entry, owner: 'other' }, bytes('second'), 60);
    expect(await store.takeEntry({ ...entry, owner: 'other' })).toBeUndefined();
    expect(await store.takeEntry(entry)).toEqual(bytes('first'));
    await store.close();
  });

  test('N20: what was put as one kind is not there as another', async () => {
    const store = await harness.open(() => undefined);
    const id = freshId();
    await store.putEntry(pushed(id, ''), bytes('code:{}'), 60);
    expect(await store.takeEntry({ kind: 'upstream_state', id, owner: '' })).toBeUndefined();
    expect(await store.findCodes([id])).toEqual([undefined]);
    expect(await store.getRequest(id)).toEqual({ type: 'absent' });
    await store.putRequest({ id, version: 1, payload: bytes('r') }, 60);
    const completion = { id, version: 1, codeTtlSeconds: 60, attemptId: 'a' };
    expect(await store.completeRequest({ ...completion, authorization: sampleAuthorization() })).toBe(true);
    await store.putEntry({ kind: 'upstream_state', id, owner: '' }, bytes('u'), 60);
    expect(await store.takeEntry(pushed(id))).toEqual(bytes('code:{}'));
    expect(await store.takeEntry({ kind: 'upstream_state', id, owner: '' })).toEqual(bytes('u'));
    await store.close();
  });
}

function ownersSuite(harness: EphemeralHarness): void {
  test('RFC 9126 §2.2: only whom an entry belongs to takes it, and for others it stays', async () => {
    const store = await harness.open(() => undefined);
    const id = freshId();
    await store.putEntry(pushed(id, 'app'), bytes('p'), 60);
    for (const owner of ['', 'ap', 'app2', 'app"', 'app\n', 'APP', AWKWARD_TEXT]) {
      expect(await store.takeEntry(pushed(id, owner))).toBeUndefined();
    }
    expect(await store.takeEntry(pushed(id, 'app'))).toEqual(bytes('p'));
    await store.close();
  });

  test('an entry that belongs to nobody is anybody’s', async () => {
    const store = await harness.open(() => undefined);
    const [one, other] = [freshId(), freshId()];
    for (const id of [one, other]) await store.putEntry(pushed(id, ''), bytes('p'), 60);
    expect(await store.takeEntry(pushed(one, 'app'))).toEqual(bytes('p'));
    expect(await store.takeEntry(pushed(other, ''))).toEqual(bytes('p'));
    await store.close();
  });

  test('ids and owners of any text and 512 bytes are kept apart', async () => {
    const store = await harness.open(() => undefined);
    const mark = freshId();
    const ids = [
      AWKWARD_TEXT,
      `${AWKWARD_TEXT}\udfff`,
      `${AWKWARD_TEXT}\ufffd`,
      '',
      '}',
      '{',
      '{}',
      '%',
      'a.b',
      LONG_ID,
    ];
    const entries = ids.map((text, index) => pushed(`${text}${index === 3 ? '' : mark}`, `${text}owner`));
    for (const [index, entry] of entries.entries()) await store.putEntry(entry, Uint8Array.of(index), 60);
    for (const [index, entry] of entries.entries()) {
      expect(await store.takeEntry({ ...entry, owner: 'x' })).toBeUndefined();
      expect(await store.takeEntry(entry)).toEqual(Uint8Array.of(index));
    }
    await store.close();
  });
}

/** Entries, as time passes. */
export function entriesInTime(harness: EphemeralHarness): void {
  test('an entry ends with its lifetime', async () => {
    const store = await harness.open(() => undefined);
    const [short, long] = [pushed(freshId()), pushed(freshId())];
    await store.putEntry(short, bytes('s'), harness.shortTtlSeconds);
    await store.putEntry(long, bytes('l'), harness.shortTtlSeconds * 60);
    await harness.pass(harness.shortTtlSeconds);
    expect(await store.takeEntry(short)).toBeUndefined();
    await store.putEntry(short, bytes('again'), 60);
    expect(await store.takeEntry(short)).toEqual(bytes('again'));
    expect(await store.takeEntry(long)).toEqual(bytes('l'));
    await store.close();
  });
}
