/** What a stored password hash is made with; decides what checking it costs. */
export type HashParameters =
  | { readonly kind: 'bcrypt'; readonly cost: number }
  | { readonly kind: 'argon2id'; readonly memoryKib: number; readonly passes: number; readonly lanes: number };

const BCRYPT = /^\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{53}$/;
const ARGON2ID =
  /^\$argon2id\$v=19\$m=(\d{1,10}),t=(\d{1,10}),p=(\d{1,3})\$[A-Za-z0-9+/]{11,86}\$[A-Za-z0-9+/]{16,86}$/;

/** Reads the parameters of a bcrypt or Argon2id hash (PHC string, RFC 9106). Undefined for anything else. */
export function parseStoredHash(hash: string): HashParameters | undefined {
  const bcrypt = BCRYPT.exec(hash);
  if (bcrypt !== null) {
    const cost = Number(bcrypt[1]);
    // Above 16 one sign-in would take seconds of a core, as Dex refuses too.
    return cost >= 4 && cost <= 16 ? { kind: 'bcrypt', cost } : undefined;
  }
  const argon2 = ARGON2ID.exec(hash);
  if (argon2 === null) return undefined;
  const [memoryKib = 0, passes = 0, lanes = 0] = argon2.slice(1).map(Number);
  const isSane = lanes >= 1 && memoryKib >= 8 * lanes && memoryKib <= 1_048_576 && passes >= 1 && passes <= 100;
  return isSane ? { kind: 'argon2id', memoryKib, passes, lanes } : undefined;
}

/** A hash with these parameters that no password is known for: checking against it costs what a real one costs. */
export function dummyHash(parameters: HashParameters): string {
  if (parameters.kind === 'bcrypt') {
    return `$2b$${String(parameters.cost).padStart(2, '0')}$${'.'.repeat(21)}e${'.'.repeat(30)}u`;
  }
  const { memoryKib, passes, lanes } = parameters;
  return `$argon2id$v=19$m=${memoryKib},t=${passes},p=${lanes}$${'A'.repeat(22)}$${'A'.repeat(43)}`;
}
