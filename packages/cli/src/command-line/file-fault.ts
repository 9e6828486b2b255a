const faults: Readonly<Partial<Record<string, string>>> = {
  ENOENT: 'does not exist',
  ENOTDIR: 'does not exist',
  EACCES: 'cannot be read: permission denied',
  EPERM: 'cannot be read: permission denied',
  EISDIR: 'is a folder',
};

/** Why a file could not be read, as the rest of a sentence that begins with its name. */
export function fileFault(error: unknown): string {
  return faults[systemErrorCode(error) ?? ''] ?? 'cannot be read';
}

/** The system's code of an error, e.g. `ENOENT`; undefined when it has none. */
export function systemErrorCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
