// The image's health check, run by the container engine: exit code 0 when the process inside can do its work.
//
//   node health.mjs [URL]     default: http://127.0.0.1:5558/healthz, where `telemetry.http` listens in the image

import { get } from 'node:http';

const url = process.argv[2] ?? 'http://127.0.0.1:5558/healthz';

// Set first: whatever ends this early has not seen the process well.
process.exitCode = 1;
const request = get(url, { agent: false, timeout: 2000 }, (response) => {
  process.exitCode = response.statusCode === 200 ? 0 : 1;
  response.destroy();
});
request.on('timeout', () => request.destroy());
request.on('error', () => {});
