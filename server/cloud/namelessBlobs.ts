import type { Services } from './context.ts';

/**
 * Finds bytes again that an upload had made an asset when the power failed: that they are there was not waited for
 * (`complete` in receiveUpload.ts), so the database may know of the upload alone. Named once more, they are collected like
 * all that nothing refers to, or serve when they are sent again. To be called when a server starts; harmless at any moment,
 * for a blob's row is there before its file.
 * @returns how many were found
 */
export async function nameBlobsAgain({ database, assets, clock }: Services): Promise<number> {
  const begun = await database.read((sql) =>
    sql.all<{ sha256: string; size: number }>(
      `SELECT DISTINCT u.sha256, u.size FROM uploads AS u
        WHERE u.state = 'open' AND u.sha256 IS NOT NULL AND u.size IS NOT NULL
          AND NOT EXISTS (SELECT 1 FROM blobs AS b WHERE b.sha256 = u.sha256)`,
    ),
  );
  let found = 0;
  for (const { sha256, size } of begun) {
    if (!(await assets.exists(Buffer.from(sha256, 'base64').toString('hex')))) continue;
    found += await database.write((sql) =>
      sql.run('INSERT INTO blobs (sha256, size, created_at) VALUES (?, ?, ?) ON CONFLICT (sha256) DO NOTHING', [
        sha256,
        size,
        clock(),
      ]),
    );
  }
  return found;
}
