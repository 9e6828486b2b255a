import { type Failure, Pkcs11Failure, toFailure } from './failure.ts';
import type { ModuleReply, ModuleRequest } from './module-protocol.ts';
import { type ModuleWork, openModule } from './module-work.ts';

// The process that has a vendor's library, so that one that hangs or crashes takes nothing else along. Its parent talks to it
// through the channel of `fork`, and it ends with that channel.
let work: ModuleWork | undefined;
let underWay = 0;

process.on('message', (request: ModuleRequest) => {
  underWay += 1;
  void answer(request)
    .catch((error: unknown): ModuleReply => ({ number: request.number, ok: false, failure: describe(error) }))
    .then((reply) => {
      underWay -= 1;
      // The parent may have gone meanwhile.
      if (process.connected) process.send?.(reply, undefined, {}, () => undefined);
    });
});

process.on('disconnect', () => {
  if (underWay === 0) close();
  // A call that hangs in the library would hold up an ordinary exit.
  process.kill(process.pid, 'SIGKILL');
});

// A terminal and some supervisors send these to the whole group; the parent says when to end.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);

async function answer(request: ModuleRequest): Promise<ModuleReply> {
  const { number, call } = request;
  if (call === 'open') {
    if (work !== undefined) throw new Pkcs11Failure('unavailable', 'the PKCS #11 library is open already');
    work = await openModule(request.ask);
    return { number, ok: true, answer: null };
  }
  if (work === undefined) throw new Pkcs11Failure('unavailable', 'the PKCS #11 library is not open');
  switch (call) {
    case 'check':
      return { number, ok: true, answer: work.check(request.ask) };
    case 'generate':
      await work.generate(request.ask);
      return { number, ok: true, answer: null };
    case 'read':
      return { number, ok: true, answer: await work.read(request.ask.id) };
    case 'sign':
      return { number, ok: true, answer: await work.sign(request.ask.items) };
    case 'destroy':
      await work.destroy(request.ask.id);
      return { number, ok: true, answer: null };
  }
}

function describe(error: unknown): Failure {
  const { kind, message } = toFailure('the work with the token', error);
  return { kind, message };
}

function close(): void {
  try {
    work?.close();
  } catch {
    // The process ends, and the token with it.
  }
}
