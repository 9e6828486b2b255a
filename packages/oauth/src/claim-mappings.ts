/**
 * Claims computed by expressions: claim name → expression in the Common Expression Language. Names of protocol claims
 * (`iss`, `sub`, `aud`, `exp`, …) are refused. An expression sees `identity`, `client`, `connector`, `scopes` and `claims`;
 * one that yields null leaves the claim out.
 */
export type ClaimMappings = Readonly<Record<string, string>>;
