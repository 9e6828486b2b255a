import type { Pod } from './pods/pod.ts';

/** What came of a connection that a pod tried to make. `silence`: packets were dropped on their way. */
export type Dialled = 'connected' | 'refused' | 'silence' | 'unknown name';

const TIMEOUT_MS = 20_000;
/** For Node, which our image has. */
const SCRIPT = `
const [host, port] = process.argv.slice(1);
const socket = require('node:net').connect({ host, port: Number(port), timeout: 3000 });
const end = (outcome) => { console.log(outcome); process.exit(0); };
socket.on('connect', () => end('connected'));
socket.on('timeout', () => end('silence'));
socket.on('error', ({ code }) => end({ ECONNREFUSED: 'refused', ENOTFOUND: 'unknown name', EAI_AGAIN: 'silence', ETIMEDOUT: 'silence' }[code] ?? code));
`;

/**
 * Tries to connect from a container with Node, the first of the pod.
 *
 * @throws Error when nothing comes of it that is known.
 */
export async function dial(pod: Pod, host: string, port: number): Promise<Dialled> {
  const run = pod.containers[0]?.run;
  if (run === undefined) throw new Error(`nothing runs in ${pod.name}`);
  const { output } = await run.exec(['node', '-e', SCRIPT, host, String(port)], TIMEOUT_MS);
  const outcome = output.trim();
  if (outcome === 'connected' || outcome === 'refused' || outcome === 'silence' || outcome === 'unknown name')
    return outcome;
  throw new Error(`${pod.name} could not try to connect to ${host}: ${outcome}`);
}
