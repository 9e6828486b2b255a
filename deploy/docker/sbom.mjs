// Lists what is in an image, as CycloneDX 1.6: the packages of npm that its files are made of, Node, and the packages of
// Debian that its libraries are from.

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * @typedef {object} Contents
 * @property {string} app holds the packages
 * @property {readonly string[]} folders of the packages, relative to `app`
 * @property {readonly import('./platform.mjs').SystemPackage[]} system
 * @property {string} nodeVersion
 * @property {Date} created
 */

/**
 * @param {Contents} contents
 * @returns {string} JSON. The same contents give the same text.
 */
export function bomOf({ app, folders, system, nodeVersion, created }) {
  const product = readJson(join(app, 'package.json'));
  const packages = folders.map((folder) => npmComponent(readJson(join(app, folder, 'package.json'))));
  const components = [...packages, nodeComponent(nodeVersion), ...system.map(debianComponent)];
  const unique = new Map(components.map((component) => [component['bom-ref'], component]));
  const sorted = [...unique.values()].sort((a, b) => (a['bom-ref'] < b['bom-ref'] ? -1 : 1));
  const application = {
    type: 'application',
    name: product.name,
    version: product.version,
    licenses: licences(product),
  };
  const bom = {
    $schema: 'http://cyclonedx.org/schema/bom-1.6.schema.json',
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    serialNumber: `urn:uuid:${uuidOf(JSON.stringify([application, sorted]))}`,
    version: 1,
    metadata: { timestamp: created.toISOString(), component: { 'bom-ref': product.name, ...application } },
    components: sorted,
  };
  return `${JSON.stringify(bom, null, 1)}\n`;
}

/** @param {any} manifest */
function npmComponent(manifest) {
  const { name, version } = manifest;
  const purl = `pkg:npm/${name.replace(/^@/, '%40')}@${version}`;
  return { type: 'library', 'bom-ref': purl, name, version, licenses: licences(manifest), purl };
}

/** @param {string} version */
function nodeComponent(version) {
  const purl = `pkg:generic/node@${version}`;
  return { type: 'application', 'bom-ref': purl, name: 'node', version, licenses: licences({ license: 'MIT' }), purl };
}

/** @param {import('./platform.mjs').SystemPackage} system */
function debianComponent({ name, version, architecture }) {
  const purl = `pkg:deb/debian/${name}@${encodeURIComponent(version)}?arch=${architecture}`;
  return { type: 'library', 'bom-ref': purl, name, version, purl };
}

/** @param {any} manifest */
function licences({ license }) {
  const name = typeof license === 'string' ? license : license?.type;
  if (name === undefined) return [];
  return [/ (OR|AND|WITH) /.test(name) ? { expression: name.replace(/^\((.*)\)$/, '$1') } : { license: { id: name } }];
}

/** RFC 9562 §5.8 @param {string} content */
function uuidOf(content) {
  const hex = createHash('sha256').update(content).digest('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), `8${hex.slice(13, 16)}`, `a${hex.slice(17, 20)}`, hex.slice(20, 32)].join(
    '-',
  );
}

/** @param {string} file */
function readJson(file) {
  return JSON.parse(readFileSync(file, 'utf8'));
}
