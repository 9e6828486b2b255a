import type { TokenType } from '@tessera/contracts';
import { readList, readMembers, readMoment, readText, unknownFormat } from '../encryption/json-reading.ts';

/** What a key signed of one type of token. */
export interface SignatureFigures {
  readonly count: number;
  readonly firstAt: Date;
  readonly lastAt: Date;
  /** The latest `exp`; undefined while no token of the type had one. */
  readonly latestExpiry?: Date;
}

/** What a key signed, by type of token. */
export type KeyFigures = Readonly<Partial<Record<TokenType, SignatureFigures>>>;

/** What every key signed. */
export interface JournalDocument {
  /** By `kid`; at most {@link MAX_JOURNAL_KEYS}, those that signed last. */
  readonly keys: ReadonlyMap<string, KeyFigures>;
  /** Ids of the latest {@link MAX_ENTRIES} entries, so that none counts twice whose answer was lost. */
  readonly entries: readonly string[];
}

/** Most keys in the journal: it stays well below what storage takes. */
export const MAX_JOURNAL_KEYS = 250;
/** Most entries that are told apart. */
const MAX_ENTRIES = 128;

/** A journal before the first signature. */
export const emptyJournal: JournalDocument = { keys: new Map(), entries: [] };

const FORMAT = 1;

const TYPES: Readonly<Record<TokenType, true>> = {
  access_token: true,
  id_token: true,
  logout_token: true,
  userinfo: true,
  introspection: true,
};

/** The journal with what somebody signed meanwhile, once however often the same entry is made. */
export function withEntry(
  journal: JournalDocument,
  id: string,
  signed: ReadonlyMap<string, KeyFigures>,
): JournalDocument {
  if (journal.entries.includes(id)) return journal;
  const keys = new Map(journal.keys);
  for (const [kid, figures] of signed) keys.set(kid, addFigures(keys.get(kid), figures));
  const latest = [...keys].sort(([, a], [, b]) => lastSignature(b) - lastSignature(a)).slice(0, MAX_JOURNAL_KEYS);
  return { keys: new Map(latest), entries: [...journal.entries, id].slice(-MAX_ENTRIES) };
}

/** The sum of what was signed with one key. */
export function addFigures(one: KeyFigures | undefined, other: KeyFigures): KeyFigures {
  const sum: Partial<Record<TokenType, SignatureFigures>> = { ...one };
  for (const type of tokenTypes(other)) {
    const [before, more] = [sum[type], other[type]];
    if (more !== undefined) sum[type] = before === undefined ? more : addSignatures(before, more);
  }
  return sum;
}

/** When the last token expires that the figures know of; undefined = they know of none that does. */
export function latestExpiryOf(figures: KeyFigures): Date | undefined {
  return latest(tokenTypes(figures).flatMap((type) => figures[type]?.latestExpiry ?? []));
}

/** The types of token that figures are about. */
export function tokenTypes(figures: KeyFigures): readonly TokenType[] {
  return Object.keys(figures) as TokenType[];
}

/** A journal as JSON. */
export function journalToJson({ keys, entries }: JournalDocument): unknown {
  return { format: FORMAT, keys: Object.fromEntries(keys), entries };
}

/** A journal from JSON. Throws `keys.unknown_document_format`. */
export function journalFromJson(json: unknown): JournalDocument {
  const members = readMembers(json, 'journal');
  if (members['format'] !== FORMAT) throw unknownFormat('journal');
  const keys = Object.entries(readMembers(members['keys'], 'journal keys'));
  return {
    keys: new Map(keys.map(([kid, figures]) => [kid, readFigures(figures)])),
    entries: readList(members['entries'], 'entries').map((id) => readText(id, 'entry')),
  };
}

function readFigures(value: unknown): KeyFigures {
  const members = Object.entries(readMembers(value, 'figures'));
  return Object.fromEntries(members.map(([type, figures]) => [readType(type), readSignatures(figures)]));
}

function readType(type: string): TokenType {
  if (!Object.hasOwn(TYPES, type)) throw unknownFormat('type of token');
  return type as TokenType;
}

function readSignatures(value: unknown): SignatureFigures {
  const { count, firstAt, lastAt, latestExpiry } = readMembers(value, 'signatures') as Record<string, unknown>;
  if (typeof count !== 'number' || !Number.isSafeInteger(count) || count < 1) throw unknownFormat('count');
  return {
    count,
    firstAt: readMoment(firstAt, 'firstAt'),
    lastAt: readMoment(lastAt, 'lastAt'),
    ...(latestExpiry !== undefined && { latestExpiry: readMoment(latestExpiry, 'latestExpiry') }),
  };
}

function addSignatures(one: SignatureFigures, other: SignatureFigures): SignatureFigures {
  const latestExpiry = latest([one.latestExpiry, other.latestExpiry].flatMap((moment) => moment ?? []));
  return {
    count: one.count + other.count,
    firstAt: new Date(Math.min(one.firstAt.getTime(), other.firstAt.getTime())),
    lastAt: new Date(Math.max(one.lastAt.getTime(), other.lastAt.getTime())),
    ...(latestExpiry !== undefined && { latestExpiry }),
  };
}

function lastSignature(figures: KeyFigures): number {
  return Math.max(...tokenTypes(figures).map((type) => figures[type]?.lastAt.getTime() ?? 0));
}

function latest(moments: readonly Date[]): Date | undefined {
  return moments.length === 0 ? undefined : new Date(Math.max(...moments.map((moment) => moment.getTime())));
}
