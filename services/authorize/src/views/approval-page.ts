import { displayName } from './display-name.ts';
import { html, type SafeHtml } from './html.ts';
import type { ApprovalModel } from './models.ts';
import { applicationName, firstLetter, hostText, nameHtml, type Page, renderPage, type Site } from './page.ts';
import { requestedAccess } from './requested-access.ts';
import { localUrl } from './safe-url.ts';
import type { Say } from './say.ts';

/** Asks whether the application may have what it asks for (OIDC Core §3.1.2.4). */
export function approvalPage(site: Site, model: ApprovalModel): Page {
  const say = site.say(model.locale);
  const name = applicationName(model.application, say);
  const access = requestedAccess(model.scopes, model.audienceNames ?? new Map(), say);
  const host = hostText(model.application, say) ?? name;
  return renderPage(site, model, {
    id: 'approval',
    title: say.text('approval.title', { application: name }),
    main: html`<h1 id="title">${say.html('approval.title', { application: nameHtml(name) })}</h1>
<p class="lead">${say.html('approval.lead', { application: nameHtml(name), issuer: nameHtml(site.issuerName) })}</p>
${personRow(model.person, say)}
${accessList('access-see', say.text('approval.see'), access.see)}${accessList('access-do', say.text('approval.do'), access.do)}
<form id="approval-form" class="choices" method="post" action="${localUrl(model.action)}" data-once>
<input type="hidden" name="req" value="${model.req}">
<input type="hidden" name="hmac" value="${model.hmac}">
<button class="primary" id="approve" type="submit" name="approval" value="approve"><span>${say.html('approval.approve', { application: nameHtml(name) })}</span></button>
<button class="secondary" id="reject" type="submit" name="approval" value="rejected">${say.text('approval.reject')}</button>
</form>
<p class="next" id="next-step">${say.html('approval.next', { application: nameHtml(name), host: html`<bdi>${host}</bdi>` })}</p>`,
    redirectUri: model.application.redirectUri,
  });
}

function personRow(person: ApprovalModel['person'], say: Say): SafeHtml | undefined {
  const names = [person.name, person.email].map((text) => displayName(text ?? '')).filter((text) => text !== '');
  const [first, second] = [...new Set(names)];
  if (first === undefined) {
    return undefined;
  }
  return html`<div class="person" id="person"><span class="initial round" aria-hidden="true">${firstLetter(first)}</span><div><p class="person-name">${say.html('approval.person', { person: html`<strong id="person-name"><bdi>${first}</bdi></strong>` })}</p>${
    second !== undefined && html`<p class="person-email" id="person-email"><bdi>${second}</bdi></p>`
  }</div></div>`;
}

function accessList(id: string, title: string, items: readonly SafeHtml[]): SafeHtml | undefined {
  if (items.length === 0) {
    return undefined;
  }
  return html`<section class="access" id="${id}" aria-labelledby="${id}-title"><h2 id="${id}-title">${title}</h2><ul>
${items.map((item) => html`<li>${item}</li>\n`)}</ul></section>
`;
}
