/** The one style sheet: system fonts, light and dark, from 320 px up; text contrast above 4.5. */
export const pageStyle = `
:root {
  color-scheme: light dark;
  --ground: #f3f4f7; --card: #ffffff; --line: #d9dde5; --text: #1a1e26; --quiet: #545c6a;
  --accent: #1d4fd7; --on-accent: #ffffff; --accent-deep: #173fae;
  --good: #14723a; --good-soft: #e3f4e9; --bad: #b3261e; --bad-soft: #fbe9e7;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #0f1218; --card: #181c24; --line: #313845; --text: #e8ebf1; --quiet: #a3adbd;
    --accent: #8fb2ff; --on-accent: #0c1530; --accent-deep: #b3caff;
    --good: #6fd195; --good-soft: #16301f; --bad: #ff9d94; --bad-soft: #3a1c1a;
  }
}
* { box-sizing: border-box; margin: 0; }
body {
  min-height: 100vh; padding: clamp(1.25rem, 8vh, 5rem) 1rem; background: var(--ground); color: var(--text);
  font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif;
  overflow-wrap: anywhere;
}
header, main, footer { max-width: 34rem; margin: 0 auto; }
header { padding: 0 0.25rem 0.75rem; color: var(--quiet); font-size: 0.9rem; }
header strong { color: var(--text); }
main {
  padding: 2rem; background: var(--card); border: 1px solid var(--line); border-radius: 0.75rem;
  box-shadow: 0 1px 2px rgb(0 0 0 / 6%), 0 8px 24px rgb(0 0 0 / 6%);
}
footer { padding: 0.75rem 0.25rem; color: var(--quiet); font-size: 0.9rem; }
.mark {
  display: block; width: 3rem; height: 3rem; margin-bottom: 1rem; padding: 0.75rem;
  border-radius: 50%; fill: none; stroke: currentColor; stroke-width: 2.5;
  stroke-linecap: round; stroke-linejoin: round;
}
.good { color: var(--good); background: var(--good-soft); }
.bad { color: var(--bad); background: var(--bad-soft); }
h1 { font-size: 1.5rem; line-height: 1.25; letter-spacing: -0.01em; }
h2 { margin-top: 1.5rem; font-size: 1rem; }
p { margin-top: 0.5rem; }
dl {
  display: grid; grid-template-columns: max-content 1fr; gap: 0.5rem 1.25rem;
  margin-top: 1.5rem; padding-top: 1.25rem; border-top: 1px solid var(--line);
}
dt { color: var(--quiet); }
dd { font-weight: 600; }
small { display: block; color: var(--quiet); font-size: 0.9rem; font-weight: 400; }
ul { margin-top: 0.5rem; padding: 0; list-style: none; }
li { position: relative; padding: 0.125rem 0 0.125rem 1.5rem; }
li::before {
  content: ""; position: absolute; left: 0.25rem; top: 0.5rem; width: 0.35rem; height: 0.65rem;
  border: solid var(--good); border-width: 0 2px 2px 0; transform: rotate(45deg);
}
.user-code {
  margin-top: 1rem; font: 600 1.75rem/1.25 ui-monospace, "DejaVu Sans Mono", monospace;
  letter-spacing: 0.08em; user-select: all;
}
code {
  padding: 0.1em 0.35em; background: var(--ground); border: 1px solid var(--line);
  border-radius: 0.3rem; font: 0.9em ui-monospace, "DejaVu Sans Mono", monospace;
  display: inline-block; max-width: 100%;
}
.action {
  display: block; margin-top: 1.75rem; padding: 0.75rem 1rem; border-radius: 0.5rem;
  background: var(--accent); color: var(--on-accent); font-weight: 600; text-align: center;
  text-decoration: none;
}
.action:hover { background: var(--accent-deep); }
.action:focus-visible { outline: 3px solid var(--text); outline-offset: 3px; }
@media (max-width: 30rem) {
  body { padding: 1.25rem 0.75rem; }
  main { padding: 1.5rem 1.25rem; }
  dl { grid-template-columns: 1fr; gap: 0; }
  dd + dt { margin-top: 0.75rem; }
}
@media (forced-colors: active) {
  .action { border: 2px solid; }
}
`
