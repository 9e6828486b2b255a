import 'reflect-metadata';
import { randomBytes, webcrypto } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  PemConverter,
  SubjectAlternativeNameExtension,
  type X509Certificate,
  X509CertificateGenerator,
} from '@peculiar/x509';

/** Whom a certificate is for. */
export interface CertificateRequest {
  readonly commonName: string;
  readonly dnsNames?: readonly string[];
  readonly ipAddresses?: readonly string[];
  /** For example a SPIFFE id. */
  readonly uris?: readonly string[];
  /** Whether it is good for TLS servers; true when left out. */
  readonly server?: boolean;
  /** Whether it is good for TLS clients; false when left out. */
  readonly client?: boolean;
}

/** A certificate and its private key (PKCS #8), both PEM. */
export interface IssuedCertificate {
  readonly certPem: string;
  readonly keyPem: string;
}

/** A certificate authority that lives in memory. */
export interface CertificateAuthority {
  /** The self-signed certificate. */
  readonly caPem: string;
  /** Issues a certificate on a new ECDSA P-256 key. @throws Error when it would be good for nothing. */
  issue(request: CertificateRequest): Promise<IssuedCertificate>;
}

/** When certificates are valid. */
export interface Validity {
  /** Start of validity; one minute before now when left out. */
  readonly notBefore?: Date;
  /** End of validity; seven days after the start when left out. */
  readonly notAfter?: Date;
}

const SIGNING = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const WEEK_MS = 7 * 24 * 3_600_000;

/** Creates a {@link CertificateAuthority} (ECDSA P-256). `validity` is that of its certificate and of all it issues. */
export async function createCertificateAuthority(name: string, validity: Validity = {}): Promise<CertificateAuthority> {
  const notBefore = validity.notBefore ?? aMinuteAgo();
  const period = { notBefore, notAfter: validity.notAfter ?? new Date(notBefore.getTime() + WEEK_MS) };
  const keys = await createKeyPair();
  const authority = await X509CertificateGenerator.createSelfSigned(
    {
      serialNumber: randomSerial(),
      name: [{ CN: [name] }],
      keys,
      signingAlgorithm: SIGNING,
      ...period,
      extensions: [
        new BasicConstraintsExtension(true, undefined, true),
        new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
      ],
    },
    webcrypto,
  );
  return {
    caPem: pemOf(authority),
    issue: (request) => issue(request, { authority, signingKey: keys.privateKey, period }),
  };
}

/**
 * Writes certificates for services into `directory` (created when missing): `ca.pem`, and for each service
 * `<service>.pem` and `<service>.key` (mode 0600). Each is good for TLS servers and clients under the DNS names
 * `<service>.tessera.internal` and `localhost` and the address 127.0.0.1, for seven days.
 */
export async function writeServiceCertificates(
  directory: string,
  services: readonly string[],
): Promise<CertificateAuthority> {
  const authority = await createCertificateAuthority('Tessera test authority');
  await mkdir(directory, { recursive: true });
  await writeFile(join(directory, 'ca.pem'), authority.caPem);
  for (const service of services) {
    const { certPem, keyPem } = await authority.issue({
      commonName: service,
      dnsNames: [`${service}.tessera.internal`, 'localhost'],
      ipAddresses: ['127.0.0.1'],
      server: true,
      client: true,
    });
    await writeFile(join(directory, `${service}.pem`), certPem);
    await writeFile(join(directory, `${service}.key`), keyPem, { mode: 0o600 });
  }
  return authority;
}

interface Issuer {
  readonly authority: X509Certificate;
  readonly signingKey: webcrypto.CryptoKey;
  readonly period: { readonly notBefore: Date; readonly notAfter: Date };
}

async function issue(request: CertificateRequest, issuer: Issuer): Promise<IssuedCertificate> {
  const { commonName, dnsNames = [], ipAddresses = [], uris = [], server = true, client = false } = request;
  const usages = [...(server ? [ExtendedKeyUsage.serverAuth] : []), ...(client ? [ExtendedKeyUsage.clientAuth] : [])];
  if (usages.length === 0) throw new Error(`a certificate for ${commonName} must be for a server, a client or both`);
  const names = [
    ...dnsNames.map((value) => ({ type: 'dns' as const, value })),
    ...ipAddresses.map((value) => ({ type: 'ip' as const, value })),
    ...uris.map((value) => ({ type: 'url' as const, value })),
  ];
  const keys = await createKeyPair();
  const certificate = await X509CertificateGenerator.create(
    {
      serialNumber: randomSerial(),
      subject: [{ CN: [commonName] }],
      issuer: issuer.authority.subject,
      publicKey: keys.publicKey,
      signingKey: issuer.signingKey,
      signingAlgorithm: SIGNING,
      ...issuer.period,
      extensions: [
        new BasicConstraintsExtension(false, undefined, true),
        new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
        new ExtendedKeyUsageExtension(usages),
        ...(names.length > 0 ? [new SubjectAlternativeNameExtension(names)] : []),
      ],
    },
    webcrypto,
  );
  const key = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey);
  return { certPem: pemOf(certificate), keyPem: `${PemConverter.encode(key, 'PRIVATE KEY')}\n` };
}

// Leaves room for the small difference between two machines' clocks.
function aMinuteAgo(): Date {
  const time = new Date();
  time.setUTCMinutes(time.getUTCMinutes() - 1);
  return time;
}

async function createKeyPair(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(SIGNING, true, ['sign', 'verify']);
}

function pemOf(certificate: X509Certificate): string {
  return `${certificate.toString('pem')}\n`;
}

// RFC 5280 §4.1.2.2: a positive integer; the leading 01 keeps it positive and without leading zeros.
function randomSerial(): string {
  return `01${randomBytes(15).toString('hex')}`;
}
