export { authorityFiles, readAuthorities, systemAuthorities } from './authorities.ts';
export {
  createEgressClient,
  type EgressClient,
  type EgressClientOptions,
  type EgressRequest,
  type EgressResponse,
} from './client.ts';
export { EgressError, type EgressProblem } from './egress-error.ts';
export { createFollowingEgressClient, type FollowedAuthorities } from './followed-authorities.ts';
export { parseJsonObject } from './json-object.ts';
export { checkUrl, type EgressPolicy } from './policy.ts';
