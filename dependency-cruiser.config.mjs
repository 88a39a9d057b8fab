/** Imports run one way, types included: a layer may import those before it, and each of its parts itself. */
const LAYERS = [
  ["packages/input"],
  ["packages/jit", "packages/physics", "packages/storage"],
  ["packages/mujoco"],
  ["lib/(kernel|project)"],
  ["lib/tensor"],
  ["lib/tasks", "lib/dynamics"],
  ["lib/algorithms"],
  ["lib/training"],
  ["baselines", "robots"],
  ["tools/export", "tools/simulate", "tools/user"],
  ["tools/report"],
  ["tools/study"],
  ["tools/notebook"],
  ["api"],
  ["bin", "browser"],
  ["reproductions"],
];

/** Paths in one of these folders, or of these files. @param {string[]} parts */
const within = (parts) => `^(${parts.join("|")})(/|[.]ts$)`;
const TESTS = "^tests/|[.]test[.]ts$";
/** What may run in a browser: no disk, no threads. */
const ANYWHERE = ["lib/tensor", "lib/tasks", "lib/dynamics", "lib/algorithms", "packages/physics", "packages/jit"];
/** Parts of these that may not: where a task's engine is made, and the native back end. */
const NATIVE = "^lib/tasks/engines[.]ts$|^packages/jit/(backend|gpu|graph|trace|numerics)[.]ts$";
/** @param {string} name @param {object} from @param {object} to */
const forbid = (name, from, to) => ({ name, severity: "error", from, to });

const anywhere = { path: within(ANYWHERE), pathNot: `${TESTS}|/dist/|${NATIVE}` };

const upwards = LAYERS.flatMap((layer, i) =>
  layer.map((part) => {
    const others = LAYERS.slice(i).flat();
    others.splice(others.indexOf(part), 1);
    return forbid(`above or beside ${part}`, { path: within([part]), pathNot: TESTS }, { path: within(others) });
  }),
);

export default {
  forbidden: [
    ...upwards.slice(0, -1), // nothing is above the last
    forbid("circle", {}, { circular: true }),
    forbid("test in the product", { path: within(LAYERS.flat()), pathNot: TESTS }, { path: TESTS }),
    forbid(
      "tensors in MuJoCo",
      { path: within(["packages/mujoco"]), pathNot: TESTS },
      { path: within(["packages/jit"]) },
    ),
    forbid("Node where a browser could run", anywhere, { dependencyTypes: ["core"] }),
    forbid("disk or MuJoCo where a browser could run", anywhere, {
      path: within(["lib/project", "packages/mujoco", "packages/storage"]),
      pathNot: "^packages/storage/saved-state[.]ts$",
    }),
    forbid("task by name", { path: within(["lib/algorithms"]), pathNot: TESTS }, { path: "^lib/tasks/(?!task|env)" }),
  ],
  options: {
    tsPreCompilationDeps: true, // sees type-only imports as well
    tsConfig: { fileName: "tsconfig.check.json" },
    enhancedResolveOptions: { exportsFields: ["exports"], conditionNames: ["source", "types", "import", "node"] },
    doNotFollow: { path: "node_modules" },
  },
};
