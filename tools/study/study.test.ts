import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { temporaryFolder } from "../../tests/temporary.js";
import { defineStudy, jobsOf, loadStudy, type Study, trainArguments } from "./study.js";

const study = defineStudy({
  name: "horizons",
  tasks: ["hopper", "cartpole"],
  algorithms: ["dmo", "shac"],
  seeds: [1, 2, 3],
  settings: [{}, { horizon: 8 }, { name: "wide", actor: { hidden: [512, 256] }, "critic.hidden": [256, 256] }],
});

describe("the runs of a study", () => {
  it("are every combination, a seed after the other, each with a place of its own", () => {
    const jobs = jobsOf(study);
    expect(jobs.map(({ name }) => name).slice(0, 7)).toEqual([
      "hopper/dmo/seed1",
      "hopper/dmo+horizon=8/seed1",
      "hopper/dmo+wide/seed1",
      "hopper/shac/seed1",
      "hopper/shac+horizon=8/seed1",
      "hopper/shac+wide/seed1",
      "cartpole/dmo/seed1",
    ]);
    expect(jobs).toHaveLength(2 * 2 * 3 * 3);
    expect(jobs.map(({ config }) => config.seed)).toEqual([1, 2, 3].flatMap((seed) => Array<number>(12).fill(seed)));
    expect(new Set(jobs.map(({ name }) => name)).size).toBe(jobs.length);
    expect(jobsOf({ ...study, seeds: [1, 2, 3, 4] }).slice(0, 36)).toEqual(jobs);
  });

  it("have the settings of their variant, as the command line takes them", () => {
    const wide = jobsOf(study)[5];
    expect(wide.config).toMatchObject({ task: "hopper", horizon: 32, actor: { hidden: [512, 256] }, critic: { hidden: [256, 256] } }); // prettier-ignore
    expect(trainArguments(wide, "runs/x").join(" ")).toBe(
      "--task hopper --algorithm shac --seed 1 --set actor.hidden=512,256 --set critic.hidden=256,256 --out runs/x --resume",
    );
  });

  it("take overrides from the general to the particular, and the variant last", () => {
    const jobs = jobsOf({
      ...study,
      base: { epochs: 1, gamma: 0.1, envs: 1, evaluationEpisodes: 1 },
      overrides: { "hopper/shac": { gamma: 0.4 }, shac: { gamma: 0.3, envs: 3 }, hopper: { gamma: 0.2, envs: 2 } },
      settings: [{}, { evaluationEpisodes: 9 }],
    });
    const of = (name: string) => {
      const { epochs, gamma, envs, evaluationEpisodes } = jobs.find((job) => job.name === name)!.config;
      return { epochs, gamma, envs, evaluationEpisodes };
    };
    expect(of("cartpole/dmo/seed1")).toEqual({ epochs: 1, gamma: 0.1, envs: 1, evaluationEpisodes: 1 });
    expect(of("hopper/dmo/seed1")).toEqual({ epochs: 1, gamma: 0.2, envs: 2, evaluationEpisodes: 1 });
    expect(of("hopper/shac/seed1")).toEqual({ epochs: 1, gamma: 0.4, envs: 3, evaluationEpisodes: 1 });
    expect(of("hopper/shac+evaluationEpisodes=9/seed1").evaluationEpisodes).toBe(9);
  });

  it("on MuJoCo are a variant of that name", () => {
    const [job] = jobsOf({ ...study, algorithms: ["dmo"], settings: [{ engine: "mujoco", horizon: 8 }] });
    expect(job.name).toBe("hopper/dmo+mujoco,horizon=8/seed1");
  });

  it("in the laptop's preset are a variant of that name, which overrides go over", () => {
    const overrides = { hopper: { "dynamics.updates": 7 } };
    const [job] = jobsOf({ ...study, algorithms: ["dmo"], overrides, settings: [{ preset: "laptop" }] });
    expect(job.name).toBe("hopper/dmo+laptop/seed1");
    expect(job.config).toMatchObject({ preset: "laptop", dynamics: { updates: 7, prediction: "kinematic" } });
    expect(trainArguments(job, "out").join(" ")).toContain("--set preset=laptop");
  });

  it.each<[string, Partial<Study>, string]>([
    ["a setting that is unknown", { settings: [{ horizonn: 8 }] }, 'run hopper/dmo+horizonn=8/seed1 of the study: setting "horizonn" is unknown. Did you mean "horizon"?'],
    ["a setting that an algorithm does not have", { settings: [{ dynamics: { batch: 64 } }] }, 'run hopper/shac+dynamics.batch=64/seed1 of the study: setting "dynamics.batch" is unknown.'],
    ["a value that is not allowed", { base: { gamma: 2 } }, 'setting gamma is "2"; allowed: a number from 0 to 1.'],
    ["a name that is no folder's", { settings: [{ name: "a/b" }] }, 'the name of settings is "a/b"; allowed: letters, digits'],
    ["two of one name", { seeds: [1, 1] }, 'study "horizons" has two runs hopper/dmo/seed1; allowed:'],
  ])("are refused for %s", (_, change, message) => {
    expect(() => jobsOf({ ...study, ...change })).toThrow(message);
  }); // prettier-ignore
});

describe("a study file", () => {
  const load = (name: string, content: string) => loadStudy(join(temporaryFolder({ [name]: content }), name));
  const text = (change: object) => `export default ${JSON.stringify({ ...study, ...change })};`;

  it("is TypeScript or JavaScript, and leaves nothing behind", async () => {
    const folder = temporaryFolder({
      "study.ts": `import { four } from "./four.js"; type Seeds = readonly number[];
        export default { ...(${JSON.stringify(study)} as object), seeds: [four] satisfies Seeds };`,
      "four.js": "export const four = 4;",
    });
    const { readdirSync } = await import("node:fs");
    expect(await loadStudy(join(folder, "study.ts"))).toEqual({ ...study, seeds: [4] });
    expect(readdirSync(folder).sort()).toEqual(["four.js", "study.ts"]);
    expect(await load("study.js", text({}))).toEqual(study);
  });

  it.each([
    [
      "a field that is unknown",
      text({ algoritms: ["dmo"] }),
      /study.ts": algoritms is unknown. Did you mean "algorithms"\?/,
    ],
    ["no seeds", text({ seeds: undefined }), /study.ts": seeds is missing; allowed: a list of whole numbers from 0\./],
    ["a seed that is none", text({ seeds: [1.5] }), /: seeds\[0\] is 1.5; allowed: a whole number from 0\./],
    ["a name that is no folder's", text({ name: "../x" }), /: name is "..\/x"; allowed: letters, digits/],
    [
      "settings that are no list",
      text({ settings: { horizon: 8 } }),
      /: settings is {"horizon":8}; allowed: a list of/,
    ],
    ["an override of nothing", text({ overrides: { sac: {} } }), /override "sac" is unknown. Did you mean "shac"\?/],
    [
      "an override without settings",
      text({ overrides: { shac: 8 } }),
      /: overrides.shac is 8; allowed: settings such as/,
    ],
    ["an unknown task", text({ tasks: ["hoper"] }), /task "hoper" is unknown. Did you mean "hopper"\?/],
    ["an unknown algorithm", text({ algorithms: ["shak"] }), /algorithm "shak" is unknown. Did you mean "shac"\?/],
    ["nothing", "export const study = 1;", /its default export is no study; write: export default defineStudy/],
    [
      "a slip of syntax",
      "export default {\n name: 'x'\n tasks: []\n};",
      /study file ".*study.ts", line 3: ',' expected\./,
    ],
  ])("with %s is refused in one line", async (_, content, message) => {
    await expect(load("study.ts", content)).rejects.toThrow(message);
  });

  it("has to be there, and of a kind that can be run", async () => {
    await expect(loadStudy("none.ts")).rejects.toThrow('study file "none.ts": there is no such file.');
    await expect(load("study.yaml", "")).rejects.toThrow(/study.yaml"; allowed: a file that ends in \.ts/);
  });
});
