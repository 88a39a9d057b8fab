/** The script of the worker that reads a visitor's robot: MuJoCo's compiler, which the page loads when it is asked for. */
import { parseModel } from "@dmo-lab/mujoco/mjcf";

/** A file, and what comes of it. */
export type MjcfQuestion = { readonly file: string; readonly text: string };
export type MjcfAnswer = { readonly model: Awaited<ReturnType<typeof parseModel>> } | { readonly message: string };

self.addEventListener("message", ({ data: { file, text } }: MessageEvent<MjcfQuestion>) => {
  const answer = (of: MjcfAnswer): void => self.postMessage(of);
  parseModel(text, file).then(
    (model) => answer({ model }),
    (error: unknown) => answer({ message: error instanceof Error ? error.message : String(error) }),
  );
});
