/**
 * The few operations whose fastest form depends on the backend. They have no derivative of their own: layers use them
 * inside `withGradient`, and TensorFlow.js refuses to differentiate through them anywhere else.
 */
import type { Attribute } from "./graph.js";
import { tf } from "./tf.js";

type Options = { [name: string]: string | boolean };

/** TensorFlow's TF_AttrType of the options below, and the attribute of all ops on float32. */
const [STRING, BOOL, TYPE] = [0, 3, 4];
const FLOAT32: Attribute = { name: "T", type: TYPE, value: 1 };
const ROWS = { data_format: "NHWC" };

tf.registerKernel({
  kernelName: "NativeOp",
  backendName: "tensorflow",
  kernelFunc: ({ inputs, attrs, backend }) => {
    const { op, options } = attrs as unknown as { op: string; options: Options };
    const attributes = Object.entries(options).map(([name, value]) => {
      return { name, type: typeof value === "string" ? STRING : BOOL, value };
    });
    const native = backend as { executeSingleOutput(op: string, attrs: Attribute[], inputs: unknown[]): tf.Tensor };
    return native.executeSingleOutput(op, [FLOAT32, ...attributes], Object.values(inputs));
  },
});

/** An op of TensorFlow that TensorFlow.js has no kernel for. */
const nativeOp = (op: string, inputs: tf.Tensor[], options: Options): tf.Tensor =>
  tf.engine().runKernel("NativeOp", Object.fromEntries(inputs.entries()), { op, options } as never);

const isNative = () => tf.getBackend() === "tensorflow";

/** The matrix product a b, either of them transposed first where asked. */
export function matMul(a: tf.Tensor2D, b: tf.Tensor2D, transposeA = false, transposeB = false): tf.Tensor2D {
  if (isNative())
    return nativeOp("MatMul", [a, b], { transpose_a: transposeA, transpose_b: transposeB }) as tf.Tensor2D;
  // WebAssembly's transposed product is 20 times slower than a transposition and a product.
  return tf.matMul(transposeA ? tf.transpose(a) : a, transposeB ? tf.transpose(b) : b);
}

/** The affine map x W + b of rows x [n, in] to [n, out], which TensorFlow fuses. */
export function affine(x: tf.Tensor2D, weight: tf.Tensor2D, bias: tf.Tensor1D): tf.Tensor2D {
  return isNative()
    ? (nativeOp("BiasAdd", [matMul(x, weight), bias], ROWS) as tf.Tensor2D)
    : tf.add(tf.matMul(x, weight), bias);
}

/** The sum of all rows: x [n, m] gives [m]. */
export function sumRows(x: tf.Tensor2D): tf.Tensor1D {
  return isNative() ? (nativeOp("BiasAddGrad", [x], ROWS) as tf.Tensor1D) : tf.sum(x, 0);
}
