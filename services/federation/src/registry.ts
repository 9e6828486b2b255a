import type { Clock } from '@tessera/clock';
import type { ConnectorConfig } from '@tessera/config';
import type { Logger } from '@tessera/telemetry';
import type { Connector } from './connectors/connector.ts';
import { createLdapConnector } from './connectors/ldap/connector.ts';
import { createLocalConnector } from './connectors/local/connector.ts';
import { createMockCallbackConnector } from './connectors/mock-callback/connector.ts';
import { createMockPasswordConnector } from './connectors/mock-password/connector.ts';
import { createOidcConnector } from './connectors/oidc/connector.ts';
import type { PasswordChecker } from './password-hashing/password-checker.ts';
import type { Users } from './ports.ts';

/** What connectors are made with. */
export interface ConnectorSurroundings {
  /** Issuer identifier of this system, without a trailing slash. */
  readonly issuer: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly users: Users;
  readonly passwords: PasswordChecker;
}

type ConfigOf<Type extends ConnectorConfig['type']> = Extract<ConnectorConfig, { type: Type }>['config'];

type Factories = {
  readonly [Type in ConnectorConfig['type']]: (
    config: ConfigOf<Type>,
    surroundings: ConnectorSurroundings,
  ) => Promise<Connector>;
};

/** Connector types and what makes them. */
const factories: Factories = {
  local: async (_config, { users, passwords }) => createLocalConnector({ users, passwords }),
  ldap: (config, { clock, logger }) => createLdapConnector(config, clock, logger),
  oidc: (config, { clock, logger }) => createOidcConnector(config, clock, logger),
  mockCallback: async (_config, { issuer }) => createMockCallbackConnector(issuer),
  mockPassword: async (config) => createMockPasswordConnector(config),
};

/** Makes the connector of a configuration entry. Rejects when a file it names cannot be read; asks no upstream. */
export function createConnector(config: ConnectorConfig, surroundings: ConnectorSurroundings): Promise<Connector> {
  switch (config.type) {
    case 'local':
      return factories.local(config.config, surroundings);
    case 'ldap':
      return factories.ldap(config.config, surroundings);
    case 'oidc':
      return factories.oidc(config.config, surroundings);
    case 'mockCallback':
      return factories.mockCallback(config.config, surroundings);
    case 'mockPassword':
      return factories.mockPassword(config.config, surroundings);
  }
}
