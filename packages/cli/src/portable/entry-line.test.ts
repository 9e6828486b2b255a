import { expect, test } from 'vitest';
import { samplePortableGrant, sampleStoredRecord, sampleWaitingEvent } from '../testing/portable-samples.ts';
import { entryFromLine, entryToLine } from './entry-line.ts';
import type { PortableEntry } from './portable-entry.ts';

function bareGrant(): PortableEntry {
  const { id, codeHash, subject, authorization, createdAt } = samplePortableGrant();
  const { nonce: _, pkce: __, sessionId: ___, ...agreed } = authorization;
  const grant = { id, authorization: agreed, generation: 0, createdAt, lastUsedAt: createdAt };
  return { type: 'grant', grant: { id, codeHash, subject, authorization: agreed, createdAt, grant } };
}

function grantWithDetails(): PortableEntry {
  const { grant, ...rest } = samplePortableGrant();
  const details = { isRedirectUriImplied: true, amr: ['pwd'], actor: { sub: 'proxy' } } as const;
  const authorization = { ...grant.authorization, details };
  return { type: 'grant', grant: { ...rest, authorization, grant: { ...grant, authorization } } };
}

const entries: readonly PortableEntry[] = [
  grantWithDetails(),
  { type: 'grant', grant: samplePortableGrant() },
  bareGrant(),
  { type: 'record', kind: 'client', record: sampleStoredRecord() },
  {
    type: 'record',
    kind: 'session',
    record: sampleStoredRecord({ owner: 'somebody', expiresAt: new Date('2026-05-05T05:05:05.005Z') }),
  },
  { type: 'event', event: sampleWaitingEvent() },
];

test('every entry is one line and comes back as it was', () => {
  for (const entry of entries) {
    const line = entryToLine(entry);
    expect(line).not.toContain('\n');
    expect(entryFromLine(line, 1)).toEqual(entry);
  }
});

test('a line of an unknown type, kind or member is refused by its number, without what stands there', () => {
  const [grant, , , record, , event] = entries.map(
    (entry) => JSON.parse(entryToLine(entry)) as Record<string, unknown>,
  );
  for (const line of [
    { ...grant, type: 'canary' },
    { ...grant, canary: 1 },
    { ...grant, codeHash: 'canary' },
    { ...grant, createdAt: 'canary' },
    { ...record, kind: 'canary' },
    { ...record, kind: 'lease' },
    { ...record, body: 'canary' },
    { ...record, id: '' },
    { ...record, version: 0 },
    { ...record, version: 2 ** 53 },
    { ...record, id: 'canary\0' },
    { ...record, owner: 'canary\ud800' },
    { ...record, body: '{"a":"canary\ud800"}' },
    { ...grant, subject: 'canary\0' },
    { ...grant, createdAt: '2026-02-30T00:00:00.000Z' },
    { ...event, key: '' },
    { ...event, key: 'c'.repeat(513) },
    { ...event, name: 'canary\0' },
    { ...event, name: '' },
    'canary',
    null,
  ]) {
    const refuse = (): PortableEntry => entryFromLine(JSON.stringify(line), 7);
    expect(refuse, JSON.stringify(line)).toThrow(/^Line 7 of the export .* does not understand/);
    expect(refuse).not.toThrow('canary');
  }
  expect(() => entryFromLine('{"canary', 7)).toThrow('does not understand');
});

test('ids that storage takes for UUIDs come through, whoever made them and by which version of UUIDs', () => {
  const id = '00010203-0405-0607-0809-0a0b0c0d0e0f';
  const { grant, ...rest } = samplePortableGrant({ id });
  const moved: readonly PortableEntry[] = [
    { type: 'grant', grant: { ...rest, grant: { ...grant, id } } },
    { type: 'event', event: sampleWaitingEvent({ id }) },
  ];
  for (const entry of moved) expect(entryFromLine(entryToLine(entry), 1)).toEqual(entry);
});
