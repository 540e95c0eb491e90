import { ProtobufWriter } from '../../src/convert/onnx/protobuf.ts';

/** A constant operand of {@link oneNodeModel}. */
export interface Initializer {
  name: string;
  /** As onnx.proto3 numbers them: 1 float32, 2 uint8, 3 int8. */
  type: number;
  shape: number[];
  bytes: Uint8Array;
}

export const float32 = (name: string, shape: number[], values: Float32Array): Initializer => ({
  name,
  type: 1,
  shape,
  bytes: new Uint8Array(values.buffer, values.byteOffset, values.byteLength),
});

export const uint8 = (name: string, shape: number[], bytes: Uint8Array, signed = false): Initializer => ({
  name,
  type: signed ? 3 : 2,
  shape,
  bytes,
});

const message = (): ProtobufWriter => new ProtobufWriter();

/** An operator with its attributes, all of them whole numbers. */
export interface Operator {
  op: string;
  domain?: string;
  attributes: Record<string, number>;
}

/**
 * A model of a single operator: y = op(x, constants …), x of N × inputs, y of N × outputs, float32. Several lists of
 * constants make as many nodes, whose outputs stand side by side in y.
 */
export function oneNodeModel(
  { op, domain = '', attributes }: Operator,
  parts: readonly (readonly Initializer[])[],
  inputs: number,
  outputs: number,
): { model: Uint8Array; externalData: { path: string; data: Uint8Array }[] } {
  const initializers = parts.flatMap((part, i) =>
    part.map((initializer) => ({ ...initializer, name: `${initializer.name}${i}` })),
  );
  const names = parts.map((_, i) => (parts.length === 1 ? 'y' : `y${i}`));
  const nodes = parts.map((part, i) =>
    message()
      .string(1, ...['x', ...part.map(({ name }) => `${name}${i}`)])
      .string(2, names[i]!)
      .string(4, op)
      .message(
        5,
        ...Object.entries(attributes).map(([name, value]) =>
          message().string(1, name).int(3, value).int(20, 2),
        ),
      )
      .string(7, domain),
  );
  if (parts.length > 1) {
    const axis = message().string(1, 'axis').int(3, 1).int(20, 2);
    nodes.push(
      message()
        .string(1, ...names)
        .string(2, 'y')
        .string(4, 'Concat')
        .message(5, axis),
    );
  }
  const value = (name: string, width: number): ProtobufWriter => {
    const shape = message().message(1, message().string(2, 'N')).message(1, message().int(1, width));
    const tensor = message().int(1, 1).message(2, shape);
    return message().string(1, name).message(2, message().message(1, tensor));
  };
  const tensors = initializers.map(({ name, type, shape, bytes }) => {
    const place = { location: `${name}.bin`, offset: '0', length: String(bytes.length) };
    return message()
      .ints(1, shape)
      .int(2, type)
      .string(8, name)
      .message(13, ...Object.entries(place).map(([key, text]) => message().string(1, key).string(2, text)))
      .int(14, 1);
  });
  const graph = message()
    .message(1, ...nodes)
    .string(2, 'one')
    .message(5, ...tensors)
    .message(11, value('x', inputs))
    .message(12, value('y', outputs));
  const model = message()
    .int(1, 10)
    .message(7, graph)
    .message(8, message().string(1, '').int(2, 21))
    .message(8, message().string(1, 'com.microsoft').int(2, 1))
    .finish();
  return {
    model,
    externalData: initializers.map(({ name, bytes }) => ({ path: `${name}.bin`, data: bytes })),
  };
}
