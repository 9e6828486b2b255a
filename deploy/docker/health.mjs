// The image's health check, run by Docker: exit code 0 when the process inside can do its work.
//
//   node health.mjs [URL]     default: http://127.0.0.1:5558/healthz, where `telemetry.http` listens in the image

const url = process.argv[2] ?? 'http://127.0.0.1:5558/healthz';

try {
  const response = await fetch(url, { redirect: 'error', signal: AbortSignal.timeout(2000) });
  await response.body?.cancel();
  process.exitCode = response.ok ? 0 : 1;
} catch {
  process.exitCode = 1;
}
