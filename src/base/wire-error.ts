import { type TransferHandler, transferHandlers } from 'comlink';
import { type ErrorCode, LikenessError } from './errors.ts';

/** A thrown value as Comlink posts it. */
interface ThrownValue {
  isError: boolean;
  value: { message: string; name: string; stack?: string; code?: ErrorCode };
}

let taught = false;

/**
 * Teaches Comlink to carry a {@link LikenessError}'s code across: it posts message, name and stack of an error only.
 * Both sides call this once before the first message.
 */
export function carryErrorCodes(): void {
  if (taught) return;
  taught = true;
  const handler = transferHandlers.get('throw') as TransferHandler<{ value: unknown }, ThrownValue>;
  transferHandlers.set('throw', {
    canHandle: handler.canHandle,
    serialize(thrown) {
      const [posted, transferables] = handler.serialize(thrown);
      if (thrown.value instanceof LikenessError) posted.value.code = thrown.value.code;
      return [posted, transferables];
    },
    deserialize(posted) {
      const { isError, value } = posted;
      if (isError && value.code !== undefined) throw new LikenessError(value.code, value.message);
      return handler.deserialize(posted);
    },
  } satisfies TransferHandler<{ value: unknown }, ThrownValue>);
}
