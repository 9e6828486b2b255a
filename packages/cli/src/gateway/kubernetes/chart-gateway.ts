import { nginxConfiguration } from '../nginx-configuration.ts';
import { clusterGateway } from './cluster-gateway.ts';

const PATH = '/ISSUER-PATH';
const AUTHORITY = 'issuer-authority';

/**
 * The nginx configuration of the Helm chart, a template of `basePath`, `basePathPattern` (the same as a regular
 * expression), `authority`, `hostname` and `fullname`.
 */
export function chartGateway(): string {
  const conf = nginxConfiguration({ ...clusterGateway, basePath: PATH, authority: AUTHORITY });
  const [notice = '', ...rest] = conf.split('\n');
  const body = rest
    .join('\n')
    .replace(rootLocation, (block) => `{{- if .basePath }}\n${block}{{- end }}\n`)
    .replace(rootReader, (line) => `{{- if .basePath }}\n${line}{{- end }}\n`)
    .replace(`    location = ${PATH} {`, '    location = {{ .basePath | default "/" }} {')
    .replace(`    ${PATH} person;`, '    {{ .basePath | default "/" }} person;')
    .replaceAll(`^${PATH}`, '^{{ .basePathPattern }}')
    .replaceAll(`(?!${PATH}`, '(?!{{ .basePathPattern }}')
    .replaceAll(PATH, '{{ .basePath }}')
    .replaceAll(`proxy_set_header Host ${AUTHORITY}`, 'proxy_set_header Host {{ .authority }}')
    .replaceAll(AUTHORITY, '{{ .hostname }}')
    .replaceAll('server tessera-', 'server {{ .fullname }}-');
  return `${notice}\n${body}`;
}

/** A document's place at the root of the host, which an issuer without a path has anyway: its location, and who reads it. */
const rootLocation = new RegExp(`^ {4}location = /\\.well-known/[\\w-]+${PATH} \\{\\n(?: {6}.*\\n)* {4}\\}\\n`, 'gm');
const rootReader = new RegExp(`^ {4}/\\.well-known/[\\w-]+${PATH} \\w+;\\n`, 'gm');
