import { html } from './html.ts';
import type { StillSignedInModel } from './models.ts';
import { applicationName, nameHtml, type Page, renderPage, type Site } from './page.ts';
import { webUrl } from './safe-url.ts';

/** For a person who was asked whether to sign out, and would rather not. */
export function stillSignedInPage(site: Site, model: StillSignedInModel): Page {
  const say = site.say(model.locale);
  const back = webUrl(model.returnHref);
  const name = nameHtml(applicationName(model.application, say));
  return renderPage(site, model, {
    id: 'still-signed-in',
    title: say.text('stillSignedIn.title'),
    main: html`<h1 id="title">${say.text('stillSignedIn.title')}</h1>
<p class="lead" id="still-signed-in-text">${say.text('stillSignedIn.text')}</p>
${
  back !== undefined &&
  html`<div class="choices"><a class="primary" id="return" href="${back}"><span>${say.html('signedOut.return', { application: name })}</span></a></div>
`
}`,
  });
}
