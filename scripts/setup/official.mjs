import { join, delimiter } from "node:path";
import { sizeBelow } from "./files.mjs";
import { megabytes, say, showProgress } from "./log.mjs";
import { errorLine, run } from "./process.mjs";

// Seconds without a byte: before the first one, during the download, and for what comes after it.
const CONNECT = 8;
const STALL = 30;
const FINISH = 180;

/**
 * Runs the package's own install script, which downloads libtensorflow and a compiled binding from their authors' host.
 * That host is out of reach in many places, so the script is ended as soon as nothing arrives.
 * @param {string} stage a copy of the package, without deps/ and lib/
 * @param {string} modules the node_modules folder with what the script requires
 * @returns {Promise<string | undefined>} what went wrong
 */
export async function officialDownload(stage, modules) {
  say("Trying the official TensorFlow download");
  let size = 0;
  let arrived = 0;
  const result = await run(process.execPath, [join("scripts", "install.js")], {
    cwd: stage,
    env: {
      NODE_PATH: modules,
      PATH: `${join(modules, ".bin")}${delimiter}${process.env.PATH}`,
    },
    watch: (seconds, output) => {
      const now = sizeBelow(join(stage, "deps"));
      if (now !== size) [size, arrived] = [now, seconds];
      showProgress(`official TensorFlow download ... ${megabytes(size)} unpacked, ${seconds.toFixed(0)} s`);
      const patience = output.includes("Building TensorFlow") ? FINISH : size === 0 ? CONNECT : STALL;
      return seconds - arrived > patience ? `nothing arrived for ${patience} s` : undefined;
    },
  });
  return result.code === 0 ? undefined : `official download: ${errorLine(result)}`;
}
