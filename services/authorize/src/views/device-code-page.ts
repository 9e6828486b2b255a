import { attributes, html, type SafeHtml } from './html.ts';
import type { DeviceCodeModel, UserCodeFailure } from './models.ts';
import { type Page, renderPage, type Site } from './page.ts';
import { localUrl } from './safe-url.ts';
import type { Say } from './say.ts';
import { waitText } from './wait-text.ts';

/** What a code looks like. */
const EXAMPLE = 'BCDF-BCDF';

/**
 * Asks for the code that a device shows (RFC 8628 §3.3). One that came with the address is filled in and waits for the person
 * (§3.3.1): it is never posted by itself (N67).
 */
export function deviceCodePage(site: Site, model: DeviceCodeModel): Page {
  const say = site.say(model.locale);
  const title = say.text('device.title');
  const { failure, userCode = '' } = model;
  return renderPage(site, model, {
    id: 'device-code',
    title: failure === undefined ? title : say.text('device.failedTitle', { title }),
    main: html`<h1 id="title">${title}</h1>
<p class="lead" id="device-lead">${say.text(userCode !== '' && failure === undefined ? 'device.compare' : 'device.lead')}</p>
${failure !== undefined && failureSummary(failure, say)}
<form id="device-form" class="fields" method="post" action="${localUrl(model.action)}" data-once>
<input type="hidden" name="hmac" value="${model.hmac}">
<div class="field">
<label for="user-code">${say.text('device.code')}</label>
<input id="user-code" class="user-code" name="user_code" type="text" value="${userCode}" maxlength="64" autocomplete="off" autocapitalize="characters" autocorrect="off" spellcheck="false" required${fieldAttributes(failure)}>
<p class="hint" id="user-code-hint">${say.html('device.codeHint', { example: html`<span class="user-code">${EXAMPLE}</span>` })}</p>
</div>
<button class="primary" id="submit-code" type="submit">${say.text('device.submit')}</button>
</form>`,
  });
}

/** After a failure the summary has the focus; on a first visit the field. */
function fieldAttributes(failure: UserCodeFailure | undefined) {
  return attributes({
    'aria-invalid': failure?.reason === 'unknown' ? 'true' : undefined,
    'aria-describedby': failure === undefined ? 'user-code-hint' : 'device-error user-code-hint',
    autofocus: failure === undefined,
  });
}

function failureSummary(failure: UserCodeFailure, say: Say): SafeHtml {
  const text =
    failure.reason === 'throttled'
      ? say.text('device.throttled.text', { wait: waitText(failure.retryAfterSeconds, say) })
      : say.text(`device.${failure.reason}.text`);
  return html`<div class="alert" id="device-error" role="alert" tabindex="-1" autofocus>
<p class="alert-title">${say.text(`device.${failure.reason}.title`)}</p>
<p>${text}</p>
</div>`;
}
