import type { ConnectorConfig } from '@tessera/config';

/** The one name and password that are let in. */
export type MockPasswordConfig = Extract<ConnectorConfig, { type: 'mockPassword' }>['config'];
