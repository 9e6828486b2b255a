import { applicationLinks } from './application-links.ts';
import { displayName } from './display-name.ts';
import { html } from './html.ts';
import { FORWARD, methodMark } from './marks.ts';
import type { ConnectorsModel } from './models.ts';
import { cancelForm, nextStep } from './next-step.ts';
import { applicationName, nameHtml, type Page, renderPage, type Site } from './page.ts';
import { localUrl } from './safe-url.ts';
import { staySignedInChoice } from './stay-signed-in.ts';

/** Asks how the person would like to sign in: one full-width link for each way. */
export function connectorsPage(site: Site, model: ConnectorsModel): Page {
  const say = site.say(model.locale);
  const items = model.methods.map(
    (method) =>
      html`<li><a class="method" id="connector-${method.id}" href="${localUrl(method.href)}"><span class="mark">${methodMark(method.type)}</span><span class="method-name">${say.html(
        'connectors.button',
        { method: nameHtml(displayName(method.name) || method.id) },
      )}</span>${FORWARD}</a></li>
`,
  );
  const choice =
    items.length === 0
      ? html`<p class="notice" id="no-connectors">${say.text('connectors.none')}</p>`
      : html`<p class="lead">${say.text('connectors.lead')}</p>
<ul class="methods" id="connectors" aria-label="${say.text('connectors.list')}">
${items}</ul>
${staySignedInChoice(model.staySignedIn, say)}`;
  return renderPage(site, model, {
    id: 'connectors',
    title:
      model.application === undefined
        ? say.text('connectors.title')
        : say.text('connectors.titleFor', { application: applicationName(model.application, say) }),
    main: html`<h1 id="title">${say.text('connectors.title')}</h1>
${choice}
${cancelForm(model.cancelAction, model.application, say)}${items.length > 0 && nextStep(model.application, say)}${applicationLinks(model.application, say)}`,
    redirectUri: model.cancelAction === undefined ? undefined : model.application?.redirectUri,
  });
}
