import { LikenessError } from '../base/errors.ts';
import { serviceFault } from './remote/service-error.ts';

/**
 * What LanceDB throws, as an error of ours: its own text names places in its source and repeats itself three times.
 *
 * @param doing the subject of the message
 */
export function storageError(error: unknown, doing: string): unknown {
  if (error instanceof LikenessError) return error;
  const text = error instanceof Error ? error.message : String(error);
  const fail = (code: 'not-found' | 'storage-denied' | 'storage-failed' | 'storage-full', why: string) =>
    new LikenessError(code, `${doing} failed: ${why}`, { cause: error });
  const fault = serviceFault(text);
  if (fault) return fail(fault.code, fault.why);
  const place = /\b(?:GET|PUT|POST|HEAD|DELETE|uri: Some\() ?\(?(https?:\/\/[^/\s"?)]+)/.exec(text)?.[1];
  const store = place === undefined ? 'the object store' : `the object store at ${place}`;
  const said = /<Code>([^<]+)<\/Code>/.exec(text)?.[1];
  const status = Number(
    /\bstatus: (\d{3})\b|\bstatus code: (\d{3})\b|\b([45]\d\d) [A-Z][a-z]+/
      .exec(text)
      ?.slice(1)
      .find(Boolean),
  );
  const answered = said === undefined ? `${status}` : `${status}, ${said}`;

  if (said === 'NoSuchBucket') {
    const bucket = /<BucketName>([^<]+)</.exec(text)?.[1];
    const name = bucket === undefined ? 'no such bucket' : `no bucket "${bucket}"`;
    return fail('not-found', `${store} has ${name}. Make it there, or look at the address.`);
  }
  if (/failed to get AWS credentials|no credentials|CredentialsNotLoaded|NoCredentials/i.test(text)) {
    return fail(
      'storage-denied',
      'there are no credentials for the object store. Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or give storageOptions.',
    );
  }
  if (status === 401 || status === 403 || /\b(Unauthorized|AccessDenied)\b/.test(text)) {
    return fail(
      'storage-denied',
      `${store} refuses (${answered}). Look at its credentials (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_REGION, or storageOptions), and whether they may read and write there.`,
    );
  }
  if (/permission denied|read-only file system/i.test(text)) {
    return fail('storage-denied', 'there is no permission; what was stored before can be read.');
  }
  if (/no space left|quota exceeded/i.test(text)) {
    return fail('storage-full', 'there is no space left; what was acknowledged is there.');
  }
  const isAway =
    /ConnectionRefused|connection refused|connect error|dns error|error sending request|timed out/i;
  if (status >= 500 || status === 429) {
    return fail(
      'storage-failed',
      `${store} answered ${answered}, also when it was asked again. Try again later; what was acknowledged is there.`,
    );
  }
  if (isAway.test(text)) {
    return fail(
      'storage-failed',
      `${store} does not answer. Look at the endpoint, and whether the store runs; then try again: what was acknowledged is there.`,
    );
  }
  // Its messages go on with where in its source they were made.
  const [first = text] = text.split(/\n|, \/\S+\.rs:\d|, location: Location/);
  return fail('storage-failed', `LanceDB says: ${first.replace(/[.]?$/, '.')}`);
}
