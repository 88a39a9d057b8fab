export * from "../notebook/display.js";
export * from "../notebook/kernel.js";
