export {
  type AssertionIssuer,
  claimedAssertionIssuer,
  type GrantAssertion,
  type GrantAssertionOutcome,
  type GrantAssertionProblem,
  verifyAuthorizationGrantAssertion,
} from './authorization-grant-assertion.ts';
export {
  type AssertionMethod,
  type ClientAssertion,
  type ClientAssertionOutcome,
  type ClientAssertionProblem,
  claimedClientId,
  JWT_BEARER_ASSERTION_TYPE,
  verifyClientAssertion,
} from './client-assertion.ts';
export { type ClientKeys, type ClientKeysOptions, createClientKeys, type KeyHolder } from './client-keys.ts';
export {
  REQUEST_OBJECT_REFUSED,
  type RequestObject,
  type RequestObjectOutcome,
  type RequestObjectProblem,
  verifyRequestObject,
} from './request-object.ts';
