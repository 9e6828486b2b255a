import { html } from './html.ts';
import type { ExpiredModel } from './models.ts';
import { applicationName, nameHtml, type Page, renderPage, type Site } from './page.ts';
import { safeUrl } from './safe-url.ts';

/** Explains a page that can no longer be used, and offers to start again. */
export function expiredPage(site: Site, model: ExpiredModel): Page {
  const say = site.say(model.locale);
  const again = safeUrl(model.startAgainHref);
  const application = nameHtml(applicationName(model.application, say));
  const words = model.reason === 'expired' ? 'expired' : 'expired.used';
  const title = say.text(`${words}.title`);
  return renderPage(site, model, {
    id: 'expired',
    title,
    main: html`<h1 id="expired-title">${title}</h1>
<p class="lead" id="expired-text">${say.text(`${words}.text`)}</p>
${
  again === undefined
    ? html`<p class="next" id="next-step">${say.html('expired.manual', { application })}</p>`
    : html`<div class="choices"><a class="primary" id="start-again" href="${again}">${say.text('expired.startAgain')}</a></div>
${model.application !== undefined && html`<p class="next" id="next-step">${model.application.isOnDevice === true ? say.text('device.startAgain') : say.html('expired.next', { application })}</p>`}`
}`,
  });
}
