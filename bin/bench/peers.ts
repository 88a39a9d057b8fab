/** PyTorch's and JAX's update of the same dynamics model, where a Python has them. */
import { spawnSync } from "node:child_process";
import { packageFile } from "../../lib/project.js";
import { measurement, type Measurement } from "./measure.js";
import type { UpdateShape } from "./tensors.js";

/**
 * Their updates as `<name>/torch` and `<name>/jax`; those that are not installed are left out.
 * `DMO_LAB_PEER_PYTHON` names the Python (default: python3).
 */
export function peerUpdates(name: string, shape: UpdateShape, seconds: number, threads: number): Measurement[] {
  const python = process.env.DMO_LAB_PEER_PYTHON || "python3";
  const request = JSON.stringify({ ...shape, seconds, threads });
  const limit = String(threads);
  const { status, stdout, stderr } = spawnSync(python, [packageFile("bin/bench/peers.py"), request], {
    encoding: "utf8",
    env: {
      ...process.env,
      OMP_NUM_THREADS: limit,
      MKL_NUM_THREADS: limit,
      NPROC: limit, // threads of JAX
      XLA_FLAGS: threads === 1 ? "--xla_cpu_multi_thread_eigen=false" : "",
      JAX_PLATFORMS: "cpu",
    },
  });
  if (status === null) return []; // there is no such Python
  if (status !== 0) throw new Error(`The peers' measurement failed:\n${stderr}`);
  const milliseconds = JSON.parse(stdout) as { [peer: string]: number };
  return Object.entries(milliseconds).map(([peer, value]) => measurement(`${name}/${peer}`, value, "ms"));
}
