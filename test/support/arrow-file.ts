// Arrow's stream of messages as a file of Arrow, whose parts stay as they are: compressed, as LanceDB's client sends them.
import { createRequire } from 'node:module';
import { loadEngine } from '../../src/lance/load.ts';

const require = createRequire(createRequire(import.meta.url).resolve('@lancedb/lancedb'));

interface FileWriter {
  reset(sink: undefined, schema: unknown): FileWriter;
  finish(): FileWriter;
  toUint8Array(sync: true): Uint8Array;
  _position: number;
  _recordBatchBlocks: unknown[];
  _write(bytes: Uint8Array): unknown;
}

/** @param stream schema and record batches, without dictionaries */
export function fileOfStream(stream: Uint8Array): Buffer {
  const { arrow } = loadEngine();
  const { FileBlock } = require('apache-arrow/ipc/metadata/file') as {
    FileBlock: new (metadata: number, body: number, offset: number) => unknown;
  };
  const { schema } = arrow.RecordBatchReader.from(stream).open();
  const writer = new arrow.RecordBatchFileWriter() as unknown as FileWriter;
  writer.reset(undefined, schema);
  const view = new DataView(stream.buffer, stream.byteOffset, stream.byteLength);
  let isFirst = true;
  for (let at = 0; at + 8 <= stream.length; ) {
    if (view.getInt32(at, true) !== -1) throw new Error(`No message of Arrow begins at ${at}.`);
    const length = view.getInt32(at + 4, true);
    if (length === 0) break;
    const { MessageReader } = arrow;
    const message = new MessageReader(stream.subarray(at)).readMessage()!;
    const metadata = 8 + length;
    const end = at + metadata + message.bodyLength;
    // The writer has written the schema itself.
    if (!isFirst) {
      writer._recordBatchBlocks.push(new FileBlock(metadata, message.bodyLength, writer._position));
      writer._write(stream.subarray(at, end));
    }
    isFirst = false;
    at = end;
  }
  return Buffer.from(writer.finish().toUint8Array(true));
}
