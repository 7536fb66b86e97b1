import type { S3Settings } from '../../server/assets/s3Storage.ts';

/**
 * A real S3 server to test against, if the machine has one: SHOEBOX_TEST_S3 names it as
 * `http://host:port,bucket,access key,secret key` (OpenStack Swift's s3api, MinIO, Garage, …). See docs/contributing.md.
 * @returns the settings, or the reason there are none; either is printed with the test's name
 */
export async function findRealS3(): Promise<{ readonly settings: S3Settings | undefined; readonly reason: string }> {
  const text = process.env['SHOEBOX_TEST_S3'];
  if (text === undefined) return { settings: undefined, reason: 'SHOEBOX_TEST_S3 names no server' };
  const [endpoint, bucket, accessKey, secretKey] = text.split(',');
  if (endpoint === undefined || bucket === undefined || accessKey === undefined || secretKey === undefined) {
    throw new Error('SHOEBOX_TEST_S3 must be "endpoint,bucket,access key,secret key"');
  }
  await fetch(endpoint);
  return { settings: { endpoint, bucket, region: 'us-east-1', accessKey, secretKey }, reason: endpoint };
}
