import { createRequire } from 'node:module';
import { type Client, credentials, loadPackageDefinition, type ServiceClientConstructor } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { expect, test } from 'vitest';
import { fakeKeys } from './testing/fake-keys.ts';
import { startKeys } from './testing/rpc-bench.ts';

const requireFrom = createRequire(import.meta.url);

/** A client of a service that a package brings the description of. */
function clientOf(file: string, name: string, address: string): Client {
  const definition = loadSync(file, { longs: String, enums: String, defaults: true, oneofs: true });
  let found: unknown = loadPackageDefinition(definition);
  for (const part of name.split('.')) found = (found as Record<string, unknown>)[part];
  return new (found as ServiceClientConstructor)(address, credentials.createInsecure());
}

function healthOf(address: string) {
  const client = clientOf(
    requireFrom.resolve('grpc-health-check/proto/health/v1/health.proto'),
    'grpc.health.v1.Health',
    address,
  );
  const check = Reflect.get(client, 'check') as (
    request: { service: string },
    done: (error: Error | null, answer: { status: string }) => void,
  ) => void;
  return {
    check: (service: string) =>
      new Promise<string>((resolve, reject) =>
        check.call(client, { service }, (error, answer) => (error ? reject(error) : resolve(answer.status))),
      ),
    [Symbol.dispose]: () => client.close(),
  };
}

test('grpc.health.v1 tells of the server and of each service whether it serves', async () => {
  await using server = await startKeys(fakeKeys());
  using health = healthOf(server.address);
  expect(await health.check('')).toBe('NOT_SERVING');
  server.setServing(true);
  expect([await health.check(''), await health.check('tessera.keys.v1.KeysService')]).toEqual(['SERVING', 'SERVING']);
  server.setServing(false);
  expect(await health.check('tessera.keys.v1.KeysService')).toBe('NOT_SERVING');
  await expect(health.check('no.such.Service')).rejects.toThrow('NOT_FOUND');
});

test('reflection lists the services and describes their messages', async () => {
  await using server = await startKeys(fakeKeys());
  const file = requireFrom.resolve('@grpc/reflection/build/proto/grpc/reflection/v1/reflection.proto');
  const client = clientOf(file, 'grpc.reflection.v1.ServerReflection', server.address);
  const info = Reflect.get(client, 'serverReflectionInfo') as () => NodeJS.ReadWriteStream & {
    write(message: unknown): boolean;
  };
  const stream = info.call(client);
  const answers = new Promise<unknown[]>((resolve, reject) => {
    const seen: unknown[] = [];
    stream.on('data', (answer) => seen.push(answer));
    stream.on('error', reject);
    stream.on('end', () => resolve(seen));
  });
  stream.write({ host: '', listServices: '' });
  stream.write({ host: '', fileContainingSymbol: 'tessera.keys.v1.KeysService' });
  stream.end();
  const text = JSON.stringify(await answers);
  client.close();
  expect(text).toContain('tessera.keys.v1.KeysService');
  expect(text).toContain('fileDescriptorProto');
});
