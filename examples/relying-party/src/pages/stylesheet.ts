/** The application's stylesheet, light and dark. */
export const stylesheet = `
:root { color-scheme: light dark; --ground: #f5f6f8; --card: #fff; --text: #1b1f27; --quiet: #596274; --line: #dfe3ea; --accent: #2557d6; --on-accent: #fff; --good: #12703c; --bad: #b3261e; }
@media (prefers-color-scheme: dark) { :root { --ground: #12151b; --card: #1b2029; --text: #e8ebf1; --quiet: #a2acbd; --line: #313947; --accent: #8db0ff; --on-accent: #0d1730; --good: #6fd39c; --bad: #ff9d94; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--text); font: 16px/1.5 system-ui, sans-serif; }
header { padding: 16px 24px; border-bottom: 1px solid var(--line); background: var(--card); }
header a { color: inherit; font-weight: 650; text-decoration: none; }
main { max-width: 760px; margin: 0 auto; padding: 24px 16px 64px; }
h1 { font-size: 1.75rem; line-height: 1.2; margin: 8px 0 8px; }
h2 { font-size: 1.1rem; margin: 0 0 4px; }
p { margin: 0 0 16px; color: var(--quiet); }
p strong { color: var(--text); overflow-wrap: anywhere; }
.card, .notice { background: var(--card); border: 1px solid var(--line); border-radius: 12px; padding: 24px; margin: 0 0 16px; }
.notice.good { border-left: 4px solid var(--good); }
.notice.bad { border-left: 4px solid var(--bad); }
.bad { color: var(--bad); }
fieldset { border: 0; margin: 0 0 16px; padding: 0; }
legend { font-weight: 600; padding: 0; margin-bottom: 8px; }
label { display: flex; align-items: center; gap: 10px; min-height: 44px; }
label.field { flex-direction: column; align-items: flex-start; gap: 4px; margin: 8px 0; }
input[type=checkbox] { width: 20px; height: 20px; accent-color: var(--accent); }
input:not([type]), select { font: inherit; width: 100%; min-height: 44px; padding: 8px 10px; border: 1px solid var(--quiet); border-radius: 8px; background: var(--card); color: inherit; }
button, .button { font: inherit; font-weight: 600; display: inline-block; min-height: 44px; padding: 10px 18px; border-radius: 8px; border: 1px solid var(--quiet); background: var(--card); color: inherit; text-decoration: none; cursor: pointer; }
button.primary { width: 100%; border-color: var(--accent); background: var(--accent); color: var(--on-accent); }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
.actions { display: flex; flex-wrap: wrap; gap: 8px; margin: 0 0 24px; }
.actions form { margin: 0; }
table { width: 100%; border-collapse: collapse; margin-bottom: 12px; }
th, td { text-align: left; vertical-align: top; padding: 8px 0; border-top: 1px solid var(--line); overflow-wrap: anywhere; }
th { width: 34%; padding-right: 12px; font-weight: 500; color: var(--quiet); }
summary { cursor: pointer; padding: 10px 0; }
pre { margin: 0; padding: 12px; border-radius: 8px; background: var(--ground); white-space: pre-wrap; overflow-wrap: anywhere; font: 13px/1.5 ui-monospace, monospace; }
.details { font: 13px/1.5 ui-monospace, monospace; overflow-wrap: anywhere; }
@media (max-width: 480px) { th { width: 100%; } th, td { display: block; } td { border-top: 0; padding-top: 0; } .card { padding: 16px; } }
`;
