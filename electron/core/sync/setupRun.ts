import type { Store } from '../store/store.ts';
import type { CloudDatabase } from './cloudDatabase.ts';
import type { Collector, OfferedUpTo } from './collector.ts';
import type { RequestLimits } from './exportRun.ts';
import type { FailureContext } from './failures.ts';
import type { Importer } from './importer.ts';
import type { ServerCall } from './serverCall.ts';
import type { SyncMetadata } from './syncMetadata.ts';

/** Rows offered per transaction when an account is first connected. */
const offeredAtOnce = 200;
const context: FailureContext = { doing: 'databaseChanges', participant: false };

/**
 * What an engine does before it reads anything, until it has succeeded once: asks the server whom it takes it for and how much
 * it takes, reads again what an older version kept unread, and offers a library that was filled before it had an account.
 * The run throws Interrupted with the failure, for a session of another account as well, and Stopped.
 * @param me the record name of the person the library belongs to
 */
export function createSetupRun({
  store,
  cloud,
  metadata,
  collector,
  importer,
  call,
  me,
}: {
  readonly store: Store;
  readonly cloud: CloudDatabase;
  readonly metadata: SyncMetadata;
  readonly collector: Collector;
  readonly importer: Importer;
  readonly call: ServerCall;
  readonly me: string;
}): () => Promise<{ readonly limits: RequestLimits; readonly hasOffered: boolean }> {
  return async () => {
    const { limits } = await call.loudly(() => cloud.info(), context);
    const { userRecordName } = await call.loudly(() => cloud.caller(), context);
    if (userRecordName !== me) {
      // One person's changes never go out under another's name, whatever session was left lying about.
      throw call.interruption(
        { code: 'AUTHENTICATION_FAILED', message: 'This session belongs to another account.' },
        context,
      );
    }
    importer.replayUnknown();
    const isToBeOffered = metadata.state('offered') !== me;
    if (isToBeOffered) {
      // A library that was filled before it had an account: its rows are offered once, whatever history still knows. A try
      // that was cut short has offered some of them: what became of those since is in history, and is not passed over.
      store.bookkeeping(() => {
        if (metadata.state('offering') === me) return;
        collector.skip();
        metadata.setState('offering', me);
      });
      let offered: OfferedUpTo | undefined;
      do {
        // Each pass is one bounded transaction.
        const from = offered;
        offered = store.bookkeeping(() => collector.offerRows(offeredAtOnce, from));
      } while (offered !== undefined);
      store.bookkeeping(() => metadata.setState('offered', me));
    }
    return { limits, hasOffered: isToBeOffered };
  };
}
