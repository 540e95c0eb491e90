import { ProtobufWriter } from '../../src/model/onnx/protobuf.ts';

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

/** A model of a single operator: y = op(x, constants …), x of N × inputs, y of N × outputs, float32. */
export function oneNodeModel(
  { op, domain = '', attributes }: { op: string; domain?: string; attributes: Record<string, number> },
  initializers: readonly Initializer[],
  inputs: number,
  outputs: number,
): { model: Uint8Array; externalData: { path: string; data: Uint8Array }[] } {
  const node = message()
    .strings(1, ['x', ...initializers.map(({ name }) => name)])
    .string(2, 'y')
    .string(4, op)
    .messages(
      5,
      Object.entries(attributes).map(([name, value]) => message().string(1, name).int(3, value).int(20, 2)),
    )
    .string(7, domain);
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
      .messages(
        13,
        Object.entries(place).map(([key, text]) => message().string(1, key).string(2, text)),
      )
      .int(14, 1);
  });
  const graph = message()
    .message(1, node)
    .string(2, 'one')
    .messages(5, tensors)
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
