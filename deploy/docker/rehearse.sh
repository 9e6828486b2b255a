#!/usr/bin/env bash
# Rehearses the Dockerfile without a container engine: the same commands in a copy of the checkout, then the files of the
# image as the root of a process (chroot) that runs as uid 1001. Needs root, and the Node and npm of the image (26).
#
#   deploy/docker/rehearse.sh
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/../.."
PATH="$PWD/node_modules/.bin:$PATH"
work=$(mktemp -d)
pid=
finish() {
  if [ -n "$pid" ]; then kill "$pid" 2>/dev/null && wait "$pid" 2>/dev/null || true; fi
  rm -rf "$work"
}
trap finish EXIT

echo "copying the checkout"
mkdir "$work/src" "$work/image"
git ls-files -z --cached --others --exclude-standard | xargs -0 -I{} sh -c 'test ! -e "$1" || echo "$1"' _ {} | tar -cf - -T - | tar -xf - -C "$work/src"

cd "$work/src"
echo "building"
npm install --ignore-scripts --no-audit --no-save --loglevel=error
TURBO_TELEMETRY_DISABLED=1 npm exec --offline turbo run build -- --output-logs=errors-only
node deploy/docker/assemble.mjs "$work/image"

echo "running"
inside=(env -i PATH=/usr/local/bin NODE_ENV=production /usr/sbin/chroot --userspec=1001:1001 "$work/image" node)
mkdir -p "$work/image/etc/tessera"
sed -e 's#file: examples/dex.db#file: /var/lib/tessera/tessera.db#' examples/config.yaml >"$work/image/etc/tessera/config.yaml"
"${inside[@]}" /opt/tessera/packages/cli/dist/main.js version
"${inside[@]}" /opt/tessera/packages/cli/dist/main.js serve --config /etc/tessera/config.yaml \
  --web-http-addr 127.0.0.1:25556 --telemetry-addr 127.0.0.1:25558 >"$work/log" 2>&1 &
pid=$!
for attempt in $(seq 100); do
  if "${inside[@]}" /opt/tessera/deploy/docker/health.mjs http://127.0.0.1:25558/healthz; then break; fi
  if [ "$attempt" = 100 ]; then cat "$work/log"; exit 1; fi
  sleep 0.1
done
"${inside[@]}" --input-type=module --eval '
  const discovery = await fetch("http://127.0.0.1:25556/dex/.well-known/openid-configuration");
  const { issuer } = await discovery.json();
  const query = "client_id=example-app&redirect_uri=http://127.0.0.1:5555/callback&response_type=code&scope=openid";
  const page = await fetch("http://127.0.0.1:25556/dex/auth?" + query);
  const [style] = /\/dex\/static\/[^"]+\.css/.exec(await page.text()) ?? [];
  const asset = await fetch("http://127.0.0.1:25556" + style);
  if (!discovery.ok || !page.ok || !asset.ok) throw new Error([discovery, page, asset].map(({ status }) => status).join());
  console.log("discovery, sign-in page and stylesheet of", issuer, "answered");
'
kill "$pid"
wait "$pid"
pid=
echo "stopped with exit code 0"
du -sh --apparent-size "$work/image" | sed 's#\t.*#\tthe whole image#'
du -sh --apparent-size "$work/image/usr/local/bin/node" "$work/image/opt/tessera" | sed "s#$work/image##"
