/** The whole look of the sign-in page: system fonts, light and dark, one column. */
export const pageStyle = `
:root { color-scheme: light dark; --ink: #1c2024; --paper: #f4f5f7; --card: #fff; --line: #d9dce1;
  --soft: #5b6470; --accent: #0b5cad; --on-accent: #fff; --good: #17703a; --bad: #b3261e; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6e8eb; --paper: #14171a; --card: #1d2125; --line: #373d44; --soft: #a3acb7;
    --accent: #7db9f5; --on-accent: #0d1b29; --good: #7fd6a0; --bad: #ffa49b; }
}
* { box-sizing: border-box; }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 1.25rem;
  background: var(--paper); color: var(--ink); font: 1rem/1.55 system-ui, sans-serif; }
main { width: 100%; max-width: 34rem; padding: 2rem; background: var(--card);
  border: 1px solid var(--line); border-radius: .75rem; overflow-wrap: anywhere; }
.brand { margin: 0 0 1.25rem; color: var(--soft); font-size: .875rem; letter-spacing: .03em; }
h1 { margin: 0 0 1rem; font-size: 1.6rem; line-height: 1.25; }
h2 { margin: 1.5rem 0 .35rem; font-size: 1rem; }
p { margin: 0 0 .9rem; }
ul { margin: 0 0 1rem; padding-left: 1.2rem; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .35rem 1rem; margin: 0 0 1rem; }
dt { color: var(--soft); }
dd { margin: 0; font-weight: 600; }
a { color: var(--accent); }
.button { display: inline-block; margin-top: .5rem; padding: .7rem 1.3rem; border-radius: .5rem;
  background: var(--accent); color: var(--on-accent); font-weight: 600; text-decoration: none; }
a:focus-visible { outline: 3px solid var(--accent); outline-offset: 3px; }
code { padding: .1rem .35rem; border: 1px solid var(--line); border-radius: .3rem;
  font: .9em ui-monospace, monospace; }
.good::before { content: "\\2713\\00a0"; }
.good { color: var(--good); }
.bad { color: var(--bad); }
@media (max-width: 26rem) { main { padding: 1.35rem; } dl { grid-template-columns: 1fr; gap: 0; }
  dd { margin-bottom: .5rem; } .button { display: block; text-align: center; } }
`
