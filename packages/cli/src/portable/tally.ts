/** How many entries of a kind there were. */
interface Count {
  total: number;
  /** How many of them were new; undefined where nobody can say. */
  added: number | undefined;
}

/** Entries counted by kind, in the order in which the kinds came. */
export interface Tally {
  count(kind: string, total: number, added?: number): void;
  /** How it stands, in one line, e.g. `clients 3, grants 12,500`. */
  progress(): string;
  /** A line for each kind, with how many of them were added and how many there before if `isCompared`. */
  table(isCompared: boolean): readonly string[];
}

const NAME_WIDTH = 24;
const NUMBER_WIDTH = 14;

/** Creates an empty {@link Tally}. */
export function createTally(): Tally {
  const counts = new Map<string, Count>();
  return {
    count(kind, total, added) {
      const known = counts.get(kind) ?? { total: 0, added: added === undefined ? undefined : 0 };
      known.total += total;
      if (known.added !== undefined) known.added += added ?? 0;
      counts.set(kind, known);
    },
    progress: () => [...counts].map(([kind, { total }]) => `${kind} ${numeral(total)}`).join(', ') || 'nothing yet',
    table(isCompared) {
      if (counts.size === 0) return ['  nothing'];
      const rows = [...counts].map(([kind, { total, added }]) => {
        const numbers = isCompared ? [added, added === undefined ? undefined : total - added] : [total];
        return row(
          kind,
          numbers.map((number) => (number === undefined ? 'not compared' : numeral(number))),
        );
      });
      return isCompared ? [row('', ['added', 'there before']), ...rows] : rows;
    },
  };
}

function row(name: string, cells: readonly string[]): string {
  return `  ${name.padEnd(NAME_WIDTH)}${cells.map((cell) => cell.padStart(NUMBER_WIDTH)).join('')}`;
}

function numeral(number: number): string {
  return number.toLocaleString('en-US');
}
