import { startRpcServer } from '../index.ts';
import { createRecordingLogger, fakeKeys } from './fake-keys.ts';

// A replica of the keys service in a process of its own, so that it can be killed: node replica.ts PORT NAME.
const [port, name = ''] = process.argv.slice(2);
const answer = async () => ({ version: name, jwksJson: [] });
const sign = async () => {
  process.stdout.write('signing\n');
  await new Promise((resolve) => setTimeout(resolve, 2));
  return { outcomes: [{ outcome: { $case: 'signed' as const, value: { tokens: [name] } } }] };
};
const server = await startRpcServer({
  service: 'keys',
  listen: `127.0.0.1:${port}`,
  security: { type: 'plaintext' },
  logger: createRecordingLogger(),
  bindings: [fakeKeys({ getPublicKeys: answer, sign })],
});
server.setServing(true);
process.stdout.write(`listening on ${server.port}\n`);
