// Stands in for the OpenTelemetry collector (`collector`) and for Jaeger (`jaeger`): takes OTLP over HTTP with JSON, and
// passes it on, or keeps it and tells of which services there are traces.

import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';

const [role, ...args] = process.argv.slice(2);
const seen = new Map();
let received = 0;

const read = async (request) => {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks);
};

const servicesOf = (message) =>
  message.resourceSpans.flatMap(({ resource, scopeSpans }) => {
    const name = resource.attributes.find(({ key }) => key === 'service.name')?.value.stringValue;
    return scopeSpans.flatMap(({ spans }) => spans.map(({ traceId }) => [traceId, name]));
  });

const keep = (body) => {
  for (const [trace, service] of servicesOf(JSON.parse(body))) {
    if (!seen.has(trace)) seen.set(trace, new Set());
    seen.get(trace).add(service);
  }
};

const listen = (port, answer) =>
  createServer((request, response) => {
    answer(request).then(
      (body) =>
        response
          .setHeader('content-type', body.startsWith('#') ? 'text/plain; version=0.0.4' : 'application/json')
          .end(body),
      (error) => response.writeHead(502).end(String(error)),
    );
  }).listen(port, '0.0.0.0');

if (role === 'collector') {
  const file = args.find((arg) => arg.startsWith('--config='))?.slice('--config='.length) ?? '';
  const onward = /^ *endpoint: (http:.*)$/m.exec(readFileSync(file, 'utf8'))?.[1];
  listen(4318, async (request) => {
    const body = await read(request);
    received += 1;
    const headers = { 'content-type': request.headers['content-type'] };
    const answer = await fetch(`${onward}${request.url}`, { method: 'POST', headers, body });
    if (!answer.ok) throw new Error(`Jaeger answered ${answer.status}`);
    return '{}';
  });
  listen(
    8888,
    async () => `# TYPE otelcol_receiver_accepted_batches counter\notelcol_receiver_accepted_batches ${received}\n`,
  );
} else {
  const [address] = args.filter((arg) => arg.startsWith('--set=receivers.otlp.protocols.http.endpoint=')).slice(-1);
  if (!address?.endsWith('=0.0.0.0:4318')) throw new Error('it would listen for itself alone');
  listen(4318, async (request) => {
    keep(await read(request));
    return '{}';
  });
  listen(16686, async () => JSON.stringify([...seen].map(([trace, services]) => ({ trace, services: [...services] }))));
}
