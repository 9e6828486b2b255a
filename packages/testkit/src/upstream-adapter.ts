import type { Adapter, AdapterPayload } from 'oidc-provider';

const MAX_ENTRIES = 10_000;

/**
 * The storage of one upstream provider: in memory, gone with it, shared with no other provider of the process. Beyond
 * ten thousand entries the oldest fall out.
 */
export function createUpstreamAdapters(): (model: string) => Adapter {
  const entries = new Map<string, AdapterPayload>();
  const findBy = async (model: string, matches: (payload: AdapterPayload) => boolean) => {
    for (const [key, payload] of entries) if (key.startsWith(`${model}:`) && matches(payload)) return payload;
    return undefined;
  };
  return (model) => ({
    async upsert(id, payload) {
      const oldest = entries.size < MAX_ENTRIES ? undefined : entries.keys().next().value;
      if (oldest !== undefined) entries.delete(oldest);
      entries.set(`${model}:${id}`, payload);
    },
    async find(id) {
      return entries.get(`${model}:${id}`);
    },
    findByUid: (uid) => findBy(model, (payload) => payload.uid === uid),
    findByUserCode: (userCode) => findBy(model, (payload) => payload.userCode === userCode),
    async consume(id) {
      const payload = entries.get(`${model}:${id}`);
      if (payload) entries.set(`${model}:${id}`, { ...payload, consumed: true });
    },
    async destroy(id) {
      entries.delete(`${model}:${id}`);
    },
    async revokeByGrantId(grantId) {
      for (const [key, payload] of entries) if (payload.grantId === grantId) entries.delete(key);
    },
  });
}
