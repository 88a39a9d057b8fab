import { expect, test } from "vitest";
import manifest from "../../package.json" with { type: "json" };
import { NODE_RANGE, supportsNode } from "./node-version.mjs";

test("the range is the one of package.json", () => {
  expect(manifest.engines.node).toBe(NODE_RANGE);
});

test.each(["20.19.0", "20.20.2", "22.12.0", "22.21.1", "23.0.0", "24.1.0", "26.0.0"])(
  "Node %s is in the range",
  (version) => {
    expect(supportsNode(version)).toBe(true);
  },
);

test.each(["18.20.8", "20.18.3", "21.7.3", "22.11.0"])("Node %s is not", (version) => {
  expect(supportsNode(version)).toBe(false);
});
