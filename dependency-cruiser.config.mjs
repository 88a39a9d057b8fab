/** Imports run one way, types included: a layer may import those before it, and each of its parts itself. */
const LAYERS = [
  ["packages/input"],
  ["packages/jit", "packages/physics", "packages/storage"],
  ["packages/mujoco"],
  ["lib/(kernel|project|user-file)"],
  ["lib/tensor"],
  ["lib/tasks", "lib/dynamics"],
  ["lib/algorithms"],
  ["lib/training"],
  ["baselines", "robots"],
  ["tools/export"],
  ["tools/report"],
  ["tools/study"],
  ["tools/notebook"],
  ["api"],
  ["bin"],
  ["reproductions"],
];

/** Paths in one of these folders, or of these files. @param {string[]} parts */
const within = (parts) => `^(${parts.join("|")})(/|[.]ts$)`;
const TESTS = "^tests/|[.]test[.]ts$";
/** @param {string} name @param {object} from @param {object} to */
const forbid = (name, from, to) => ({ name, severity: "error", from, to });

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
    forbid("task by name", { path: within(["lib/algorithms"]), pathNot: TESTS }, { path: "^lib/tasks/(?!task|env)" }),
  ],
  options: {
    tsPreCompilationDeps: true, // sees type-only imports as well
    tsConfig: { fileName: "tsconfig.check.json" },
    enhancedResolveOptions: { exportsFields: ["exports"], conditionNames: ["source", "types", "import", "node"] },
    doNotFollow: { path: "node_modules" },
  },
};
