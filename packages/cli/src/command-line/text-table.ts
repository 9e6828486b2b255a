/** A row of cells; undefined is a place where nothing can stand. */
export type TableRow = readonly (string | undefined)[];

const NOTHING = '–';
const GAP = '  ';

/** Lines of columns that are as wide as their widest cell, two spaces apart and indented by as many; the first row is the head. */
export function textTable(rows: readonly TableRow[]): readonly string[] {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [column, cell] of row.entries())
      widths[column] = Math.max(widths[column] ?? 0, (cell ?? NOTHING).length);
  }
  return rows.map((row) => {
    const cells = row.map((cell, column) => (cell ?? NOTHING).padEnd(widths[column] ?? 0));
    return `${GAP}${cells.join(GAP)}`.trimEnd();
  });
}

/** A moment in UTC, to the second. */
export function momentText(moment: Date | undefined): string | undefined {
  return moment?.toISOString().replace(/\.\d+Z$/, 'Z');
}
