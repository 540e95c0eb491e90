import { InvalidArgumentError } from 'commander';

/** `--to`. @throws InvalidArgumentError */
export function lanceAddress(text: string): string {
  if (/^lancedb:./s.test(text)) return text;
  throw new InvalidArgumentError(
    'It takes lancedb:<uri>, e.g. lancedb:./shop.lance or lancedb:s3://bucket/pictures.',
  );
}
