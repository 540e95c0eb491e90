import type { DataType } from '../../network/manifest.ts';
import { ProtobufWriter } from './protobuf.ts';

/** Field numbers and codes below are those of onnx.proto3 (ONNX IR version 10, operator set 21). */
const irVersion = 10;
const opset = 21;
const dataTypes: Record<DataType, number> = { float32: 1, float16: 10 };

const message = (): ProtobufWriter => new ProtobufWriter();

/** An operator of the graph. Attributes are whole numbers or lists of them. */
export interface Node {
  op: string;
  inputs: string[];
  output: string;
  attributes?: Record<string, number | number[]>;
}

/** A weight whose bytes lie in a file beside the graph. */
export interface ExternalTensor {
  name: string;
  dataType: DataType;
  shape: number[];
  file: string;
  offset: number;
  byteLength: number;
}

/** A float32 tensor that goes in or comes out; a string is a size that is free, e.g. the batch. */
export interface Value {
  name: string;
  shape: (number | string)[];
}

/** The bytes of a `.onnx` file (ModelProto). */
export function encodeGraph(graph: {
  name: string;
  nodes: Node[];
  weights: ExternalTensor[];
  input: Value;
  output: Value;
}): Uint8Array<ArrayBuffer> {
  const body = message()
    .message(1, ...graph.nodes.map(encodeNode))
    .string(2, graph.name)
    .message(5, ...graph.weights.map(encodeWeight))
    .message(11, encodeValue(graph.input))
    .message(12, encodeValue(graph.output));
  return message()
    .int(1, irVersion)
    .string(2, 'likeness')
    .message(7, body)
    .message(8, message().string(1, '').int(2, opset))
    .finish();
}

function encodeNode({ op, inputs, output, attributes = {} }: Node): ProtobufWriter {
  const encoded = Object.entries(attributes).map(([name, value]) => {
    const attribute = message().string(1, name);
    return typeof value === 'number'
      ? attribute.int(3, value).int(20, 2) // INT
      : attribute.ints(8, value).int(20, 7); // INTS
  });
  return message()
    .string(1, ...inputs)
    .string(2, output)
    .string(3, output)
    .string(4, op)
    .message(5, ...encoded);
}

function encodeWeight({ name, dataType, shape, file, offset, byteLength }: ExternalTensor): ProtobufWriter {
  const place = { location: file, offset: String(offset), length: String(byteLength) };
  return message()
    .ints(1, shape)
    .int(2, dataTypes[dataType])
    .string(8, name)
    .message(13, ...Object.entries(place).map(([key, value]) => message().string(1, key).string(2, value)))
    .int(14, 1); // EXTERNAL
}

function encodeValue({ name, shape }: Value): ProtobufWriter {
  const dims = shape.map((side) =>
    typeof side === 'number' ? message().int(1, side) : message().string(2, side),
  );
  const tensor = message()
    .int(1, dataTypes.float32)
    .message(2, message().message(1, ...dims));
  return message().string(1, name).message(2, message().message(1, tensor));
}
