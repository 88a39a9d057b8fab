/** Imports run one way, types included: a layer may import those before it, and each of its parts itself. */
const LAYERS = [
  ["lib/(errors|kernel|project|schema|setting|user-file)"],
  ["lib/tensor", "lib/physics"],
  ["lib/tasks", "lib/dynamics"],
  ["lib/algorithms"],
  ["lib/training"],
  ["lib/report"],
  ["lib/study"],
  ["lib/notebook"],
  ["lib/(api|index)"],
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

/** Rooms within a layer that know nothing of what lies beside them. */
const TRACING = "^lib/tensor/(backend|bfloat16|grad|graph|jit|kernels|tf|trace|tracing|tree)[.]";
const MUJOCO = "^lib/physics/(mujoco|mjcf)";

export default {
  forbidden: [
    ...upwards.slice(0, -1), // nothing is above the last
    forbid("circle", {}, { circular: true }),
    forbid("test in the product", { path: within(LAYERS.flat()), pathNot: TESTS }, { path: TESTS }),
    forbid("method in traced tensors", { path: TRACING, pathNot: TESTS }, { path: "^lib/tensor/", pathNot: TRACING }),
    forbid("MuJoCo in the physics", { path: "^lib/physics/", pathNot: `${MUJOCO}|${TESTS}` }, { path: MUJOCO }),
    forbid("task by name", { path: within(["lib/algorithms"]), pathNot: TESTS }, { path: "^lib/tasks/(?!task|env)" }),
  ],
  options: {
    tsPreCompilationDeps: true, // sees type-only imports as well
    tsConfig: { fileName: "tsconfig.check.json" },
    doNotFollow: { path: "node_modules" },
  },
};
