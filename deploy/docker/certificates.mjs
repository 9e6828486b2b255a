// Makes X.509 certificates with nothing but Node: an authority, and certificates for mutual TLS that it signs.

import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  randomBytes,
  sign,
  X509Certificate,
} from 'node:crypto';

const OID = {
  ecdsaWithSha256: '1.2.840.10045.4.3.2',
  commonName: '2.5.4.3',
  subjectKeyIdentifier: '2.5.29.14',
  keyUsage: '2.5.29.15',
  subjectAltName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  authorityKeyIdentifier: '2.5.29.35',
  extendedKeyUsage: '2.5.29.37',
  serverAuth: '1.3.6.1.5.5.7.3.1',
  clientAuth: '1.3.6.1.5.5.7.3.2',
};

/**
 * @typedef {object} Issued
 * @property {string} certificate PEM
 * @property {string} key PEM, PKCS#8
 */

/**
 * @typedef {object} Authority
 * @property {string} certificate PEM
 * @property {string} key PEM, PKCS#8; who keeps it nowhere has an authority that signs no more than it has
 * @property {(dnsName: string) => Issued} issue makes a certificate for a service, as client and as server
 */

const NAME = 'Tessera services';
const BACKDATED_MS = 5 * 60_000;
const DAY_MS = 86_400_000;

/**
 * Makes an authority. It and its certificates are valid for the given days.
 *
 * @param {number} days
 * @returns {Authority}
 */
export function createAuthority(days) {
  const keys = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const validity = validityOf(days);
  const certificate = certificatePem(NAME, keys.publicKey, { validity, privateKey: keys.privateKey }, [
    extension(OID.basicConstraints, sequence(boolean(true), integer(Buffer.from([0]))), true),
    // keyCertSign
    extension(OID.keyUsage, tlv(0x03, Buffer.from([2, 0x04])), true),
  ]);
  return authorityOf(certificate, keys.privateKey, validity);
}

/**
 * An authority that was made before. What it issues is valid for the given days, or as long as it is itself when that is
 * less. Throws when the key is not that of the certificate.
 *
 * @param {{certificate: string, key: string}} authority PEM
 * @param {number} days
 * @returns {Authority}
 */
export function openAuthority({ certificate, key }, days) {
  const privateKey = createPrivateKey(key);
  const own = new X509Certificate(certificate);
  if (!own.checkPrivateKey(privateKey)) throw new Error("the authority's key is not that of its certificate");
  return authorityOf(certificate, privateKey, validityOf(days, own.validToDate));
}

/** @returns {Authority} */
function authorityOf(certificate, privateKey, validity) {
  return {
    certificate,
    key: pemOf(privateKey),
    issue(dnsName) {
      const keys = generateKeyPairSync('ec', { namedCurve: 'P-256' });
      const issued = certificatePem(dnsName, keys.publicKey, { validity, privateKey }, [
        extension(OID.basicConstraints, sequence(), true),
        // digitalSignature
        extension(OID.keyUsage, tlv(0x03, Buffer.from([7, 0x80])), true),
        extension(OID.extendedKeyUsage, sequence(objectId(OID.serverAuth), objectId(OID.clientAuth))),
        extension(OID.subjectAltName, sequence(tlv(0x82, Buffer.from(dnsName)))),
      ]);
      return { certificate: issued, key: pemOf(keys.privateKey) };
    },
  };
}

function pemOf(privateKey) {
  return privateKey.export({ type: 'pkcs8', format: 'pem' });
}

/** RFC 5280 §4.1.2.5 */
function validityOf(days, end = new Date(8.64e15)) {
  const notBefore = new Date(Date.now() - BACKDATED_MS);
  const notAfter = new Date(Math.min(notBefore.getTime() + days * DAY_MS, end.getTime()));
  return sequence(time(notBefore), time(notAfter));
}

/** RFC 5280 §4.1 */
function certificatePem(name, publicKey, { validity, privateKey }, extensions) {
  const algorithm = sequence(objectId(OID.ecdsaWithSha256));
  const ids = [
    extension(OID.subjectKeyIdentifier, tlv(0x04, keyId(publicKey))),
    extension(OID.authorityKeyIdentifier, sequence(tlv(0x80, keyId(createPublicKey(privateKey))))),
  ];
  const body = sequence(
    tlv(0xa0, integer(Buffer.from([2]))),
    // 127 random bits, and a first byte that keeps the number positive and of full length.
    integer(Buffer.concat([Buffer.from([0x40]), randomBytes(15)])),
    algorithm,
    distinguishedName(NAME),
    validity,
    distinguishedName(name),
    publicKey.export({ type: 'spki', format: 'der' }),
    tlv(0xa3, sequence(...extensions, ...ids)),
  );
  const der = sequence(body, algorithm, bitString(sign('sha256', body, privateKey)));
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}

/** RFC 5280 §4.2.1.2, by the first 160 bits of SHA-256 (RFC 7093 §2). */
function keyId(publicKey) {
  const spki = publicKey.export({ type: 'spki', format: 'der' });
  return createHash('sha256').update(spki).digest().subarray(0, 20);
}

function extension(id, value, isCritical = false) {
  return sequence(objectId(id), ...(isCritical ? [boolean(true)] : []), tlv(0x04, value));
}

function distinguishedName(commonName) {
  return sequence(tlv(0x31, sequence(objectId(OID.commonName), tlv(0x0c, Buffer.from(commonName)))));
}

/** RFC 5280 §4.1.2.5: UTCTime until 2049, GeneralizedTime from then on. */
function time(date) {
  const digits = date.toISOString().replace(/[-:T]|\.\d+/g, '');
  return date.getUTCFullYear() < 2050 ? tlv(0x17, Buffer.from(digits.slice(2))) : tlv(0x18, Buffer.from(digits));
}

function boolean(value) {
  return tlv(0x01, Buffer.from([value ? 0xff : 0]));
}

function integer(bytes) {
  return tlv(0x02, bytes);
}

function bitString(bytes) {
  return tlv(0x03, Buffer.concat([Buffer.from([0]), bytes]));
}

function sequence(...parts) {
  return tlv(0x30, Buffer.concat(parts));
}

function objectId(dotted) {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  return tlv(0x06, Buffer.from([first * 40 + second, ...rest.flatMap(base128)]));
}

function base128(number) {
  const digits = [number & 0x7f];
  for (let rest = number >>> 7; rest > 0; rest >>>= 7) digits.unshift((rest & 0x7f) | 0x80);
  return digits;
}

/** Tag, length and value (X.690 §8.1). */
function tlv(tag, value) {
  const { length } = value;
  if (length < 0x80) return Buffer.concat([Buffer.from([tag, length]), value]);
  const bytes = length < 0x100 ? [length] : [length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, 0x80 | bytes.length, ...bytes]), value]);
}
