/** Data frames in a page: danfojs's own, without its readers of files and its charts. */
import { DataFrame } from "danfojs-node/dist/danfojs-base/index.js";

export const danfo = () => ({ DataFrame });
