import { html, type SafeHtml } from './html.ts';
import type { ApplicationModel } from './models.ts';
import { applicationName, hostText, nameHtml } from './page.ts';
import { localUrl } from './safe-url.ts';
import type { Say } from './say.ts';

/** Says what happens after this page; nothing when no application asked. */
export function nextStep(application: ApplicationModel | undefined, say: Say): SafeHtml | undefined {
  if (application === undefined) {
    return undefined;
  }
  if (application.isOnDevice === true) return html`<p class="next" id="next-step">${say.text('device.next')}</p>`;
  const name = nameHtml(applicationName(application, say));
  const host = hostText(application, say);
  const sentence =
    host === undefined
      ? say.html('next.return', { application: name })
      : say.html('next.returnAt', { application: name, host: html`<bdi>${host}</bdi>` });
  return html`<p class="next" id="next-step">${sentence}</p>`;
}

/** A small form that gives up and goes back to the application. */
export function cancelForm(
  cancelAction: string | undefined,
  application: ApplicationModel | undefined,
  say: Say,
): SafeHtml | undefined {
  if (cancelAction === undefined) {
    return undefined;
  }
  const label =
    application?.isOnDevice === true
      ? say.html('device.cancel')
      : say.html('login.cancel', { application: nameHtml(applicationName(application, say)) });
  return html`<form id="cancel-form" method="post" action="${localUrl(cancelAction)}"><button class="quiet" id="cancel" type="submit"><span>${label}</span></button></form>
`;
}
