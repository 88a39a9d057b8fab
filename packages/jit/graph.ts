/** A TensorFlow graph under construction, and its bytes as a SavedModel. */
import { createRequire } from "node:module";
import type { Precision } from "./tracing.js";

/** A protocol buffer message of tfjs-node: setters by field name. */
type Message = { serializeBinary(): Uint8Array; getAttrMap(): { set(key: string, value: Message): void } };
type Messages = { [type: string]: (new () => Message) & Messages };

/** The newest GraphDef version whose ops all supported TensorFlow versions know. */
const GRAPH_VERSION = 1087;

const require = createRequire(import.meta.url);
let messages: Messages | undefined;

/** The message `type` ("NodeDef", "TensorShape.Dim") with the given fields set. */
function message(type: string, fields: { [field: string]: unknown }): Message {
  messages ??= require("@tensorflow/tfjs-node/dist/proto/api_pb") as Messages;
  const constructor = type.split(".").reduce((scope, part) => scope[part], messages) as unknown as new () => Message;
  const built = new constructor() as unknown as { [setter: string]: (value: unknown) => void };
  for (const [field, value] of Object.entries(fields)) built[`set${field[0].toUpperCase()}${field.slice(1)}`](value);
  return built as unknown as Message;
}

/** A tensor that an executed op gave. */
export type OpOutput = { id: number; dtype: number; shape: number[] };

/** An attribute of an executed op, as the binding takes it: `type` indexes ATTRIBUTE_FIELDS. */
export type Attribute = { name: string; type: number; value: unknown };

type Attributes = { [name: string]: Message };

/** Fields of AttrValue in the order of TensorFlow's TF_AttrType. */
const ATTRIBUTE_FIELDS = ["s", "i", "f", "b", "type", "shape"] as const;

export const attribute = (field: string, value: unknown): Message => message("AttrValue", { [field]: value });

function executedAttribute({ type, value }: Attribute): Message {
  const field = ATTRIBUTE_FIELDS[type];
  if (field === "s") return attribute("s", Buffer.from(value as string));
  if (field === "shape") return attribute("shape", shapeOf(value as number[]));
  if (Array.isArray(value)) return attribute("list", message("AttrValue.ListValue", { [`${field}List`]: value }));
  return attribute(field, value);
}

export const shapeOf = (shape: readonly number[]): Message =>
  message("TensorShape", { dimList: shape.map((size) => message("TensorShape.Dim", { size })) });

/** TensorFlow's data types. */
export const [FLOAT32, INT32, BFLOAT16] = [1, 3, 14];

/** Products with a smaller size than this are not worth the conversion. */
const LARGE = 128;

/** Nodes by the ids of the tensors that they gave while they were recorded. */
export class Graph {
  private readonly nodes: Message[] = [];
  private readonly outputOf = new Map<number, string>();
  private readonly shapes = new Map<number, readonly number[]>();
  /** Names of values in bfloat16 by those of the float32 ones. */
  private readonly rounded = new Map<string, string>();
  /** Names of what constants come after: those inside of a loop are of its turns. */
  after: string[] = [];

  /** `device` computes all of it; without one TensorFlow chooses for each node. */
  constructor(
    private readonly precision: Precision = "float32",
    private readonly device?: string,
  ) {}

  /** A node whose value is fed at every run; returns its output's name. */
  placeholder(id: number, dtype: number, shape: readonly number[]): string {
    const attributes = { dtype: attribute("type", dtype), shape: attribute("shape", shapeOf(shape)) };
    this.shapes.set(id, shape);
    return this.node("Placeholder", [], attributes, [id]);
  }

  constant(id: number, dtype: number, shape: readonly number[], values: ArrayBufferView): void {
    this.bind(id, shape, this.fixed(dtype, shape, values, this.after));
  }

  /** The same by its name alone. */
  fixed(dtype: number, shape: readonly number[], values: ArrayBufferView, after: string[] = []): string {
    const content = new Uint8Array(values.buffer, values.byteOffset, values.byteLength).slice();
    const tensor = message("Tensor", { dtype, tensorShape: shapeOf(shape), tensorContent: content });
    return this.node("Const", after, { dtype: attribute("type", dtype), value: attribute("tensor", tensor) }, []);
  }

  /** Says by which name the tensor `id` is known from now on. */
  bind(id: number, shape: readonly number[], name: string): void {
    this.shapes.set(id, shape);
    this.outputOf.set(id, name);
  }

  operation(
    op: string,
    attributes: readonly Attribute[],
    inputs: readonly number[],
    outputs: readonly OpOutput[],
  ): void {
    const named = Object.fromEntries(attributes.map((a) => [a.name, executedAttribute(a)]));
    if (op === "ExpandDims") named["T"] ??= attribute("type", outputs[0].dtype); // inferred where it is executed at once
    const names = inputs.map((id) => this.nameOf(id));
    const ids = outputs.map(({ id }) => id);
    for (const { id, shape } of outputs) this.shapes.set(id, shape);
    const sizes = inputs.flatMap((id) => this.shapes.get(id) ?? []);
    if (op === "MatMul" && this.precision === "bfloat16" && Math.min(...sizes) >= LARGE)
      this.product(names, named, ids);
    else this.node(op, names, named, ids);
  }

  /** A matrix product of rounded factors. */
  private product(factors: readonly string[], attributes: Attributes, outputs: readonly number[]): void {
    const low = factors.map((name) => this.rounded.get(name) ?? this.cast(name, FLOAT32, BFLOAT16));
    factors.forEach((name, i) => this.rounded.set(name, low[i]));
    const result = this.node("MatMul", low, { ...attributes, T: attribute("type", BFLOAT16) }, []);
    this.cast(result, BFLOAT16, FLOAT32, outputs);
  }

  private cast(name: string, from: number, to: number, outputs: readonly number[] = []): string {
    return this.node("Cast", [name], { SrcT: attribute("type", from), DstT: attribute("type", to) }, outputs);
  }

  /** The name, "node:output", of the tensor `id`. */
  nameOf(id: number): string {
    const name = this.outputOf.get(id);
    if (name === undefined) throw new Error(`tensor ${id} is not part of the graph`);
    return name;
  }

  /** Adds a node; returns the name of its first output. `outputs` are the tensors that it gives. */
  node(
    op: string,
    inputList: string[],
    attributes: Attributes,
    outputs: readonly number[] = [],
    name = `n${this.nodes.length}`,
  ): string {
    const built = message("NodeDef", { name, op, inputList, ...(this.device && { device: this.device }) });
    for (const [key, value] of Object.entries(attributes)) built.getAttrMap().set(key, value);
    this.nodes.push(built);
    outputs.forEach((id, i) => this.outputOf.set(id, `${name}:${i}`));
    return `${name}:0`;
  }

  /** The bytes of `saved_model.pb`, tag "serve". */
  savedModel(): Uint8Array {
    const versions = message("VersionDef", { producer: GRAPH_VERSION });
    const graphDef = message("GraphDef", { nodeList: this.nodes, versions });
    const metaInfoDef = message("MetaGraphDef.MetaInfoDef", { tagsList: ["serve"] });
    const metaGraph = message("MetaGraphDef", { metaInfoDef, graphDef });
    return message("SavedModel", { savedModelSchemaVersion: 1, metaGraphsList: [metaGraph] }).serializeBinary();
  }
}
