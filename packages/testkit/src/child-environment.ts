const INHERITED = ['PATH', 'HOME', 'XDG_CACHE_HOME', 'TMPDIR', 'TZ'];

/**
 * The environment of a started server: where programs and temporary files are, UTF-8, and `extra`. Nothing else is
 * inherited, so a test does not depend on the shell it is run from. This is the only place of the package that reads
 * `process.env`.
 */
export function childEnvironment(extra: Readonly<Record<string, string>> = {}): Record<string, string> {
  const environment: Record<string, string> = { LANG: 'C.UTF-8' };
  for (const name of INHERITED) {
    const value = process.env[name];
    if (value !== undefined) environment[name] = value;
  }
  return { ...environment, ...extra };
}
