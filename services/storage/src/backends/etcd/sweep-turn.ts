import { randomUUID } from 'node:crypto';
import type { EtcdConnection } from './connection.ts';
import type { Keyspace } from './keyspace.ts';
import type { Compare, RequestOp } from './protocol.ts';
import { isAbsent } from './steps.ts';

/** What may be done while it is one's turn. */
export interface SweepTurn {
  /** Holds as long as the turn does. */
  readonly stillOurs: Compare;
}

/** Longer than a sweep takes; so long others wait when whoever sweeps is killed. */
const LEASE_SECONDS = 30;

/** Runs `work` if no other replica sweeps; undefined = one does. */
export async function inSweepTurn<T>(
  connection: EtcdConnection,
  { sweepLock }: Keyspace,
  work: (turn: SweepTurn) => Promise<T>,
): Promise<T | undefined> {
  if ((await connection.range({ key: sweepLock })).kvs.length > 0) return undefined;
  const lease = await connection.grantLease(LEASE_SECONDS);
  try {
    const lock: RequestOp = { request_put: { key: sweepLock, value: Buffer.from(randomUUID()), lease } };
    const { succeeded, header } = await connection.txn({
      compare: [isAbsent(sweepLock)],
      success: [lock],
      failure: [],
    });
    if (!succeeded) return undefined;
    const stillOurs: Compare = {
      key: sweepLock,
      result: 'EQUAL',
      target: 'CREATE',
      create_revision: header.revision,
    };
    return await work({ stillOurs });
  } finally {
    // The lease ends by itself where this fails.
    await connection.revokeLease(lease).catch(() => undefined);
  }
}
