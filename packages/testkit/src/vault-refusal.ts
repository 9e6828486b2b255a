/** What the server answers instead of doing something. */
export class VaultRefusal extends Error {
  readonly status: number;
  /** Whether `errors` stays empty, as where there is nothing to read. */
  readonly isSilent: boolean;

  constructor(status: number, message: string, { isSilent = false }: { readonly isSilent?: boolean } = {}) {
    super(message);
    this.name = 'VaultRefusal';
    this.status = status;
    this.isSilent = isSilent;
  }
}
