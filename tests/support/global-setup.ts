import { generateKeyPairSync } from 'node:crypto';
import { startCluster } from '@tessera/cli';
import { freePort, type LdapServer, startLdap, startUpstreamProvider, type UpstreamProvider } from '@tessera/testkit';
import type { TestProject } from 'vitest/node';
import { stringify } from 'yaml';
import { type ConformanceSystem, withConformance } from '../conformance/system.ts';
import { withExampleApplications } from './example-applications.ts';
import { withGrantClients } from './grant-clients.ts';
import { startOneProcess } from './one-process.ts';
import { withRelyingParties } from './relying-parties.ts';
import { systemConfig, UPSTREAM_CLIENT, UPSTREAM_PERSON } from './system-config.ts';

interface Closable {
  close(): Promise<void>;
}

/**
 * Starts what the integration tests share: a directory, an upstream provider, and Tessera in both shapes with the same
 * people, clients and ways to sign in.
 */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const opened: Closable[] = [];
  const keep = <T extends Closable>(server: T): T => {
    opened.push(server);
    return server;
  };
  const closeAll = async (): Promise<void> => {
    for (const server of opened.toReversed()) await server.close();
  };
  try {
    const [onePort, manyPort] = [await freePort(), await freePort()];
    const issuers = [onePort, manyPort].map((port) => `http://127.0.0.1:${port}/dex`);
    const ldap: LdapServer = keep(await startLdap());
    const upstream: UpstreamProvider = keep(
      await startUpstreamProvider({
        clients: [{ ...UPSTREAM_CLIENT, redirectUris: issuers.map((issuer) => `${issuer}/callback`) }],
        accounts: [UPSTREAM_PERSON],
      }),
    );
    const apachePorts = { front: await freePort(), back: await freePort() };
    const sharedPorts = { mail: await freePort(), wiki: await freePort() };
    const conformance = await conformanceSystem();
    const configOf = (port: number): Record<string, unknown> =>
      withExampleApplications(
        withGrantClients(
          withRelyingParties(
            withConformance(
              systemConfig({
                issuer: `http://127.0.0.1:${port}/dex`,
                ldapPort: ldap.port,
                upstreamIssuer: upstream.issuer,
              }),
              conformance,
            ),
            apachePorts,
          ),
        ),
        sharedPorts,
      );
    const one = keep(await startOneProcess({ config: configOf(onePort), port: onePort }));
    const many = keep(await startCluster({ config: stringify(configOf(manyPort)), issuerPort: manyPort }));
    project.provide('shapes', [
      { name: 'one process', issuer: one.issuer },
      { name: 'separate services', issuer: many.issuer },
    ]);
    project.provide('conformance', conformance);
    project.provide('system', { ldapPort: ldap.port, upstreamIssuer: upstream.issuer, apachePorts, sharedPorts });
    return closeAll;
  } catch (error) {
    await closeAll();
    throw error;
  }
}

async function conformanceSystem(): Promise<ConformanceSystem> {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  return {
    clientOrigin: `http://127.0.0.1:${await freePort()}`,
    requestObjectKey: { ...privateKey.export({ format: 'jwk' }), kid: 'request-objects', alg: 'RS256', use: 'sig' },
  };
}
