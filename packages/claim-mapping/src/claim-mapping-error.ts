/** A mapping of the configuration that can never work. The message names the place, the claim and the fault. */
export class ClaimMappingError extends Error {
  override readonly name = 'ClaimMappingError';
  /** The claim whose expression is at fault. */
  readonly claim: string;

  constructor(where: string, claim: string, fault: string) {
    super(`${where}: the claim "${claim}" cannot be computed: ${fault}`);
    this.claim = claim;
  }
}
