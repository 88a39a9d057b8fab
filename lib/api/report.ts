export * from "../report/figures.js";
export * from "../report/page.js";
export * from "../report/format.js";
