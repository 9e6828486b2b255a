export { type FileWatch, type FileWatchOptions, watchFiles } from './watch-files.ts';
