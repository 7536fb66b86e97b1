import { randomBytes } from 'node:crypto';
import type { FailureLog } from '../rpc/rpcErrors.ts';

/**
 * Writes each unforeseen failure as one line with its id, the procedure and the stack. Request parameters are not
 * written: they hold people's words and places.
 * @param write takes one line without its line break
 */
export function createFailureLog(write: (line: string) => void): FailureLog {
  return {
    newLogId: () => randomBytes(4).toString('hex').toUpperCase(),
    logFailure: ({ logId, procedure, error }) => {
      const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
      write(JSON.stringify({ logId, procedure, error: stack }));
    },
  };
}
