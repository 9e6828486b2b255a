import { afterAll, beforeAll, expect, test } from 'vitest';
import { type LaunchedBrowser, launchBrowser } from './browser.ts';
import { freePort } from './free-port.ts';
import { type NginxServer, startNginx, testConfig } from './nginx.ts';
import { stillRunning } from './process-tree.ts';

let server: NginxServer;
let browser: LaunchedBrowser;

const PAGE = '<h1>static</h1><script>document.querySelector(`h1`).textContent = `scripted`</script>';

beforeAll(async () => {
  const port = await freePort();
  server = await startNginx({
    port,
    conf: `
      worker_processes 1;
      events { worker_connections 64; }
      http {
        server {
          listen 127.0.0.1:${port};
          location /page { default_type text/html; return 200 '${PAGE}'; }
          location /language { return 200 $http_accept_language; }
          location /upload { proxy_pass http://127.0.0.1:${port}/sink; client_max_body_size 1m; }
          location /sink { return 200 $http_content_length; }
        }
      }`,
  });
  browser = await launchBrowser({ locale: 'de-DE', colorScheme: 'dark' });
}, 30_000);

afterAll(async () => {
  await browser.close();
  await server.close();
});

test('nginx buffers a large body in its own directory', async () => {
  const response = await fetch(`${server.url}/upload`, { method: 'POST', body: 'x'.repeat(500_000) });
  expect(response.status).toBe(200);
  expect(await response.text()).toBe('500000');
});

test('nginx stops with its workers and starts again on the same port', async () => {
  const pids = await server.pids();
  expect(pids.length).toBeGreaterThanOrEqual(2);
  await server.stop();
  expect(await stillRunning(pids)).toEqual([]);
  await expect(fetch(`${server.url}/page`)).rejects.toThrow('fetch failed');
  await server.start();
  expect((await fetch(`${server.url}/page`)).status).toBe(200);
});

test('A wrong configuration is named by nginx, by the check and by the start', async () => {
  expect(await testConfig(() => 'events {} http { server { listen 127.0.0.1:1; } }')).toMatchObject({ ok: true });
  const wrong = 'events {} http { unheard_of on; }';
  const checked = await testConfig(wrong);
  expect(checked.ok).toBe(false);
  expect(checked.output).toContain('unknown directive "unheard_of"');
  await expect(startNginx({ conf: wrong, port: 1 })).rejects.toThrow('unknown directive "unheard_of"');
});

test('The browser runs scripts, and does not where they are switched off', async () => {
  const scripted = await browser.newPage();
  await scripted.goto(`${server.url}/page`);
  expect(await scripted.textContent('h1')).toBe('scripted');
  const plain = await browser.newPage({ javaScriptEnabled: false });
  await plain.goto(`${server.url}/page`);
  expect(await plain.textContent('h1')).toBe('static');
});

test('A page has the size, language and colours it was asked for', async () => {
  const page = await browser.newPage({ width: 390, height: 700 });
  await page.goto(`${server.url}/language`);
  expect(await page.textContent('body')).toContain('de-DE');
  expect(page.viewportSize()).toEqual({ width: 390, height: 700 });
  expect(await page.evaluate('matchMedia("(prefers-color-scheme: dark)").matches')).toBe(true);
  const light = await browser.newPage({ colorScheme: 'light' });
  expect(await light.evaluate('matchMedia("(prefers-color-scheme: dark)").matches')).toBe(false);
});
