import type { Notice } from '../sessions.ts';
import { type Html, html } from './html.ts';

/** A whole page around its content. */
export function page(title: string, content: Html, notice?: Notice): string {
  return `<!doctype html>
${
  html`<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} · Example App</title>
<link rel="stylesheet" href="/style.css">
</head>
<body>
<header><a href="/">Example App</a></header>
<main>
${notice === undefined ? undefined : noticeBox(notice)}
${content}
</main>
</body>
</html>`.markup
}`;
}

function noticeBox({ kind, title, text, details }: Notice): Html {
  return html`<section class="notice ${kind}" role="${kind === 'bad' ? 'alert' : 'status'}">
<h2>${title}</h2>
<p>${text}</p>
${details === undefined ? undefined : html`<pre>${JSON.stringify(details, undefined, 2)}</pre>`}
</section>`;
}
