// Stands for the OpenTelemetry collector: takes what is sent to it, and says that it is healthy.

import { createServer } from 'node:http';

const server = (port, answer) =>
  createServer((request, response) => {
    request.resume();
    request.on('end', () => answer(request, response));
  }).listen(port, '0.0.0.0');

const servers = [
  server(4318, ({ method, url }, response) => {
    const isTaken = method === 'POST' && /^\/v1\/(traces|metrics|logs)$/.test(url ?? '');
    response.writeHead(isTaken ? 200 : 404, { 'content-type': 'application/json' }).end('{}');
  }),
  server(13133, (_request, response) => response.writeHead(200).end('{}')),
];

process.on('SIGTERM', () => {
  for (const one of servers) one.close();
  for (const one of servers) one.closeIdleConnections();
});
