// Stands in for Grafana as far as its container is concerned: it finds its password and what it is provisioned with, may
// write where it keeps its data, reaches its data sources, and answers `/api/health`.

import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';

const folder = process.env.GF_PATHS_PROVISIONING ?? '/etc/grafana/provisioning';
const sources = readFileSync(`${folder}/datasources/datasources.yaml`, 'utf8');
const providers = readFileSync(`${folder}/dashboards/dashboards.yaml`, 'utf8');
const dashboards = /path: (.*)/.exec(providers)?.[1] ?? '';
for (const file of readdirSync(dashboards)) JSON.parse(readFileSync(`${dashboards}/${file}`, 'utf8'));
readFileSync(process.env.GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH ?? '');
const password = readFileSync(process.env.GF_SECURITY_ADMIN_PASSWORD__FILE ?? '', 'utf8');
if (password.length < 24) throw new Error('the password is too short');
writeFileSync('/var/lib/grafana/grafana.db', '');

const reach = async (url) => (await fetch(url).catch(() => ({ status: 0 }))).status;

createServer((request, response) => {
  if (request.url === '/api/health') return void response.end('{"database":"ok"}');
  const urls = [...sources.matchAll(/url: (.*)/g)].map(([, url]) => url);
  void Promise.all(urls.map(reach)).then((statuses) => response.end(JSON.stringify(statuses)));
}).listen(3000, '0.0.0.0');
