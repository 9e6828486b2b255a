import { PAUSE_IMAGE } from '../engine-settings.ts';
import type { StandIn } from '../stand-in.ts';

/** What holds the namespaces of a pod, and collects processes whose parents are gone: the engine's own small init. */
export const PAUSE: StandIn = {
  name: PAUSE_IMAGE,
  from: 'docker.io/library/debian:forky-slim AS init',
  mounts: { '/mnt/init': '/usr/libexec/podman/catatonit' },
  dockerfile: [
    'RUN cp -L /mnt/init /pause',
    'FROM scratch',
    'COPY --from=init /pause /pause',
    'ENTRYPOINT ["/pause", "-P"]',
  ],
};
