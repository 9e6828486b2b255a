import type { FileWatch } from './watch-files.ts';

/** Watches that several users share, so that the same files are read, and told of, once. */
export interface WatchSharing {
  /** The watch of that name; the first to ask makes it. It ends when everybody who asked has closed theirs. */
  open<T>(name: string, create: () => FileWatch<T>): FileWatch<T>;
}

/** Creates a {@link WatchSharing}, for one process. */
export function createWatchSharing(): WatchSharing {
  const shared = new Map<string, { readonly watch: FileWatch<unknown>; users: number }>();
  return {
    open<T>(name: string, create: () => FileWatch<T>): FileWatch<T> {
      const entry = shared.get(name) ?? { watch: create(), users: 0 };
      shared.set(name, entry);
      entry.users += 1;
      const watch = entry.watch as FileWatch<T>;
      const endings = new Set<() => void>();
      let isClosed = false;
      return {
        current: () => watch.current(),
        check: () => watch.check(),
        onChange(listener) {
          const end = watch.onChange(listener);
          endings.add(end);
          return () => {
            endings.delete(end);
            end();
          };
        },
        close() {
          if (isClosed) return;
          isClosed = true;
          for (const end of endings) end();
          entry.users -= 1;
          if (entry.users > 0) return;
          shared.delete(name);
          entry.watch.close();
        },
      };
    },
  };
}
