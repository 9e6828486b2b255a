import { describe, expect, it } from 'vitest';
import { createSessionPool } from './session-pool.ts';

/** A token that counts its sessions, and has `room` of them. */
function fakeToken(room = 100) {
  const open: number[] = [];
  const closed: number[] = [];
  return {
    open,
    closed,
    options: {
      open() {
        if (open.length - closed.length >= room) throw new Error('no session left');
        open.push(open.length);
        return Buffer.from([open.length - 1]);
      },
      close: (session: Buffer) => void closed.push(session[0] ?? -1),
    },
  };
}

/** Work that ends when the test says so, and tells how much of it is under way. */
function heldWork() {
  const ends: (() => void)[] = [];
  const state = { underWay: 0, most: 0 };
  const work = async (): Promise<void> => {
    state.underWay += 1;
    state.most = Math.max(state.most, state.underWay);
    await new Promise<void>((resolve) => ends.push(resolve));
    state.underWay -= 1;
  };
  return { ends, state, work };
}

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

async function runAll(pool: ReturnType<typeof createSessionPool>, count: number): Promise<number> {
  const { ends, state, work } = heldWork();
  const all = Promise.all(Array.from({ length: count }, () => pool.use(work)));
  for (let ended = 0; ended < count; ended += 1) {
    await turn();
    ends.shift()?.();
  }
  await all;
  return state.most;
}

describe('sessions', () => {
  it('are opened when they are needed, so many and no more, and used again', async () => {
    const token = fakeToken();
    const pool = createSessionPool({ ...token.options, max: 3 });
    expect(token.open).toHaveLength(0);
    expect(await runAll(pool, 1)).toBe(1);
    expect(token.open).toHaveLength(1);
    expect(await runAll(pool, 10)).toBe(3);
    expect(await runAll(pool, 10)).toBe(3);
    expect(token.open).toHaveLength(3);
  });

  it('are shared where the token has fewer', async () => {
    const token = fakeToken(2);
    const pool = createSessionPool({ ...token.options, max: 4 });
    expect(await runAll(pool, 9)).toBe(2);
  });

  it('are not used again after a failure, which goes to who asked; others get one of their own', async () => {
    const token = fakeToken(1);
    const pool = createSessionPool({ ...token.options, max: 4 });
    const failing = pool.use(async () => {
      await turn();
      throw new Error('this one');
    });
    const waiting = pool.use(async (session) => session[0]);
    await expect(failing).rejects.toThrow('this one');
    expect(await waiting).toBe(1);
    expect(token.closed).toEqual([0]);
  });

  it('fail at once where the token has none at all', async () => {
    const pool = createSessionPool({ ...fakeToken(0).options, max: 4 });
    await expect(pool.use(async () => 1)).rejects.toThrow('no session left');
  });
});
