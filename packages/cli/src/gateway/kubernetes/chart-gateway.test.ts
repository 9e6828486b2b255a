import { expect, test } from 'vitest';
import { escapePattern, quotable } from '../nginx/words.ts';
import { nginxConfiguration } from '../nginx-configuration.ts';
import { chartGateway } from './chart-gateway.ts';
import { clusterGateway } from './cluster-gateway.ts';

/** What Helm makes of the template. */
function rendered(basePath: string, authority: string): string {
  const values = {
    '.basePath | default "/"': basePath || '/',
    '.basePath': basePath,
    '.basePathPattern': quotable(escapePattern(basePath)),
    '.authority': authority,
    '.hostname': authority.replace(/:\d+$/, ''),
    '.fullname': 'tessera',
  };
  return Object.entries(values).reduce(
    (text, [name, value]) => text.replaceAll(`{{ ${name} }}`, () => value),
    chartGateway().replace(/\n\{\{- if \.basePath \}\}((?:\n.*)*?)\n\{\{- end \}\}/g, basePath === '' ? '' : '$1'),
  );
}

test.each([
  ['/dex', '127.0.0.1:5556'],
  ['', 'id.example.com'],
  ['/tenants/a.b', 'id.example.com:8443'],
])('The chart’s template becomes the configuration of an issuer with the path "%s"', (basePath, authority) => {
  expect(rendered(basePath, authority)).toBe(nginxConfiguration({ ...clusterGateway, basePath, authority }));
});
