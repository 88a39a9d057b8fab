/** Tensors that are traced to one graph: trees of them, gradients, layers, Adam, random streams, `swap`. */
export {
  adamInit,
  adamUpdate,
  clipByGlobalNorm,
  linearDecay,
  type AdamOptions,
  type AdamState,
  type Trained,
} from "../lib/tensor/adam.js";
export { elu, gru, layerNorm, linear, silu, simNorm, type Params } from "../lib/tensor/layers.js";
export { initLinear, initNetwork, initNorm, type HiddenLayers } from "../lib/tensor/networks.js";
export { RandomStream, streams, type RandomState } from "../lib/tensor/random.js";
export { Composite, Held, loadTree, saveTree, type Part, type TreeState } from "../lib/tensor/state.js";
export { swap } from "../lib/tensor/swap.js";
export { threadCount, useBackend, type BackendInfo, type BackendName } from "@dmo-lab/jit/backend";
export { valueAndGrad, vjp } from "@dmo-lab/jit/grad";
export { jit, type Compiled } from "@dmo-lab/jit/jit";
export { matmulSpeed } from "@dmo-lab/jit/matmul-speed";
export { numericsDigest } from "@dmo-lab/jit/numerics";
export { cloneTree, disposeTree, keepTree, leaves, mapTree, tidy, type Tree } from "@dmo-lab/jit/tree";
export { RowLog, type NumberArray, type SavedState } from "@dmo-lab/storage/saved-state";
export { tf } from "@dmo-lab/jit/tf";
