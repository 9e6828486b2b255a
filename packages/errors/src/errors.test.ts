import { expect, test } from 'vitest';
import { errorKinds, grpcStatusOfKind, kindOfGrpcStatus, OAuthError, TesseraError, toOAuthError } from './index.ts';

test('every error kind survives the way over a gRPC status', () => {
  for (const kind of errorKinds) expect(kindOfGrpcStatus(grpcStatusOfKind[kind])).toBe(kind);
});

test('a thrown value that is not ours becomes internal and keeps its text in the cause only', () => {
  const error = TesseraError.from(new Error('password=hunter2'));
  expect(error.kind).toBe('internal');
  expect(error.message).not.toContain('hunter2');
  expect((error.cause as Error).message).toContain('hunter2');
});

test('RFC 6749 §4.1.2.1: a neighbour that is down is temporarily_unavailable with Retry-After, anything else server_error', () => {
  for (const kind of errorKinds) {
    const answer = toOAuthError(
      new TesseraError({ kind, code: 'x.y', message: 'secret detail', retryAfterSeconds: 7 }),
    );
    expect(answer).toBeInstanceOf(OAuthError);
    const isTemporary = ['unavailable', 'deadline_exceeded', 'resource_exhausted'].includes(kind);
    expect([answer.status, answer.error]).toEqual(
      isTemporary ? [503, 'temporarily_unavailable'] : [500, 'server_error'],
    );
    expect(answer.headers['retry-after']).toBe(isTemporary ? '7' : undefined);
    expect(JSON.stringify(answer.toBody())).not.toContain('secret detail');
  }
});
