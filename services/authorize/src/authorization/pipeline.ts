import type { Parameters } from '@tessera/oauth';
import { findAnswerPlace } from './checks/redirect-uri.ts';
import { CHECKS, type CheckContext, type Told } from './checks-table.ts';
import { ClientRefusal, PageRefusal, Rejection } from './refusal.ts';
import type { ClientKnownRequest, RedirectableRequest, ValidRequest } from './request.ts';

/**
 * Takes an authorization request through the table of checks, from Parsed to Valid (RFC 6749 §4.1.1, OIDC Core §3.1.2.2).
 *
 * @throws PageRefusal before, and ClientRefusal after, the redirect URI is known to be the client's.
 * @throws TesseraError `unavailable` when keys that are needed cannot be fetched.
 */
export async function validateAuthorizationRequest(
  parameters: Parameters,
  context: CheckContext,
): Promise<ValidRequest> {
  let request: object = { parameters };
  for (const { told, run } of CHECKS) {
    try {
      // The table's own type says that what a row needs was added by those before it, and that all together are a ValidRequest.
      request = { ...request, ...(await run(request as never, context)) };
    } catch (thrown) {
      throw thrown instanceof Rejection ? place(thrown, told, request as Partial<ValidRequest>, context) : thrown;
    }
  }
  return request as ValidRequest;
}

/** Decides who is told what is wrong. What is not known yet can only be told to the person. */
function place(
  { error, description, problem }: Rejection,
  told: Told,
  request: Partial<ValidRequest>,
  context: CheckContext,
): PageRefusal | ClientRefusal {
  const target = findTarget(told, request, context);
  return target === undefined
    ? new PageRefusal(problem, description, request.client)
    : new ClientRefusal(error, description, target);
}

function findTarget(
  told: Told,
  request: Partial<ValidRequest>,
  context: CheckContext,
): ClientRefusal['request'] | undefined {
  switch (told) {
    case 'person':
      return undefined;
    case 'client-if-registered': {
      const known = request as ClientKnownRequest;
      const found = findAnswerPlace(known, context);
      return found === undefined ? undefined : { ...found, client: known.client };
    }
    case 'client':
      return request as RedirectableRequest;
  }
}
