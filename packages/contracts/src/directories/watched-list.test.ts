import { expect, test } from 'vitest';
import type { WatchedListRequest } from '../storage/storage.ts';
import { loadWatchedList, type WatchedPage } from './watched-list.ts';

const collect = (items: readonly string[], version: string) => ({ version, items });

/** Pages of one item each, and what was asked for. */
function pagesOf(lists: readonly (readonly [version: string, items: readonly string[]])[]) {
  const asked: WatchedListRequest[] = [];
  const loadPage = async (request: WatchedListRequest): Promise<WatchedPage<string>> => {
    const [version, items] = lists[Math.min(asked.length, lists.length - 1)] ?? ['', []];
    asked.push(request);
    if (request.knownVersion === version) return { version, items: undefined, nextCursor: undefined };
    const position = Number(request.cursor ?? 0);
    const isLast = position + 1 >= items.length;
    return { version, items: items.slice(position, position + 1), nextCursor: isLast ? undefined : `${position + 1}` };
  };
  return { asked, loadPage };
}

test('all pages of one version are one list; only the first names the version that is known', async () => {
  const { asked, loadPage } = pagesOf([['2', ['a', 'b', 'c']]]);
  const known = { version: '1', items: [] };
  expect(await loadWatchedList({ loadPage, collect }, known)).toEqual({ version: '2', items: ['a', 'b', 'c'] });
  expect(asked).toEqual([{ knownVersion: '1' }, { cursor: '1' }, { cursor: '2' }]);
});

test('a list that did not change stays the one that is known', async () => {
  const { loadPage } = pagesOf([['1', ['a']]]);
  const known = { version: '1', items: ['a'] };
  expect(await loadWatchedList({ loadPage, collect }, known)).toBe(known);
});

test('pages of different versions are never mixed: the list is read again from its beginning', async () => {
  const before = ['1', ['a', 'b', 'c']] as const;
  const after = ['2', ['x', 'y', 'z']] as const;
  const { asked, loadPage } = pagesOf([before, before, after]);
  expect(await loadWatchedList({ loadPage, collect }, undefined)).toEqual({ version: '2', items: ['x', 'y', 'z'] });
  expect(asked).toEqual([{}, { cursor: '1' }, { cursor: '2' }, {}, { cursor: '1' }, { cursor: '2' }]);
});

test('a list that changes each time it is read is given up after four attempts', async () => {
  const lists = Array.from({ length: 20 }, (_, version) => [`${version}`, ['a', 'b']] as const);
  const { asked, loadPage } = pagesOf(lists);
  await expect(loadWatchedList({ loadPage, collect }, undefined)).rejects.toMatchObject({
    kind: 'unavailable',
    code: 'contracts.list_unsteady',
  });
  expect(asked).toHaveLength(8);
});

test('a list without an end is given up', async () => {
  const loadPage = async () => ({ version: '1', items: ['a'], nextCursor: 'again' });
  await expect(loadWatchedList({ loadPage, collect }, undefined)).rejects.toMatchObject({
    kind: 'unavailable',
    code: 'contracts.list_endless',
  });
});
