/** What the bundler puts into the script: bytes, the text of the worker's script, a style sheet, files of the package. */
declare module "*.wasm" {
  const bytes: Uint8Array<ArrayBuffer>;
  export default bytes;
}
declare module "*.css" {
  const text: string;
  export default text;
}
declare module "worker-script" {
  const text: string;
  export default text;
}
declare module "carried-files" {
  const texts: { readonly [name: string]: string };
  export default texts;
}
declare module "danfojs-node/dist/danfojs-base/index.js" {
  export { DataFrame } from "danfojs-node";
}
