import { parentPort, workerData } from 'node:worker_threads';
import { carryError } from './carried-error.ts';
import { openSqliteEngine, type SqliteEngine } from './engine.ts';
import { sqliteError } from './errors.ts';
import type { Request, Response, WorkerOptions } from './protocol.ts';

// The thread that owns the database: a statement, and a commit that waits for the disk, stop nobody else.
const port = parentPort;
if (port === null) throw new Error('this module is the main module of a worker thread');

const say = (response: Response): void => port.postMessage(response);

const open = (): SqliteEngine | undefined => {
  try {
    return openSqliteEngine(workerData as WorkerOptions);
  } catch (thrown) {
    say({ type: 'failed', error: carryError(sqliteError(thrown)) });
    return undefined;
  }
};

const engine = open();
if (engine !== undefined) {
  port.on('message', (request: Request) => {
    if (request.type === 'run') {
      say({ type: 'answers', answers: engine.run(request.calls) });
      return;
    }
    engine.close();
    port.close();
  });
  say({ type: 'opened' });
}
