import { createHash } from "node:crypto";
import { chmodSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, expect, test, vi } from "vitest";
import { temporaryFolder } from "../../tests/temporary.js";
import { downloadWheel } from "./wheel.mjs";
import { CUDA_WHEELS, WHEELS } from "./wheels.mjs";

beforeEach(() => void vi.spyOn(console, "log").mockImplementation(() => undefined));

const CONTENT = "what the wheel holds";
const wheel = {
  requirement: "library==1.0",
  tag: "manylinux2014_x86_64",
  bytes: CONTENT.length,
  sha256: createHash("sha256").update(CONTENT).digest("hex"),
  what: "a library",
};

/** Stands for a Python whose pip "downloads" the given content. */
function fakePython(content: string): string {
  const path = join(
    temporaryFolder({
      python: `#!/bin/sh
while [ "$1" != --dest ]; do shift; done
printf '%s' '${content}' > "$2/library-1.0.whl"`,
    }),
    "python",
  );
  chmodSync(path, 0o755);
  return path;
}

test("every wheel is pinned by version and hash", () => {
  for (const { requirement, sha256 } of [...(Object.values(WHEELS) as (typeof wheel)[]), ...CUDA_WHEELS]) {
    expect(requirement).toMatch(/^[a-z0-9-]+==\d+(\.\d+){2,3}$/);
    expect(sha256).toMatch(/^[0-9a-f]{64}$/);
  }
});

test("a download with another hash is refused and not kept", async () => {
  const cache = temporaryFolder();
  expect(await downloadWheel(wheel, fakePython("something else"), cache)).toMatch(/SHA-256/);
  expect(readdirSync(cache)).toEqual([]);
});

test("a wheel that was cut short is downloaded again; a good one is not", async () => {
  const cache = temporaryFolder();
  expect(await downloadWheel(wheel, fakePython(CONTENT), cache)).toBeUndefined();
  const [name] = readdirSync(cache);
  expect(await downloadWheel(wheel, "no-such-python", cache)).toBeUndefined();
  writeFileSync(join(cache, name), CONTENT.slice(0, 5));
  expect(await downloadWheel(wheel, "no-such-python", cache)).toMatch(/pip download/);
  expect(await downloadWheel(wheel, fakePython(CONTENT), cache)).toBeUndefined();
});
