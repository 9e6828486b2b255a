import { isUtf8 } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import { OAuthError } from '@tessera/errors';
import { type Parameters, parseFormParameters } from '@tessera/oauth';
import { parseMultipartForm } from './multipart.ts';

/** Most bytes of a form. Everything we read from outside is far below it. */
export const MAX_FORM_BYTES = 64 * 1024;

const FORM_TYPE = /^application\/x-www-form-urlencoded(?:; ?charset=(?:utf-8|"utf-8"))?$/i;

/** `multipart/form-data` with a boundary of RFC 2046 §5.1.1. */
const MULTIPART_TYPE =
  /^multipart\/form-data; ?boundary=(?:[0-9A-Za-z'()+_,./:=?-]{1,70}|"[0-9A-Za-z'()+_,./:=? -]{1,70}")$/i;

/** How a form may be sent: percent-encoded alone, or also in parts (RFC 7578), as ArkID's documentation tells clients to. */
export type FormEncoding = 'urlencoded' | 'urlencoded-or-multipart';

/**
 * Reads a form. Throws OAuthError `invalid_request`: 415 for another content type (compared whole, N92), 413
 * beyond `MAX_FORM_BYTES` (declared or real), 400 for bytes that are not UTF-8, malformed parts, files, and for a client
 * that left midway.
 */
export async function readForm(message: IncomingMessage, encoding: FormEncoding): Promise<Parameters> {
  const contentType = message.headers['content-type'] ?? '';
  const isMultipart = encoding === 'urlencoded-or-multipart' && MULTIPART_TYPE.test(contentType);
  if (!isMultipart && !FORM_TYPE.test(contentType)) {
    throw invalid(415, 'The content type must be application/x-www-form-urlencoded.');
  }
  const bytes = await readBody(message);
  const parameters = isMultipart ? await parseMultipartForm(bytes, contentType) : parsedText(bytes);
  if (parameters === undefined) throw invalid(400, 'The request body is malformed.');
  return parameters;
}

function parsedText(bytes: Buffer): Parameters | undefined {
  const parsed = isUtf8(bytes) ? parseFormParameters(bytes.toString('utf8')) : undefined;
  return parsed?.ok === true ? parsed.parameters : undefined;
}

async function readBody(message: IncomingMessage): Promise<Buffer> {
  if (message.headers['content-encoding'] !== undefined) {
    throw invalid(415, 'Content encodings are not supported.');
  }
  if (Number(message.headers['content-length'] ?? 0) > MAX_FORM_BYTES) throw tooLarge();
  return readBytes(message);
}

/**
 * What comes after the limit is still taken from the connection, and dropped, until the server's request timeout: a
 * client gets its answer only once it may finish sending, and the connection stays in step.
 */
function readBytes(message: IncomingMessage): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    const leave = (): void => reject(invalid(400, 'The request body is incomplete.'));
    const finish = (outcome: () => void): void => {
      message.off('error', leave);
      message.off('close', leave);
      outcome();
    };
    if (message.destroyed) {
      leave();
      return;
    }
    message.on('data', (chunk: Buffer) => {
      const isOver = bytes > MAX_FORM_BYTES;
      bytes += chunk.length;
      if (bytes <= MAX_FORM_BYTES) chunks.push(chunk);
      else if (!isOver) finish(() => reject(tooLarge()));
    });
    message.once('end', () => {
      if (bytes <= MAX_FORM_BYTES)
        finish(() => resolve(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks)));
    });
    message.once('error', leave);
    message.once('close', leave);
  });
}

function tooLarge(): OAuthError {
  return invalid(413, 'The request body is too large.');
}

/** An `invalid_request` with a status of its own. */
export function invalid(
  status: number,
  description: string,
  headers: Readonly<Record<string, string>> = {},
): OAuthError {
  return new OAuthError({ error: 'invalid_request', description, status, headers });
}
