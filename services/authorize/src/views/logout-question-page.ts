import { displayName } from './display-name.ts';
import { html } from './html.ts';
import type { LogoutQuestionModel } from './models.ts';
import { nextStep } from './next-step.ts';
import { nameHtml, type Page, renderPage, type Site } from './page.ts';
import { localUrl } from './safe-url.ts';

/** Asks whether the person wants to sign out (OIDC RP-Initiated Logout §2). */
export function logoutQuestionPage(site: Site, model: LogoutQuestionModel): Page {
  const say = site.say(model.locale);
  const { name, email } = model.person;
  const person = [name, email].map((text) => displayName(text ?? '')).find((text) => text !== '');
  const fields = model.fields.map(([field, value]) => html`<input type="hidden" name="${field}" value="${value}">\n`);
  return renderPage(site, model, {
    id: 'logout-question',
    title: say.text('logout.title'),
    main: html`<h1 id="title">${say.text('logout.title')}</h1>
<p class="lead" id="logout-text">${say.html('logout.text', { issuer: nameHtml(site.issuerName) })}</p>
${
  person !== undefined &&
  html`<p class="lead" id="logout-person">${say.html('logout.person', { person: html`<strong><bdi>${person}</bdi></strong>` })}</p>
`
}<form id="logout-form" class="choices" method="post" action="${localUrl(model.action)}" data-once>
${fields}<button class="primary" id="sign-out" type="submit" name="logout" value="yes">${say.text('logout.submit')}</button>
<button class="secondary" id="stay" type="submit" name="logout" value="no">${say.text('logout.stay')}</button>
</form>
${model.application?.redirectUri !== undefined && nextStep(model.application, say)}`,
    redirectUri: model.application?.redirectUri,
    formTargets: model.leadsTo,
  });
}
