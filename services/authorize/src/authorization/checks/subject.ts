import { type ClaimRequest, type ClaimsRequest, parseClaimsRequest } from '@tessera/oauth';
import { type IdTokenHintContext, verifyIdTokenHint } from '../id-token-hint.ts';
import { Rejection } from '../refusal.ts';
import type { IdTokenHint, TypedRequest, ValidRequest } from '../request.ts';

/**
 * OIDC Core §5.5: the `claims` parameter; what is malformed is refused. §3.1.2.2: a `sub` that it asks for by value or values, and an
 * `id_token_hint`, both say who has to be the one that signs in, and must not differ. A hint that is not ours is refused, as in
 * Dex.
 */
export async function checkSubject(
  request: TypedRequest,
  context: IdTokenHintContext,
): Promise<Pick<ValidRequest, 'claims' | 'idTokenHint'>> {
  const { asked, client } = request;
  const claims = parseClaims(asked.get('claims'));
  const token = asked.get('id_token_hint');
  const hint = token === undefined ? undefined : await verifyIdTokenHint(token, client, context);
  if (token !== undefined && hint === undefined) {
    throw new Rejection('invalid_request', 'The id_token_hint is not an ID token of this client.');
  }
  return { claims, idTokenHint: mergeSubjects(hint, claims?.idToken?.['sub']) };
}

function parseClaims(text: string | undefined): ClaimsRequest | undefined {
  if (text === undefined) return undefined;
  const outcome = parseClaimsRequest(text);
  if (!outcome.ok) throw new Rejection('invalid_request', 'The parameter claims is malformed.');
  return outcome.claims;
}

/** OIDC Core §5.5.1: `value` names one, `values` names several of whom each would do. */
function mergeSubjects(hint: IdTokenHint | undefined, asked: ClaimRequest | undefined): IdTokenHint | undefined {
  const accepted = asked?.value === undefined ? asked?.values : [asked.value];
  if (accepted === undefined) return hint;
  const subjects = accepted.filter((subject) => typeof subject === 'string');
  const [subject, ...alternatives] = subjects;
  const isContradicted = hint !== undefined && !subjects.includes(hint.subject);
  if (subject === undefined || subjects.length < accepted.length || isContradicted) {
    throw new Rejection('invalid_request', 'The sub in claims is not the one of the id_token_hint.');
  }
  return hint ?? { subject, ...(alternatives.length === 0 ? {} : { alternatives }) };
}
