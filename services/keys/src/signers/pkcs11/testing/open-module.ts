import { startModuleProcess } from '../module-host.ts';

// A process that has a library opened, and then waits to be ended. Arguments: library, label of the token, PIN.

const [library = '', tokenLabel = '', pin = ''] = process.argv.slice(2);
const outcome = await startModuleProcess().request('open', { library, tokenLabel, pin }, 30_000);
process.stdout.write(outcome.ok ? 'the library is open\n' : `${outcome.failure.message}\n`);
// Its process alone would not keep this one.
setInterval(() => undefined, 60_000);
