/** A page's file for MuJoCo's module: it lies in the module's own memory, alone, while it is read. */
import type { MainModule } from "mujoco-js";

type FileSystem = { writeFile(at: string, text: string): void; unlink(at: string): void };

export function withDisk<T>(mujoco: MainModule, file: string, text: string, read: (name: string) => T): T {
  const { FS } = mujoco as unknown as { FS: FileSystem };
  FS.writeFile(`/${file}`, text);
  try {
    return read(`/${file}`);
  } finally {
    FS.unlink(`/${file}`);
  }
}

export const onMachine = (text: string): string => text.replaceAll(/(^|[\s'"])\/(?=\S)/g, "$1");
