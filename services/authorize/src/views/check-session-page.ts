import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { escapeText } from './html.ts';
import type { Page } from './page.ts';

/**
 * The session iframe (OIDC Session Management §3.2): a page without a face whose one script is admitted by its hash. It is for
 * frames of any origin (N70): what it tells is nothing to anybody but the client that was answered. `cookieName` is that of the
 * browser state. Reads the script once.
 */
export function createCheckSessionPage(cookieName: string): Page {
  const script = readFileSync(new URL('./assets/check-session.js', import.meta.url), 'utf8');
  const hash = createHash('sha256').update(script).digest('base64');
  return {
    html: `<!doctype html>
<html lang="en" data-cookie="${escapeText(cookieName)}">
<meta charset="utf-8">
<title>Session</title>
<script>${script}</script>
</html>
`,
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': `default-src 'none'; script-src 'sha256-${hash}'; frame-ancestors *; form-action 'none'; base-uri 'none'`,
      'cache-control': 'public, max-age=300',
      'cross-origin-resource-policy': 'cross-origin',
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
    },
  };
}
