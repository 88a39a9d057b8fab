import { InputError } from "@dmo-lab/input/errors";
import { make } from "../viewer/dom.js";

const loading = new Map<string, Promise<void>>();

/** Loads a script of the site's, once. @throws InputError where it does not load; the next time it is tried again */
export function loadScript(address: string): Promise<void> {
  const loaded =
    loading.get(address) ??
    new Promise<void>((resolve, reject) => {
      const onerror = (): void => {
        loading.delete(address);
        reject(new InputError(`${address.replace(/.*\//, "")}, beside the page's scripts, does not load.`));
      };
      document.head.append(make("script", { src: address, onload: () => resolve(), onerror }));
    });
  loading.set(address, loaded);
  return loaded;
}
