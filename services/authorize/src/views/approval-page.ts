import { CHOICE_FIELD, isChoosable, scopeField } from '../consent/approved-scopes.ts';
import { applicationLinks } from './application-links.ts';
import { displayName } from './display-name.ts';
import { attributes, html, type SafeHtml } from './html.ts';
import type { ApplicationModel, ApprovalModel } from './models.ts';
import { applicationName, firstLetter, hostText, nameHtml, type Page, renderPage, type Site } from './page.ts';
import { type AccessItem, requestedAccess } from './requested-access.ts';
import { localUrl } from './safe-url.ts';
import type { Say } from './say.ts';

/** Asks whether the application may have what it asks for (OIDC Core §3.1.2.4). */
export function approvalPage(site: Site, model: ApprovalModel): Page {
  const say = site.say(model.locale);
  const name = applicationName(model.application, say);
  const access = requestedAccess(model, model.audienceNames ?? new Map(), say);
  const canChoose = isChoosable(model.scopes);
  return renderPage(site, model, {
    id: 'approval',
    title: say.text('approval.title', { application: name }),
    main: html`<h1 id="title">${say.html('approval.title', { application: nameHtml(name) })}</h1>
<p class="lead">${say.html('approval.lead', { application: nameHtml(name), issuer: nameHtml(site.issuerName) })}</p>
${personRow(model.person, say)}
<form id="approval-form" method="post" action="${localUrl(model.action)}" data-once>
<input type="hidden" name="req" value="${model.req}">
<input type="hidden" name="hmac" value="${model.hmac}">
${canChoose && html`<input type="hidden" name="${CHOICE_FIELD}" value="yes">\n`}${accessList('access-see', say.text('approval.see'), access.see, canChoose, say)}${accessList('access-do', say.text('approval.do'), access.do, canChoose, say)}${canChoose && html`<p class="hint">${say.text('approval.choose')}</p>\n`}${model.canRemember === true && rememberBox(name, say)}<div class="choices"><button class="primary" id="approve" type="submit" name="approval" value="approve"><span>${say.html('approval.approve', { application: nameHtml(name) })}</span></button>
<button class="secondary" id="reject" type="submit" name="approval" value="rejected">${say.text('approval.reject')}</button></div>
</form>
<p class="next" id="next-step">${whatFollows(model.application, say)}</p>
${applicationLinks(model.application, say)}`,
    redirectUri: model.application.redirectUri,
  });
}

function whatFollows(application: ApplicationModel, say: Say): SafeHtml {
  const name = applicationName(application, say);
  if (application.isOnDevice === true) return say.html('device.approvalNext', { application: nameHtml(name) });
  const host = html`<bdi>${hostText(application, say) ?? name}</bdi>`;
  return say.html('approval.next', { application: nameHtml(name), host });
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

/** What is asked for, as a list with a headline; nothing when it is empty. */
export function accessList(
  id: string,
  title: string,
  items: readonly AccessItem[],
  canChoose: boolean,
  say: Say,
): SafeHtml | undefined {
  if (items.length === 0) {
    return undefined;
  }
  return html`<section class="access" id="${id}" aria-labelledby="${id}-title"><h2 id="${id}-title">${title}</h2><ul>
${items.map((item) => accessItem(item, canChoose, say))}</ul></section>
`;
}

/** A box for what the person can leave out; what they cannot is told without one. */
function accessItem({ scope, index, text, description }: AccessItem, canChoose: boolean, say: Say): SafeHtml {
  const isEmphasized = scope?.isEmphasized === true;
  const words = html`<span class="access-text">${text}${isEmphasized && html` <strong class="emphasis">${say.text('approval.emphasized')}</strong>`}${
    description !== '' && html`<span class="hint">${description}</span>`
  }</span>`;
  const look = attributes({ class: isEmphasized ? 'emphasized' : undefined });
  if (!canChoose || scope === undefined) return html`<li${look}>${words}</li>\n`;
  const field = scopeField(index);
  return scope.isRequired
    ? html`<li${look}><input type="hidden" name="${field}" value="yes">${words}</li>\n`
    : html`<li${look}><label class="box" for="${field}"><input id="${field}" name="${field}" type="checkbox" value="yes" checked>${words}</label></li>\n`;
}

function rememberBox(name: string, say: Say): SafeHtml {
  return html`<label class="box" for="remember"><input id="remember" name="remember" type="checkbox" value="yes"><span>${say.html('approval.remember', { application: nameHtml(name) })}</span></label>
`;
}
