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
  const rest = Object.entries(fields).map(([name, value]) => `${name}=${formatValue(value)}`);
  return [time, String(level).toUpperCase().padEnd(5), JSON.stringify(msg ?? ''), ...rest].join(' ');
}

function formatValue(value: unknown): string {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
  return /^[\w./:@+-]+$/.test(text) ? text : JSON.stringify(text);
}
