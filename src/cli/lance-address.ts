import { InvalidArgumentError } from 'commander';
import type { LanceOptions } from '../lance/index.ts';

/** `--to`. @throws InvalidArgumentError */
export function lanceAddress(text: string): string {
  if (/^lancedb:./s.test(text)) return text;
  throw new InvalidArgumentError(
    'It takes lancedb:<uri>, e.g. lancedb:./shop.lance, lancedb:s3://bucket/pictures or lancedb:db://shop.',
  );
}

/** `--endpoint`: of an object store, or in place of LanceDB Cloud. @param uri without `lancedb:` */
export const endpointOptions = (
  uri: string,
  endpoint: string | undefined,
): Pick<LanceOptions, 'endpoint' | 'hostOverride'> =>
  /^db:/i.test(uri) ? { hostOverride: endpoint } : { endpoint };
