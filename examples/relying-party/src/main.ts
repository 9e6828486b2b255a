import { optionsFrom } from './options.ts';
import { startRelyingParty } from './relying-party.ts';

try {
  const options = optionsFrom(process.argv.slice(2), process.env);
  const application = await startRelyingParty(options);
  console.log(`Example App: ${application.url} (signs in with ${options.issuer})`);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void application.close());
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 2;
}
