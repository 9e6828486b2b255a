/** What a command ends with when it cannot do its work: one message for the person, no stack. */
export class CommandFailure extends Error {
  override readonly name = 'CommandFailure';
  /** Exit code; 2 = the person has to change something before it can work. */
  readonly exitCode: number;

  constructor(message: string, options: { readonly exitCode?: number; readonly cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.exitCode = options.exitCode ?? 2;
  }
}
