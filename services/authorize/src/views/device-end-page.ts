import { html } from './html.ts';
import type { DeviceEndModel } from './models.ts';
import { type Page, renderPage, type Site } from './page.ts';
import { localUrl } from './safe-url.ts';

/** Says what became of a device's request, and that the person can go back to it (RFC 8628 §3.3). */
export function deviceEndPage(site: Site, model: DeviceEndModel): Page {
  const say = site.say(model.locale);
  const { outcome } = model;
  const title = say.text(`device.${outcome}.title`);
  const next = say.text(outcome === 'approved' ? 'device.approved.close' : `device.${outcome}.next`);
  return renderPage(site, model, {
    id: 'device-end',
    title,
    main: html`<h1 id="device-${outcome}">${title}</h1>
<p class="lead" id="device-text">${say.text(`device.${outcome}.text`)}</p>
<p class="next" id="next-step">${next}</p>
${
  outcome !== 'approved' &&
  html`<div class="choices"><a class="${outcome === 'gone' ? 'primary' : 'secondary'}" id="start-again" href="${localUrl(model.startAgainHref)}">${say.text('device.another')}</a></div>`
}`,
  });
}
