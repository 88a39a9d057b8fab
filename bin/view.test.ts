import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { temporaryFolder } from "../tests/temporary.js";
import { ensureViewer } from "../scripts/setup/viewer.mjs";
import { chromium, launchBrowser, openFile } from "../tests/browser.js";
import { runHere, TINY } from "../tests/command-line.js";

beforeAll(() => ensureViewer(process.cwd()));

/** A run of a moment on CartPole. */
async function trained(): Promise<string> {
  const run = join(temporaryFolder(), "run");
  const task = ["--task", "cartpole", "--algorithm", "dmo", "--epochs", "2"];
  const { code, stderr } = await runHere("train", ...task, "--out", run, "--quiet", ...TINY);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  return run;
}

test("random actions as a page, the same for the same seed", async () => {
  const folder = temporaryFolder();
  const [a, b, c] = ["a.html", "b.html", "c.html"].map((name) => join(folder, name));
  const { code, stdout } = await runHere("view", "hopper", "--policy", "random", "--out", a);
  expect({ code, stdout }).toEqual({ code: 0, stdout: `Viewer: open ${a} in a browser\n` });
  await runHere("view", "hopper", "--policy", "random", "--out", b);
  await runHere("view", "hopper", "--policy", "random", "--out", c, "--seed", "1");
  const [first, same, other] = [a, b, c].map((file) => readFileSync(file, "utf8"));
  expect(first).toContain("<title>hopper, random actions</title>");
  expect(same).toBe(first);
  expect(other).not.toBe(first);
});

test("the policy of a run: a page of its own in the run's folder, and in the report", async () => {
  const run = await trained();
  expect((await runHere("view", "cartpole", "--policy", run)).code).toBe(0);
  expect(readFileSync(join(run, "view.html"), "utf8")).toContain("<title>cartpole, policy of run</title>");
  const misfit = await runHere("view", "hopper", "--policy", run);
  expect(misfit.stderr).toBe(`--policy "${run}" was trained on cartpole; allowed: a run on hopper.\n`);
  const report = join(run, "report.html");
  expect((await runHere("report", run)).code).toBe(0);
  if (!chromium) return expect(readFileSync(report, "utf8")).toContain("<dmo-viewer");
  const browser = await launchBrowser();
  const { page, complaints } = await openFile(browser, report, { offline: true });
  await page.locator("dmo-viewer .title", { hasText: "DMO on CartPole" }).waitFor();
  await page.locator(".figure .main-svg").first().waitFor();
  expect(complaints).toEqual({ errors: [], requests: [] });
  await browser.close();
});

test.skipIf(!chromium).each(["webm", "mp4"])("an episode as a video that a browser plays, .%s", async (ending) => {
  const video = join(temporaryFolder(), `hopper.${ending}`);
  expect(await runHere("view", "hopper", "--policy", "random", "--video", video)).toMatchObject({
    code: 0,
    stdout: `Video: ${video}\n`,
  });
  const browser = await launchBrowser();
  const file = join(temporaryFolder(), "page.html");
  // A page may not look at pictures of another file, so the video is in it.
  const url = `data:video/${ending};base64,${readFileSync(video).toString("base64")}`;
  writeFileSync(file, `<video muted src="${url}"></video>`);
  const { page } = await openFile(browser, file);
  const shown = await page.evaluate(`new Promise((resolve, reject) => {
    const video = document.querySelector("video");
    const canvas = document.createElement("canvas").getContext("2d");
    video.onerror = () => reject(new Error(video.error.message));
    const pixels = [];
    video.onseeked = () => {
      canvas.drawImage(video, 0, 0, 300, 150);
      pixels.push([...canvas.getImageData(0, 0, 300, 150).data].join());
      if (pixels.length === 1) video.currentTime = 0.3;
      else resolve([video.videoWidth, video.videoHeight, video.duration, pixels[0] === pixels[1], new Set(pixels[0].split(",")).size]);
    };
    const begin = () => (video.currentTime = 0.05);
    if (video.readyState > 1) begin();
    else video.onloadeddata = begin;
  })`);
  const [width, height, duration, same, colors] = shown as [number, number, number, boolean, number];
  expect([width, height, same]).toEqual([640, 360, false]);
  expect(duration).toBeGreaterThan(0.3);
  expect(colors).toBeGreaterThan(50);
  await browser.close();
});

describe("refuses with one line and exit code 2", () => {
  const cases: [string, string[], RegExp][] = [
    ["a task that there is not", ["hoper"], /^task "hoper" is unknown. Did you mean "hopper"\?/],
    ["no task", [], /^an argument is missing/],
    ["a folder without a run", ["hopper", "--policy", "none"], /^"none" holds no run/],
    [
      "a video of another kind",
      ["hopper", "--video", "x.gif"],
      /^--video is "x.gif"; allowed: a file named .mp4 or .webm/,
    ],
    ["a seed that is no number", ["hopper", "--seed", "-1"], /^option --seed is "-1"/],
  ];
  for (const [name, argv, message] of cases)
    test(name, async () => {
      const { code, stdout, stderr } = await runHere("view", ...argv);
      expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
      expect(stderr).toMatch(message);
    });

  test("a file that is not a page stays as it is", async () => {
    const file = join(temporaryFolder(), "notes.txt");
    writeFileSync(file, "notes");
    const { code, stderr } = await runHere("view", "cartpole", "--out", file);
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: `--out "${file}" exists and is not an HTML page; name another file.\n`,
    });
    expect(readFileSync(file, "utf8")).toBe("notes");
  });

  test.skipIf(process.platform !== "linux")("a desktop that is not there, after the page is written", async () => {
    const file = join(temporaryFolder(), "page.html");
    const { DISPLAY, WAYLAND_DISPLAY } = process.env;
    delete process.env.DISPLAY;
    delete process.env.WAYLAND_DISPLAY;
    const { code, stderr } = await runHere("view", "cartpole", "--out", file, "--open");
    Object.assign(process.env, { ...(DISPLAY && { DISPLAY }), ...(WAYLAND_DISPLAY && { WAYLAND_DISPLAY }) });
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining("no desktop") as string });
    expect(existsSync(file)).toBe(true);
  });
});
