import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import S3rver from 's3rver';
import type { S3Settings } from '../../server/assets/s3Storage.ts';

/** An S3 server in this process, over a temporary folder. It checks little; the Swift test checks signatures. */
export async function startTestS3(): Promise<{ readonly settings: S3Settings; stop(): Promise<void> }> {
  const directory = await mkdtemp(join(tmpdir(), 'shoebox-s3-'));
  const server = new S3rver({ address: '127.0.0.1', port: 0, silent: true, directory });
  const bound = await server.run();
  return {
    settings: {
      endpoint: `http://127.0.0.1:${bound.port}`,
      bucket: 'photos',
      region: 'us-east-1',
      accessKey: 'S3RVER',
      secretKey: 'S3RVER',
    },
    async stop() {
      await server.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
