import { CommandFailure } from '../command-line/failure.ts';

/** The longest line of an export. */
const MAX_LINE_BYTES = 32 * 1024 * 1024;
const LINE_FEED = 0x0a;

/** Lines as bytes, each with a line feed after it. */
export async function* encodeLines(lines: AsyncIterable<string>): AsyncGenerator<Buffer> {
  for await (const line of lines) {
    const bytes = Buffer.from(`${line}\n`, 'utf8');
    if (bytes.length > MAX_LINE_BYTES) throw new CommandFailure('A record is too large for an export.');
    yield bytes;
  }
}

/** The lines of bytes, wherever these are cut. Throws CommandFailure for a line without end. */
export async function* decodeLines(chunks: AsyncIterable<Buffer>): AsyncGenerator<string> {
  let begun: Buffer[] = [];
  let begunBytes = 0;
  for await (const chunk of chunks) {
    let start = 0;
    for (let end = chunk.indexOf(LINE_FEED); end !== -1; end = chunk.indexOf(LINE_FEED, start)) {
      yield Buffer.concat([...begun, chunk.subarray(start, end)]).toString('utf8');
      [begun, begunBytes, start] = [[], 0, end + 1];
    }
    begun.push(chunk.subarray(start));
    begunBytes += chunk.length - start;
    if (begunBytes > MAX_LINE_BYTES) throw incomplete();
  }
  if (begunBytes > 0) throw incomplete();
}

function incomplete(): CommandFailure {
  return new CommandFailure('The export holds a line without end.');
}
