import { platform, setPriority } from 'node:os';
import { parentPort } from 'node:worker_threads';
import { copyPrivateKey, createDirectSigner, type DirectSigner } from './direct-signer.ts';
import type { SigningAnswer, SigningOrder } from './thread-protocol.ts';

// A thread that signs, so that the event loop of the process does not.
const port = parentPort;
if (port === null) throw new Error('this module is the main module of a worker thread');

/** A little behind the event loop, which has to hand out the work; where nobody else wants the core, it makes no difference. */
const NICENESS = 5;

giveWayToEventLoop();
const signers: DirectSigner[] = [];

port.on('message', ({ id, slot, key, inputs, ends }: SigningOrder) => {
  if (key !== undefined) signers[slot] = createDirectSigner(key.alg, copyPrivateKey(key.key));
  const signatures = signAll(signers[slot], inputs, ends);
  const answer: SigningAnswer = { id, ...(signatures !== undefined && { signatures }) };
  port.postMessage(answer, signatures === undefined ? [] : [signatures.buffer]);
});

function signAll(
  sign: DirectSigner | undefined,
  inputs: Uint8Array,
  ends: readonly number[],
): Uint8Array<ArrayBuffer> | undefined {
  if (sign === undefined) return undefined;
  try {
    let all: Uint8Array<ArrayBuffer> | undefined;
    let start = 0;
    for (const [index, end] of ends.entries()) {
      const signature = sign(inputs.subarray(start, end));
      all ??= new Uint8Array(signature.length * ends.length);
      all.set(signature, index * signature.length);
      start = end;
    }
    return all;
  } catch {
    return undefined;
  }
}

/** On Linux a thread has a priority of its own; elsewhere it would be that of the whole process. */
function giveWayToEventLoop(): void {
  if (platform() !== 'linux') return;
  try {
    setPriority(0, NICENESS);
  } catch {
    // Where that is not permitted, the thread signs all the same.
  }
}
