import { createHash, randomUUID } from 'node:crypto';
import type { SecurityEvent } from '@tessera/contracts';
import type { PortableGrant, StoredRecord } from '@tessera/storage';

const CREATED_AT = new Date('2026-01-01T00:00:00.123Z');

/** A grant with every member that a store may keep. */
export function samplePortableGrant(changes: Partial<PortableGrant> = {}): PortableGrant {
  const id = changes.id ?? randomUUID();
  const authorization: PortableGrant['authorization'] = {
    clientId: 'app',
    redirectUri: 'http://127.0.0.1/callback',
    scopes: ['openid', 'offline_access'],
    nonce: 'nonce "漢"',
    pkce: { challenge: 'c'.repeat(43), method: 'S256' },
    identity: {
      userId: 'jane',
      username: 'Jane Doe 🏛️',
      preferredUsername: 'jane',
      email: 'jane@example.com',
      emailVerified: true,
      groups: ['a', 'b'],
      claims: { given_name: 'Jane', address: { country: 'AT' } },
    },
    connectorId: 'local',
    connectorData: Buffer.from([0, 255, 128]),
    authTime: new Date('2025-12-31T23:59:59.000Z'),
    isRefreshable: true,
    refreshesUpstream: false,
    sessionId: randomUUID(),
  };
  const expiresAt = new Date('2027-01-01T00:00:00.000Z');
  return {
    id,
    codeHash: createHash('sha256').update(id).digest(),
    subject: 'CgRqYW5lEgVsb2NhbA',
    authorization,
    createdAt: CREATED_AT,
    expiresAt,
    endsAt: expiresAt,
    grant: {
      id,
      authorization,
      generation: 3,
      createdAt: CREATED_AT,
      lastUsedAt: new Date('2026-02-01T00:00:00.007Z'),
      expiresAt,
      revokedAt: new Date('2026-02-02T00:00:00.000Z'),
    },
    rotatedAt: new Date('2026-02-01T00:00:00.007Z'),
    attemptId: randomUUID(),
    revokedReason: 'reuse',
    ...changes,
  };
}

/** A record of a client. */
export function sampleStoredRecord(changes: Partial<StoredRecord> = {}): StoredRecord {
  return { id: randomUUID(), version: 7, body: JSON.stringify({ name: 'Ä "quoted"\n' }), ...changes };
}

/** An event that waits. */
export function sampleWaitingEvent(changes: Partial<SecurityEvent> = {}): SecurityEvent {
  const time = new Date('2026-03-01T00:00:00.001Z');
  return {
    id: randomUUID(),
    type: 'consent.withdrawn',
    key: randomUUID(),
    time,
    data: '{"clientId":"app"}',
    ...changes,
  };
}
