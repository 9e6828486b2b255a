import type { Cryptoki } from '../pkcs11js.ts';

/** A token of the fake library. */
export interface FakeToken {
  readonly label: string;
  readonly flags: number;
  readonly maxSessionCount?: number;
}

/** What a test wants the library to do otherwise than not at all. */
export interface FakeLibraryOptions {
  readonly tokens?: readonly FakeToken[];
  readonly mechanisms?: ReadonlyMap<
    number,
    { readonly flags: number; readonly minKeySize: number; readonly maxKeySize: number }
  >;
  /** The return value of `C_Login`; 0 is success. */
  readonly loginReturns?: number;
}

/** A library in memory, for what no token does on demand. `calls` has the names of the calls that change something. */
export function createFakeLibrary({ tokens = [], mechanisms = new Map(), loginReturns = 0 }: FakeLibraryOptions) {
  const calls: string[] = [];
  const library: Partial<Cryptoki> = {
    C_GetSlotList: () => tokens.map((_, index) => Buffer.from([index])),
    C_GetTokenInfo(slot) {
      const token = tokens[slot[0] ?? 0];
      if (token === undefined) throw failureOf(0xe0);
      return { label: token.label.padEnd(32), flags: token.flags, maxSessionCount: token.maxSessionCount ?? 0 };
    },
    C_GetMechanismList: () => [...mechanisms.keys()],
    C_GetMechanismInfo(_slot, mechanism) {
      const info = mechanisms.get(mechanism);
      if (info === undefined) throw failureOf(0x70);
      return info;
    },
    C_OpenSession() {
      calls.push('C_OpenSession');
      return Buffer.from([7]);
    },
    C_Login() {
      calls.push('C_Login');
      if (loginReturns !== 0) throw failureOf(loginReturns);
    },
  };
  return { calls, library: library as Cryptoki };
}

/** What the binding throws: its message names more than ours may. */
export function failureOf(returnValue: number): Error {
  return Object.assign(new Error(`CKR_OF_THE_FAKE canary`), { code: returnValue });
}
