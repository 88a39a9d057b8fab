/**
 * The few operations whose fastest form depends on the backend. They have no derivative of their own: layers use them
 * inside `withGradient`, and TensorFlow.js refuses to differentiate through them anywhere else.
 */
import { tf } from "./tf.js";

type Attribute = { name: string; type: number; value: unknown };

/** TensorFlow's TF_AttrType for the attributes below, and its DT_FLOAT. */
const [STRING, BOOL, TYPE] = [0, 3, 4];
const FLOAT = { name: "T", type: TYPE, value: 1 };

tf.registerKernel({
  kernelName: "NativeOp",
  backendName: "tensorflow",
  kernelFunc: ({ inputs, attrs, backend }) => {
    const { op, attributes } = attrs as unknown as { op: string; attributes: Attribute[] };
    const native = backend as {
      executeSingleOutput(op: string, attributes: Attribute[], inputs: unknown[]): tf.Tensor;
    };
    return native.executeSingleOutput(op, attributes, Object.values(inputs));
  },
});

/** An op of TensorFlow that TensorFlow.js has no kernel for. */
const nativeOp = <T extends tf.Tensor>(op: string, inputs: tf.Tensor[], attributes: Attribute[]): T =>
  tf.engine().runKernel("NativeOp", Object.fromEntries(inputs.entries()), {
    op,
    attributes: [FLOAT, ...attributes],
  } as never) as T;

const isNative = () => tf.getBackend() === "tensorflow";
const NHWC = { name: "data_format", type: STRING, value: "NHWC" };

/** a b, with either transposed first. */
export function matMul(a: tf.Tensor2D, b: tf.Tensor2D, transposeA = false, transposeB = false): tf.Tensor2D {
  if (isNative())
    return nativeOp(
      "MatMul",
      [a, b],
      [
        { name: "transpose_a", type: BOOL, value: transposeA },
        { name: "transpose_b", type: BOOL, value: transposeB },
      ],
    );
  // WebAssembly's transposed product is 20 times slower than a transposition and a product.
  return tf.matMul(transposeA ? tf.transpose(a) : a, transposeB ? tf.transpose(b) : b);
}

/** x W + b, which TensorFlow fuses. */
export function affine(x: tf.Tensor2D, weight: tf.Tensor2D, bias: tf.Tensor1D): tf.Tensor2D {
  return isNative() ? nativeOp("BiasAdd", [matMul(x, weight), bias], [NHWC]) : tf.add(tf.matMul(x, weight), bias);
}

/** The sum of all rows: x [n, m] gives [m]. */
export function sumRows(x: tf.Tensor2D): tf.Tensor1D {
  return isNative() ? nativeOp("BiasAddGrad", [x], [NHWC]) : tf.sum(x, 0);
}
