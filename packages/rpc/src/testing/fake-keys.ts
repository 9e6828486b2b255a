import { KeysServiceService } from '@tessera/proto/tessera/keys/v1/keys';
import type { LogFields, Logger } from '@tessera/telemetry';
import { bindRpc, type RpcBinding, type RpcMethods } from '../index.ts';

/** A service with three unary methods, implemented by the test at hand. */
export type KeysMethods = RpcMethods<typeof KeysServiceService>;

/** The keys contract with `methods` in place of those it fakes; `token` and `authorize` may call it. */
export function fakeKeys(
  methods: Partial<KeysMethods> = {},
  callers: Pick<RpcBinding, 'methodCallers'> = {},
): RpcBinding {
  return bindRpc({
    definition: KeysServiceService,
    allowedCallers: ['token', 'authorize'],
    ...callers,
    methods: {
      sign: async () => ({ outcomes: [] }),
      getPublicKeys: async ({ knownVersion }) => ({ version: `after ${knownVersion}`, jwksJson: [] }),
      getSecrets: async () => ({ versions: [], currentVersion: 0, refreshAt: new Date(0) }),
      ...methods,
    },
  });
}

/** A logger that keeps what it is told. */
export interface RecordingLogger extends Logger {
  readonly records: { readonly level: string; readonly fields: LogFields; readonly message: string }[];
}

/** Creates a {@link RecordingLogger}. */
export function createRecordingLogger(): RecordingLogger {
  const records: RecordingLogger['records'] = [];
  const write = (level: string) => (fields: LogFields, message: string) =>
    void records.push({ level, fields, message });
  return { records, debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') };
}
