export * from "../report/figures.js";
export * from "../report/page.js";
export * from "../report/format.js";

export * from "../report/record.js";
export * from "../report/recording.js";
export * from "../report/viewer.js";
export * from "../report/image.js";
export * from "../report/strip.js";
export * from "../report/scene.js";
