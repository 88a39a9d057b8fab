/** The viewer's look, light or dark as the reader's system is; the scene's and the traces' colours stand here as well. */
export const STYLE = `
:host {
  display: block; container-type: inline-size; overflow: hidden; outline: none;
  color: var(--ink); background: var(--paper);
  font: 13px/1.35 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
  --ink: #1b1f24; --soft: #5b6470; --paper: #ffffff; --line: #d5dae0; --hover: #eef1f4; --accent: #33669a;
  --sky: #eef3f8; --ground: #ccd4dc; --grid: #8793a0; --skylight: 1.6; --sunlight: 2;
  --joint: #33669a; --action: #c4591b; --reward: #1c7a2f; --measure: #7a3fa0;
}
@media (prefers-color-scheme: dark) {
  :host {
    --ink: #e8eaed; --soft: #a3adb8; --paper: #14171b; --line: #39414b; --hover: #262c34; --accent: #7fb0e0;
    --sky: #1a1f26; --ground: #3a4048; --grid: #77818c; --skylight: 1.3; --sunlight: 1.9;
    --joint: #7fb0e0; --action: #f2a065; --reward: #6cc780; --measure: #c79be8;
  }
}
.viewer { display: grid; height: 100%; grid-template: "view traces" minmax(0, 1fr) "bar bar" auto / minmax(0, 1fr) 352px; }
.view { grid-area: view; position: relative; overflow: hidden; }
.view canvas { display: block; position: absolute; inset: 0; width: 100%; height: 100%; cursor: grab; touch-action: none; }
.view canvas:active { cursor: grabbing; }
.title { position: absolute; z-index: 1; left: 16px; top: 12px; pointer-events: none; font-weight: 600; font-size: 15px; }
.title select { pointer-events: auto; font: inherit; max-width: 60cqw; }
.summary { color: var(--soft); font-weight: 400; font-size: 13px; font-variant-numeric: tabular-nums; }
.failure { margin: 64px 16px; color: var(--soft); }
.traces { grid-area: traces; display: flex; flex-direction: column; overflow-y: auto; padding: 4px 14px 10px; border-left: 1px solid var(--line); scrollbar-width: thin; }
h2 { display: flex; justify-content: space-between; margin: 10px 0 2px; font-size: 12px; font-weight: 600; color: var(--ink); }
.note { color: var(--soft); font-weight: 400; font-variant-numeric: tabular-nums; }
section { display: flex; flex-direction: column; flex: var(--rows) 0 auto; max-height: calc(30px + var(--rows) * 44px); }
.plots { --name: 106px; --value: 84px; position: relative; flex: 1; display: grid; grid-auto-rows: minmax(26px, 1fr);
  cursor: col-resize; user-select: none; touch-action: pan-y; }
.row { position: relative; display: flex; justify-content: space-between; align-items: center; }
.row canvas { position: absolute; left: var(--name); top: 2px; width: calc(100% - var(--name) - var(--value));
  height: calc(100% - 4px); }
.name { width: var(--name); overflow: hidden; text-overflow: ellipsis; white-space: nowrap; color: var(--soft); }
.value { white-space: nowrap; font-variant-numeric: tabular-nums; }
.mark { position: absolute; top: 0; bottom: 0; width: 1px; background: var(--ink); opacity: 0.55; pointer-events: none;
  left: calc(var(--name) + (100% - var(--name) - var(--value)) * var(--part, 0)); }
.bar { grid-area: bar; display: flex; align-items: center; gap: 8px; padding: 6px 10px; border-top: 1px solid var(--line); }
button { display: grid; place-items: center; width: 32px; height: 32px; padding: 0; border: 0; border-radius: 6px;
  color: var(--ink); background: none; cursor: pointer; }
button:hover { background: var(--hover); }
button[data-icon="follow"][aria-pressed="true"] { color: var(--accent); background: var(--hover); }
button svg { width: 20px; height: 20px; fill: currentColor; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: -2px; }
:host(:focus-visible) .view::after { content: ""; position: absolute; inset: 0; border: 2px solid var(--accent); pointer-events: none; }
.clock { min-width: 96px; text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
.bar select { height: 28px; }
select { font: inherit; color: inherit; background: var(--paper); border: 1px solid var(--line); border-radius: 6px; }
.time { flex: 1; min-width: 40px; height: 20px; margin: 0; accent-color: var(--accent); }
.bare { grid-template: "view" minmax(0, 1fr) "bar" auto / minmax(0, 1fr); }
.bare .traces { display: none; }
@container (max-width: 640px) {
  .viewer:not(.bare) { grid-template: "view" minmax(0, 3fr) "bar" auto "traces" minmax(0, 2fr) / minmax(0, 1fr); }
  .traces { border-left: 0; border-top: 1px solid var(--line); }
  .clock { min-width: 0; }
}
`;
