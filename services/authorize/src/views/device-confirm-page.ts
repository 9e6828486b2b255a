import { applicationLinks } from './application-links.ts';
import { accessList } from './approval-page.ts';
import { html, type SafeHtml } from './html.ts';
import type { DeviceConfirmModel } from './models.ts';
import { applicationName, nameHtml, type Page, renderPage, type Site } from './page.ts';
import { requestedAccess } from './requested-access.ts';
import { localUrl } from './safe-url.ts';
import type { Say } from './say.ts';

/**
 * Asks whether the person began what a device asks for: which application, for what, since when (RFC 8628 §5.4). Whoever was sent
 * a code by somebody else is told what would happen (N67). The way on is a link, because it may lead to an upstream, where no
 * form of ours may.
 */
export function deviceConfirmPage(site: Site, model: DeviceConfirmModel): Page {
  const say = site.say(model.locale);
  const name = nameHtml(applicationName(model.application, say));
  const access = requestedAccess(model, model.audienceNames ?? new Map(), say);
  const title = say.text('device.confirm.title');
  return renderPage(site, model, {
    id: 'device-confirm',
    title,
    main: html`<h1 id="title">${title}</h1>
<p class="lead" id="device-lead">${say.html('device.confirm.lead', { application: name, issuer: nameHtml(site.issuerName) })}</p>
${facts(model, say)}
<div class="alert" id="device-warning">
<p class="alert-title">${say.text('device.confirm.warningTitle')}</p>
<p>${say.text('device.confirm.warning')}</p>
</div>
${accessList('access-see', say.text('approval.see'), access.see, false, say)}${accessList('access-do', say.text('approval.do'), access.do, false, say)}<div class="choices"><a class="primary" id="continue" href="${localUrl(model.continueHref)}"><span>${say.text('device.confirm.continue')}</span></a>
<form id="refuse-form" method="post" action="${localUrl(model.refuseAction)}" data-once><button class="secondary" id="refuse" type="submit">${say.text('device.confirm.refuse')}</button></form></div>
${applicationLinks(model.application, say)}`,
  });
}

function facts({ userCode, begunSecondsAgo }: DeviceConfirmModel, say: Say): SafeHtml {
  return html`<dl class="facts">
<div><dt>${say.text('device.confirm.code')}</dt><dd class="user-code" id="device-user-code">${userCode}</dd></div>
<div><dt>${say.text('device.confirm.begun')}</dt><dd id="device-begun">${agoText(begunSecondsAgo, say)}</dd></div>
</dl>`;
}

/** "40 seconds ago", "2 minutes ago", "3 hours ago". */
function agoText(seconds: number, say: Say): string {
  const whole = Math.max(1, Math.floor(seconds));
  const [amount, unit] =
    whole < 60
      ? ([whole, 'second'] as const)
      : whole < 3_600
        ? ([Math.floor(whole / 60), 'minute'] as const)
        : ([Math.floor(whole / 3_600), 'hour'] as const);
  return new Intl.RelativeTimeFormat(say.locale).format(-amount, unit);
}
