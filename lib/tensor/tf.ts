/** The one place that imports TensorFlow.js, so that every file and backend shares one engine. */
import * as tf from "@tensorflow/tfjs";

export { tf };
