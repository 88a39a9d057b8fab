import { existsSync, readFileSync } from "node:fs";

/** Notices that the library was compiled anew while the kernel still has what it loaded before. */
export class Library {
  /** @type {string | undefined} the build that cells have imported */
  loaded;
  /** @type {string | undefined} the build that was told of */
  told;

  /** @param {string} stamp the file that changes with every build (scripts/setup/build.mjs) */
  constructor(stamp) {
    this.stamp = stamp;
  }

  /**
   * @param {string} code of the cell that comes next
   * @returns {string | undefined} what its reader should know, once for every build
   */
  notice(code) {
    const build = existsSync(this.stamp) ? readFileSync(this.stamp, "utf8") : undefined;
    if (!build) return undefined; // just now it is being compiled
    if (!this.loaded && code.includes("dmo-lab")) this.loaded = build;
    if (!this.loaded || build === this.loaded || build === this.told) return undefined;
    this.told = build;
    return "The library was compiled anew, and this kernel still has the old one: restart the kernel to use the new one.\n";
  }
}
