/**
 * The one place that imports TensorFlow.js, so that every file and backend shares one engine.
 *
 * A tensor made of a typed array shares the array's memory on some backends: give the array away, or copy it.
 */
import * as tf from "@tensorflow/tfjs";

export { tf };
