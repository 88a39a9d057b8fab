/** The report's look, light or dark as the reader's system is. */
export const STYLE = `
:root { color-scheme: light dark; --ink: #1b1f24; --soft: #5b6470; --paper: #ffffff; --card: #f6f7f9; --line: #dfe3e8; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e8eaed; --soft: #9aa4b0; --paper: #14171b; --card: #1c2127; --line: #333a43; }
}
body { margin: 0 auto; padding: 2rem 1.5rem 4rem; max-width: 1080px; background: var(--paper); color: var(--ink);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; }
.brand { margin: 0; color: var(--soft); font-size: 0.85rem; letter-spacing: 0.08em; text-transform: uppercase; }
h1 { margin: 0 0 1.5rem; font-size: 2rem; line-height: 1.2; letter-spacing: -0.01em; }
h2, summary { margin: 2rem 0 0.5rem; font-size: 1.1rem; font-weight: 600; }
summary { cursor: pointer; }
.note, small { color: var(--soft); font-size: 0.85rem; }
.note { margin: 0.25rem 0; }
.headline { display: flex; flex-wrap: wrap; gap: 1.5rem 3rem; align-items: center; padding: 1.25rem 1.5rem;
  background: var(--card); border: 1px solid var(--line); border-radius: 10px; }
.score b { font-size: 2.75rem; line-height: 1.1; font-variant-numeric: tabular-nums; }
.score span { font-size: 1.4rem; color: var(--soft); }
.score small { display: block; }
dmo-viewer { height: min(75vh, 600px); border: 1px solid var(--line); border-radius: 10px; }
dl { display: flex; flex-wrap: wrap; gap: 0.75rem 2rem; margin: 0; }
dt { color: var(--soft); font-size: 0.85rem; }
dd { margin: 0; font-weight: 600; font-variant-numeric: tabular-nums; }
.figure { overflow-x: auto; }
.figure > div { min-width: 760px; }
.cards { columns: 2; column-gap: 1.25rem; }
.card { break-inside: avoid; margin-bottom: 1.25rem; padding: 0.9rem 1.1rem 0.5rem; border: 1px solid var(--line); border-radius: 10px; }
h3 { margin: 0 0 0.4rem; font-size: 0.95rem; }
table { border-collapse: collapse; width: 100%; font-size: 0.85rem; line-height: 1.35; }
th, td { padding: 0.3rem 0.75rem 0.3rem 0; border-top: 1px solid var(--line); text-align: left; vertical-align: top;
  font-variant-numeric: tabular-nums; }
th, .card td:nth-child(3) { color: var(--soft); font-weight: 400; }
td:first-child { white-space: nowrap; }
@media (max-width: 800px) { .cards { columns: 1; } }
`;
