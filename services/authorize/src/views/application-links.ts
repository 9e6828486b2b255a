import { attributes, html, type SafeHtml } from './html.ts';
import type { ApplicationModel } from './models.ts';
import { webUrl } from './safe-url.ts';
import type { Say } from './say.ts';

/**
 * Where the application tells about itself: its page, its privacy policy and its terms. They open beside the sign-in, which
 * stays as it is, and learn nothing of it. Nothing when none of them is on the web.
 */
export function applicationLinks(application: ApplicationModel | undefined, say: Say): SafeHtml | undefined {
  const links = (
    [
      ['page', application?.clientUri],
      ['policy', application?.policyUri],
      ['terms', application?.tosUri],
    ] as const
  ).flatMap(([key, address]) => {
    const href = webUrl(address);
    if (href === undefined) return [];
    const identity = attributes({ id: `application-${key}` });
    return [
      html`<a${identity} href="${href}" target="_blank" rel="noopener noreferrer">${say.text(`application.${key}`)}</a>\n`,
    ];
  });
  if (links.length === 0) return undefined;
  return html`<nav class="links application-links" id="application-links" aria-label="${say.text('application.links')}">${links}</nav>
`;
}
