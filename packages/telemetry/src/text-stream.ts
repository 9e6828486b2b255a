import type { DestinationStream } from 'pino';

/** A stream that turns JSON records into `time level message key=value …` lines. */
export function createTextStream(target: DestinationStream): DestinationStream {
  return {
    write(line: string) {
      target.write(`${formatRecord(line)}\n`);
    },
  };
}

function formatRecord(line: string): string {
  const { time, level, msg, ...fields } = JSON.parse(line) as Record<string, unknown>;
  const rest = Object.entries(fields).map(([name, value]) => {
    const shown = name === 'err' && isError(value) ? formatError(value) : value;
    return `${name}=${formatValue(shown)}`;
  });
  return [time, String(level).toUpperCase().padEnd(5), JSON.stringify(msg ?? ''), ...rest].join(' ');
}

function formatValue(value: unknown): string {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
  return /^[\w./:@+-]+$/.test(text) ? text : JSON.stringify(text);
}

/** An error as `describeError` writes it. */
interface WrittenError {
  readonly message: string;
  readonly code?: unknown;
  readonly stack?: unknown;
  readonly cause?: unknown;
}

function isError(value: unknown): value is WrittenError {
  return typeof value === 'object' && value !== null && typeof (value as { message?: unknown }).message === 'string';
}

/** An error in one line for people: what it says, what caused it, and where it was made; the JSON format has the whole stack. */
function formatError(error: WrittenError): string {
  const code = typeof error.code === 'string' ? ` (${error.code})` : '';
  const place = typeof error.stack === 'string' ? /\n\s+(at [^\n]+)/.exec(error.stack)?.[1] : undefined;
  const cause = isError(error.cause) ? `; because ${formatError(error.cause)}` : '';
  return `${error.message}${code}${cause}${place === undefined ? '' : `, ${place}`}`;
}
