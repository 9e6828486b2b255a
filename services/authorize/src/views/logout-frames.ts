import { html, type SafeHtml } from './html.ts';
import { webUrl } from './safe-url.ts';

/**
 * Hidden frames in which applications forget the person (OIDC Front-Channel Logout §3). They may use their own cookies and
 * scripts, and not touch the page around them. Nothing for addresses that are not on the web.
 */
export function logoutFrames(addresses: readonly string[]): readonly SafeHtml[] {
  return addresses.flatMap((address) => {
    const src = webUrl(address);
    return src === undefined
      ? []
      : [
          html`<iframe hidden title="" sandbox="allow-scripts allow-same-origin allow-forms" src="${src}"></iframe>
`,
        ];
  });
}
