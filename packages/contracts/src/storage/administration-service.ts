import { StorageAdminServiceService } from '@tessera/proto/tessera/storage/v1/administration';
import { bindRpc, createRpcClient, type RpcBinding, type RpcChannel } from '@tessera/rpc';
import { optional, optionalText } from '../outcome-wire.ts';
import type { StorageAdminApi } from './administration.ts';
import {
  expectedVersionToWire,
  kindFromWire,
  kindToWire,
  parkedFromWire,
  parkedToWire,
  recordFromWire,
  recordToPutFromWire,
  recordToPutToWire,
  recordToWire,
  selectorFromWire,
  selectorToWire,
} from './administration-wire.ts';
import { idempotentMethods } from './idempotent-methods.ts';
import { filterToWire, pageFromWire, pageRequestFromWire, pageRequestToWire } from './page-wire.ts';
import { grantFromWire, grantToWire, initialAccessTokenFromWire, initialAccessTokenToWire } from './records-wire.ts';

/** Administration of a storage in another process. */
export function administrationClient(channel: RpcChannel, deadlineMs: number): StorageAdminApi {
  const client = createRpcClient({
    definition: StorageAdminServiceService,
    channel,
    idempotent: idempotentMethods.StorageAdminService,
    deadlineMs,
  });
  return {
    async getRecord(kind, id) {
      const { record } = await client.getRecord({ kind: kindToWire(kind), id });
      return record === undefined ? undefined : recordFromWire(kind, record);
    },
    async listRecords(kind, { subject, ...page }) {
      const filter = { kind: kindToWire(kind), subject: filterToWire('subject', subject) };
      const { records, nextCursor } = await client.listRecords({ ...pageRequestToWire(page), ...filter });
      const items = records.map((record) => recordFromWire(kind, record));
      return pageFromWire(items, nextCursor);
    },
    async putRecord(record) {
      const { version } = await client.putRecord(recordToPutToWire(record));
      return version === 0 ? undefined : version;
    },
    async deleteRecord({ kind, expectedVersion, ...record }) {
      const expected = { kind: kindToWire(kind), expectedVersion: expectedVersionToWire(expectedVersion) };
      return (await client.deleteRecord({ ...record, ...expected })).isDeleted;
    },
    async consumeInitialAccessToken(id) {
      const { token } = await client.consumeInitialAccessToken({ id });
      return token === undefined ? undefined : initialAccessTokenFromWire(token);
    },
    async listGrants({ selector, ...page }) {
      const request = { ...pageRequestToWire(page), selector: selectorToWire(selector) };
      const { grants, nextCursor } = await client.listGrants(request);
      return pageFromWire(grants.map(grantFromWire), nextCursor);
    },
    revokeGrantsBy: ({ selector, reason }) => client.revokeGrantsBy({ selector: selectorToWire(selector), reason }),
    async listParkedEvents(page) {
      const { events, nextCursor } = await client.listParkedEvents(pageRequestToWire(page));
      return pageFromWire(events.map(parkedFromWire), nextCursor);
    },
    async retryParkedEvents(positions) {
      // No positions on the wire would be all of them.
      if (positions?.length === 0) return 0;
      return (await client.retryParkedEvents({ positions: [...(positions ?? [])] })).retried;
    },
  };
}

/** Offers administration to the one service that is there for it. */
export function administrationBinding(api: StorageAdminApi): RpcBinding {
  return bindRpc({
    definition: StorageAdminServiceService,
    allowedCallers: ['admin'],
    methods: {
      async getRecord(request) {
        const kind = kindFromWire(request.kind);
        const record = await api.getRecord(kind, request.id);
        return { record: record === undefined ? undefined : recordToWire(kind, record) };
      },
      async listRecords({ subject, ...request }) {
        const kind = kindFromWire(request.kind);
        const listing = { ...pageRequestFromWire(request), ...optionalText('subject', subject) };
        const { items, nextCursor } = await api.listRecords(kind, listing);
        return { records: items.map((record) => recordToWire(kind, record)), nextCursor: nextCursor ?? '' };
      },
      async putRecord(request) {
        return { version: (await api.putRecord(recordToPutFromWire(request))) ?? 0 };
      },
      async deleteRecord({ kind, expectedVersion, ...record }) {
        const expected = optional('expectedVersion', expectedVersion === 0 ? undefined : expectedVersion);
        return { isDeleted: await api.deleteRecord({ ...record, kind: kindFromWire(kind), ...expected }) };
      },
      async consumeInitialAccessToken({ id }) {
        const token = await api.consumeInitialAccessToken(id);
        return { token: token === undefined ? undefined : initialAccessTokenToWire(token) };
      },
      async listGrants({ selector, ...page }) {
        const request = { ...pageRequestFromWire(page), selector: selectorFromWire(selector) };
        const { items, nextCursor } = await api.listGrants(request);
        return { grants: items.map(grantToWire), nextCursor: nextCursor ?? '' };
      },
      revokeGrantsBy: ({ selector, reason }) => api.revokeGrantsBy({ selector: selectorFromWire(selector), reason }),
      async listParkedEvents(request) {
        const { items, nextCursor } = await api.listParkedEvents(pageRequestFromWire(request));
        return { events: items.map(parkedToWire), nextCursor: nextCursor ?? '' };
      },
      async retryParkedEvents({ positions }) {
        return { retried: await api.retryParkedEvents(positions.length === 0 ? undefined : positions) };
      },
    },
  });
}
