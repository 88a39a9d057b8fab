/** Compiles TypeScript, each package to a dist/ of its own, and bundles viewer/ if they changed; scripts/setup.mjs does this as well. */
import { fileURLToPath } from "node:url";
import { requireNode } from "./setup/node-version.mjs";

requireNode();
const { ensureBuild } = await import("./setup/build.mjs");
const { ensureViewer } = await import("./setup/viewer.mjs");
const { runAlone } = await import("./setup/main.mjs");
const root = fileURLToPath(new URL("..", import.meta.url));
await runAlone(root, async () => {
  await ensureBuild(root);
  await ensureViewer(root);
});
