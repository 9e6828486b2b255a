import type { AuthorizePorts } from '../ports.ts';
import { checkAcrValues } from './checks/acr.ts';
import { checkClient } from './checks/client.ts';
import { checkHints } from './checks/hints.ts';
import { checkLength } from './checks/length.ts';
import { checkNonce } from './checks/nonce.ts';
import { checkPkceChallenge } from './checks/pkce.ts';
import { checkPrompt } from './checks/prompt.ts';
import { checkRedirectUri } from './checks/redirect-uri.ts';
import { checkRegistration } from './checks/registration.ts';
import { checkRepetition } from './checks/repetition.ts';
import { checkRequestObject } from './checks/request-object.ts';
import { checkResponseMode } from './checks/response-mode.ts';
import { checkResponseType } from './checks/response-type.ts';
import { checkScope } from './checks/scope.ts';
import { checkSubject } from './checks/subject.ts';
import type { ParsedRequest, ValidRequest } from './request.ts';

/** What the checks look things up in. */
export type CheckContext = Pick<
  AuthorizePorts,
  | 'config'
  | 'clock'
  | 'logger'
  | 'clients'
  | 'connectors'
  | 'resourceModel'
  | 'clientKeys'
  | 'verificationKeys'
  | 'egress'
>;

/**
 * Whom a check's error is told to. `person`: on a page of ours, as no address is known to be the client's. `client`: where
 * and how the request's answer goes. `client-if-registered`: at the redirect URI outside the request object if that is the
 * client's, else on a page.
 */
export type Told = 'person' | 'client-if-registered' | 'client';

/** A check in the table: what it adds to the request becomes part of what the next ones see. */
export interface CheckRow {
  readonly name: string;
  readonly told: Told;
  readonly run: (request: never, context: CheckContext) => object | Promise<object>;
}

interface Table<Request> {
  readonly rows: readonly CheckRow[];
  /** Whatever the check needs of the request must have been added by the rows before it. */
  readonly check: <Added extends object>(
    name: string,
    told: Told,
    run: (request: Request, context: CheckContext) => Added | Promise<Added>,
  ) => Table<Request & Added>;
}

function table<Request>(rows: readonly CheckRow[]): Table<Request> {
  return { rows, check: (name, told, run) => table([...rows, { name, told, run }]) };
}

/**
 * The checks of an authorization request (RFC 6749 §4.1.1, OIDC Core §3.1.2.2 and §3.2.2.2) in their order. The order
 * decides what is told where: a page of ours up to the redirect URI (RFC 6749 §4.1.2.1 and §4.2.2.1), the client from there
 * on; in which way, says `answer-mode.ts`.
 */
const checks: Table<ValidRequest> = table<ParsedRequest>([])
  .check('client', 'person', checkClient)
  .check('request object', 'client-if-registered', checkRequestObject)
  .check('redirect URI', 'person', checkRedirectUri)
  .check('repetition', 'client', checkRepetition)
  .check('length', 'client', checkLength)
  .check('registration', 'client', checkRegistration)
  .check('response type', 'client', checkResponseType)
  .check('response mode', 'client', checkResponseMode)
  .check('scope', 'client', checkScope)
  .check('nonce', 'client', checkNonce)
  .check('PKCE', 'client', checkPkceChallenge)
  .check('prompt', 'client', checkPrompt)
  .check('authentication context', 'client', checkAcrValues)
  .check('subject', 'client', checkSubject)
  .check('hints', 'client', checkHints);

/** The rows of the table. */
export const CHECKS: readonly CheckRow[] = checks.rows;
