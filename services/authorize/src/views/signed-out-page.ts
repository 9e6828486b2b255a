import { html } from './html.ts';
import { logoutFrames } from './logout-frames.ts';
import type { SignedOutModel } from './models.ts';
import { applicationName, nameHtml, type Page, renderPage, type Site } from './page.ts';
import { safeUrl } from './safe-url.ts';

/** Confirms that the session has ended (OIDC RP-Initiated Logout §2). */
export function signedOutPage(site: Site, model: SignedOutModel): Page {
  const say = site.say(model.locale);
  const back = safeUrl(model.returnHref);
  const name = nameHtml(applicationName(model.application, say));
  return renderPage(site, model, {
    id: 'signed-out',
    title: say.text('signedOut.title'),
    main: html`<h1 id="signed-out">${say.text('signedOut.title')}</h1>
<p class="lead" id="signed-out-text">${say.html('signedOut.text', { issuer: nameHtml(site.issuerName) })}</p>
${
  back !== undefined &&
  html`<div class="choices"><a class="primary" id="return" href="${back}"><span>${say.html('signedOut.return', { application: name })}</span></a></div>
`
}<p class="next" id="next-step">${say.text('signedOut.shared')}</p>${logoutFrames(model.frames ?? [])}`,
    frames: model.frames,
  });
}
