/** The files of this machine, read-only, as MuJoCo's module opens them: whatever a model names is found by MuJoCo itself. */
import { readFileSync, statSync } from "node:fs";
import path from "node:path";
import type { MainModule } from "mujoco-js";

/** Where they are in the module's file system. */
const MOUNT = "/disk";

const READ_ONLY = { folder: 0o040555, file: 0o100444 };
/** As POSIX numbers them in WebAssembly: there is no such file, none that can be read. */
const [ENOENT, EACCES] = [44, 2];

/** The rest of what a file's status says. */
const NOBODYS = { dev: 1, nlink: 1, uid: 0, gid: 0, rdev: 0, blksize: 4096, blocks: 0 };

type Stat = { size: number; isFolder: boolean };

/** What is used of Emscripten's file system, which the module's declarations leave out. */
type Node = { path: string; id: number; mode: number; node_ops: object; stream_ops: object };
type Stream = { node: Node; position: number; contents: Uint8Array };
type FileSystem = {
  mkdirTree(at: string): void;
  mount(type: { mount(): Node }, options: object, at: string): void;
  unmount(at: string): void;
  createNode(parent: Node | null, name: string, mode: number): Node;
  ErrnoError: new (code: number) => Error;
};

/**
 * MuJoCo keeps the meshes that it has read by name and second of their last change, within which a file may change again: so
 * every model sees all files as changed since the last one.
 */
let time = new Date(0);

/**
 * Calls `read` with the module's name of `file` while this machine's files are there, among which `file` holds `text`. They
 * are gone afterwards: no model sees another one's.
 */
export function withDisk<T>(mujoco: MainModule, file: string, text: string, read: (name: string) => T): T {
  const { FS } = mujoco as unknown as { FS: FileSystem };
  const main = path.resolve(file);
  const { root } = path.parse(main);
  time = new Date(time.getTime() + 1000);
  FS.mkdirTree(MOUNT);
  FS.mount({ mount: () => files(FS, main, new TextEncoder().encode(text), root) }, {}, MOUNT);
  try {
    return read(path.posix.join(MOUNT, ...main.slice(root.length).split(path.sep)));
  } finally {
    FS.unmount(MOUNT);
  }
}

/** A text of MuJoCo's with the names that its files have on this machine. */
export const onMachine = (text: string): string => text.replaceAll(`${MOUNT}/`, path.parse(process.cwd()).root);

/** The root of a file system in which `main` holds `contents`, and everything else is what is on the disk. */
function files(FS: FileSystem, main: string, contents: Uint8Array, root: string): Node {
  const stat = (at: string): Stat => {
    if (at === main) return { size: contents.length, isFolder: false };
    const found = attempt(() => statSync(at, { throwIfNoEntry: false }));
    if (found) return { size: found.size, isFolder: found.isDirectory() };
    if (main.startsWith(at + path.sep)) return { size: 0, isFolder: true };
    throw new FS.ErrnoError(ENOENT);
  };
  const attempt = <T>(what: () => T): T => {
    try {
      return what();
    } catch {
      throw new FS.ErrnoError(EACCES);
    }
  };
  const node = (parent: Node | null, name: string, at: string): Node =>
    Object.assign(FS.createNode(parent, name, stat(at).isFolder ? READ_ONLY.folder : READ_ONLY.file), {
      path: at,
      node_ops: {
        lookup: (folder: Node, child: string) => node(folder, child, path.join(folder.path, child)),
        getattr: ({ id: ino, mode, path: own }: Node) => {
          const times = { atime: time, mtime: time, ctime: time };
          return { ...NOBODYS, ...times, ino, mode, size: stat(own).size };
        },
      },
      stream_ops: {
        open: (stream: Stream) => {
          stream.contents = stream.node.path === main ? contents : attempt(() => readFileSync(stream.node.path));
        },
        read: ({ contents: all }: Stream, buffer: Uint8Array, offset: number, length: number, position: number) => {
          const part = all.subarray(position, position + length);
          buffer.set(part, offset);
          return part.length;
        },
        llseek: ({ contents: all, position }: Stream, offset: number, from: 0 | 1 | 2) =>
          offset + [0, position, all.length][from],
      },
    });
  return node(null, "/", root);
}
