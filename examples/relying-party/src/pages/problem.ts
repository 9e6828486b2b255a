import type { Problem } from '../problem.ts';
import { html } from './html.ts';
import { page } from './layout.ts';

/** The page that tells what went wrong, whose turn it is, and the way back. */
export function problemPage({ title, text, details }: Problem): string {
  return page(
    title,
    html`<section class="card">
<h1>${title}</h1>
<p>${text}</p>
${details === undefined ? undefined : html`<p class="details">${details}</p>`}
<p><a class="button" href="/">Back to the start</a></p>
</section>`,
  );
}
