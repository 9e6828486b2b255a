import { listLacking } from './abilities.ts';
import { type Binding, loadLibrary } from './binding.ts';
import { CKF } from './cryptoki.ts';
import { Pkcs11Failure, toFailure } from './failure.ts';
import { destroyKeyPair, generateKeyPair, getPrivateKey, readPublicKey } from './key-objects.ts';
import { signingInput, signingMechanism } from './mechanisms.ts';
import type { ModuleCalls, PublicAttributes, SignatureOrder, SignatureOutcome } from './module-protocol.ts';
import type { Handle } from './pkcs11js.ts';
import { createSessionPool, type SessionPool, type SessionPoolOptions } from './session-pool.ts';
import { openToken, type Token } from './token.ts';

/** What is done with a token, in the process that has its library. */
export interface ModuleWork {
  check(ask: ModuleCalls['check']['ask']): readonly string[];
  generate(ask: ModuleCalls['generate']['ask']): Promise<void>;
  read(id: string): Promise<PublicAttributes>;
  sign(items: readonly SignatureOrder[]): Promise<readonly SignatureOutcome[]>;
  destroy(id: string): Promise<void>;
  /** Logs out. Only when nothing is under way. */
  close(): void;
}

/** Sessions that sign beside one another: as many as Node runs native calls at one time. */
const MAX_SESSIONS = 4;
/** Handles of private keys that are remembered. There is one that signs for each algorithm, and its predecessors for a while. */
const MAX_HANDLES = 64;
/** A signature of the largest RSA key that there is. */
const MAX_SIGNATURE_BYTES = 2048;

/** Loads a library, finds the token and logs in. Throws {@link Pkcs11Failure}. */
export async function openModule({ library, tokenLabel, pin }: ModuleCalls['open']['ask']): Promise<ModuleWork> {
  const binding = await loadLibrary(library);
  return createModuleWork(binding, openToken(binding.library, { tokenLabel, pin }));
}

/** The work with a token that is open. */
export function createModuleWork(binding: Binding, token: Token): ModuleWork {
  const { library } = binding;
  const { slot, maxSessions = MAX_SESSIONS } = token;
  const open = (flags: number): Handle => {
    try {
      return library.C_OpenSession(slot, flags);
    } catch (error) {
      throw toFailure('to open a session with the token', error);
    }
  };
  const close = (session: Handle): void => closeSession(library, session);
  const pool = createSessionPool({
    open: () => open(CKF.SERIAL_SESSION),
    close,
    max: Math.min(MAX_SESSIONS, maxSessions),
  });
  const writing = createWritingPool({ open: () => open(CKF.SERIAL_SESSION | CKF.RW_SESSION), close });
  const handles = new Map<string, Handle>();

  const findHandle = (session: Handle, id: string): Handle => {
    const handle = handles.get(id) ?? getPrivateKey(library, session, Buffer.from(id, 'hex'));
    handles.delete(id);
    handles.set(id, handle);
    const [oldest] = handles.keys();
    if (handles.size > MAX_HANDLES && oldest !== undefined) handles.delete(oldest);
    return handle;
  };
  /** Some libraries merely find nothing while the token is away. */
  const whilePresent = (error: unknown, action: string): Pkcs11Failure => {
    const failure = toFailure(action, error);
    if (failure.kind !== 'refused') return failure;
    try {
      library.C_GetTokenInfo(slot);
      return failure;
    } catch {
      return new Pkcs11Failure('lost', 'the token is not there any more');
    }
  };
  const signOne = async ({ alg, id, input }: SignatureOrder): Promise<SignatureOutcome> => {
    try {
      const signature = await pool.use((session) => signWith(binding, session, findHandle(session, id), alg, input));
      return { ok: true, signature };
    } catch (error) {
      const { kind, message } = whilePresent(error, `to sign by ${alg} in the token`);
      return { ok: false, failure: { kind, message } };
    }
  };

  return {
    check: (ask) => listLacking(library, slot, ask),
    generate: ({ id, ...order }) =>
      writing.use((session) => generateKeyPair(library, session, { ...order, id: Buffer.from(id, 'hex') })),
    async read(id) {
      try {
        return await pool.use(async (session) => readPublicKey(library, session, Buffer.from(id, 'hex')));
      } catch (error) {
        throw whilePresent(error, 'to read a key of the token');
      }
    },
    sign: (items) => Promise.all(items.map(signOne)),
    destroy: (id) =>
      writing.use(async (session) => {
        handles.delete(id);
        destroyKeyPair(library, session, Buffer.from(id, 'hex'));
      }),
    close() {
      library.C_Finalize();
    },
  };
}

/** Sessions that may change what is in the token, one at a time; few tokens allow many, so it is closed again. */
function createWritingPool({ open, close }: Omit<SessionPoolOptions, 'max'>): SessionPool {
  let last: Promise<unknown> = Promise.resolve();
  return {
    use(work) {
      const result = last.then(async () => {
        const session = open();
        try {
          return await work(session);
        } finally {
          close(session);
        }
      });
      last = result.catch(() => undefined);
      return result;
    },
  };
}

function closeSession(library: Binding['library'], session: Handle): void {
  try {
    library.C_CloseSession(session);
  } catch {
    // It is gone already, and what was done with it has said so.
  }
}

async function signWith(
  { library, pssParameters }: Binding,
  session: Handle,
  key: Handle,
  alg: SignatureOrder['alg'],
  input: Uint8Array,
): Promise<Uint8Array> {
  const data = signingInput(alg, Buffer.from(input));
  const room = Buffer.alloc(MAX_SIGNATURE_BYTES);
  library.C_SignInit(session, signingMechanism(alg, pssParameters), key);
  const signature = await library.C_SignAsync(session, data, room);
  // The native call writes into these two, so they are kept until it is over.
  if (data.length === 0 || room.length === 0 || signature.length === 0) {
    throw new Pkcs11Failure('unavailable', 'the token signed nothing');
  }
  return new Uint8Array(signature);
}
