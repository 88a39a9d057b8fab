/** The same work in other libraries, where a Python has them; `DMO_LAB_PEER_PYTHON` names it (default: python3). */
import { spawnSync } from "node:child_process";
import { packageFile } from "../../lib/project.js";
import { measurement, type Measurement } from "./measure.js";
import type { UpdateShape } from "./tensors.js";

/** What a script of this folder answers to a request; nothing where there is no such Python. */
export function askPeer(script: string, request: object, env: NodeJS.ProcessEnv = {}): unknown {
  const python = process.env.DMO_LAB_PEER_PYTHON || "python3";
  const { status, stdout, stderr } = spawnSync(python, [packageFile(`bin/bench/${script}`)], {
    encoding: "utf8",
    input: JSON.stringify(request),
    env: { ...process.env, ...env },
  });
  if (status === null) return undefined;
  if (status !== 0) throw new Error(`The measurement by ${script} failed:\n${stderr}`);
  return JSON.parse(stdout);
}

/** PyTorch's and JAX's update of the same dynamics model as `<name>/torch` and `<name>/jax`, of those that are installed. */
export function peerUpdates(name: string, shape: UpdateShape, seconds: number, threads: number): Measurement[] {
  const limit = String(threads);
  const milliseconds = askPeer(
    "peers.py",
    { ...shape, seconds, threads },
    {
      OMP_NUM_THREADS: limit,
      MKL_NUM_THREADS: limit,
      NPROC: limit, // threads of JAX
      XLA_FLAGS: threads === 1 ? "--xla_cpu_multi_thread_eigen=false" : "",
      JAX_PLATFORMS: "cpu",
    },
  ) as { [peer: string]: number } | undefined;
  return Object.entries(milliseconds ?? {}).map(([peer, value]) => measurement(`${name}/${peer}`, value, "ms"));
}
