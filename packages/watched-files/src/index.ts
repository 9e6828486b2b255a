export { type Access, type AccessSources, isTlsFailure, openAccess } from './access.ts';
export { type AccessOptions, openSecret, type Secret, type SecretOptions } from './secret.ts';
export { createWatchSharing, type WatchSharing } from './shared-watch.ts';
export { type TlsFileNames, type TlsMaterial, watchTlsFiles } from './tls-files.ts';
export { type FileWatch, type FileWatchOptions, watchFiles } from './watch-files.ts';
