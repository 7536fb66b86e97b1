import type { S3Settings } from '../../server/assets/s3Storage.ts';
import { startSwift, swiftMissing } from './swift.ts';

export interface RealS3 {
  /** Undefined when there is none; `reason` says why, and is printed with the test's name. */
  readonly start: (() => Promise<{ readonly settings: S3Settings; stop(): Promise<void> }>) | undefined;
  readonly reason: string;
}

/**
 * A real S3 server to test against: the one SHOEBOX_TEST_S3 names (`endpoint,bucket,access key,secret key`), or a Swift of
 * our own with SHOEBOX_TEST_SWIFT=1 where OpenStack Swift is installed. Starting Swift takes half a minute on a small
 * machine, so it is asked for and not part of every run.
 */
export async function findRealS3(): Promise<RealS3> {
  const text = process.env['SHOEBOX_TEST_S3'];
  if (text !== undefined) {
    const [endpoint, bucket, accessKey, secretKey] = text.split(',');
    if (endpoint === undefined || bucket === undefined || accessKey === undefined || secretKey === undefined) {
      throw new Error('SHOEBOX_TEST_S3 must be "endpoint,bucket,access key,secret key"');
    }
    const settings = { endpoint, bucket, region: 'us-east-1', accessKey, secretKey };
    return { start: async () => ({ settings, stop: async () => undefined }), reason: endpoint };
  }
  const missing = await swiftMissing();
  if (missing !== undefined) return { start: undefined, reason: missing };
  if (process.env['SHOEBOX_TEST_SWIFT'] !== '1')
    return { start: undefined, reason: 'SHOEBOX_TEST_SWIFT=1 was not set' };
  return { start: startSwift, reason: 'OpenStack Swift, s3api' };
}
