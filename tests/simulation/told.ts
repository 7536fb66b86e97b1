import type { Violation } from './invariants.ts';
import type { SentAnswer } from './answers.ts';
import type { SentRequest } from './network.ts';

/** What devices were told of the records they sent, for rules about what they have to remember of it. */
export interface Told {
  /** A device sends. @returns the rule that is broken when it has forgotten an answer. */
  sends(request: SentRequest): Violation | undefined;
  /** An answer reaches whoever asked. */
  hears(request: SentRequest, answered: SentAnswer): void;
  /** The process ended: what it had not written down yet is gone. */
  forget(device: string): void;
  /** The server was put back: versions count from an earlier one again. */
  forgetAll(): void;
  /** The server accepted something of a device that has not read it back since. */
  hasUnread(device: string): boolean;
  /** Photos a device wanted to change and was told, as the last of it, that the server has no such record. */
  notFound(device: string): ReadonlySet<string>;
}

interface Operation {
  readonly operationType: string;
  readonly record: {
    readonly recordName: string;
    readonly recordType?: string;
    readonly recordChangeTag?: string;
  };
}
interface Modify {
  readonly zoneID: { readonly zoneName: string };
  readonly operations: readonly Operation[];
}
interface Item {
  readonly serverErrorCode?: string;
  readonly recordChangeTag?: string;
}

const isModify = ({ url }: SentRequest): boolean => url.includes('records/modify');

/** The server's epoch and the number within it that a change tag stands for. */
function versionOf(tag: string): { readonly epoch: string; readonly seq: number } {
  const [epoch = '', seq = ''] = tag.split('.');
  return { epoch, seq: Number.parseInt(seq, 36) };
}

/** @param forgetful a device that cannot write down what it hears, because its disk is full */
export function createTold(forgetful: (device: string) => boolean): Told {
  const missing = new Map<string, Set<string>>();
  const versions = new Map<string, Map<string, string>>();
  const unread = new Set<string>();
  /** Every epoch the server has had, in order. */
  const epochs: string[] = [];
  const of = <T>(all: Map<string, T>, device: string, empty: () => T): T => {
    const known = all.get(device) ?? empty();
    all.set(device, known);
    return known;
  };
  return {
    sends: (request) => {
      const known = versions.get(request.device);
      if (!isModify(request) || known === undefined || known.size === 0) return undefined;
      const { zoneID, operations } = JSON.parse(request.body) as Modify;
      for (const { operationType, record } of operations) {
        const told = known.get(`${zoneID.zoneName} ${record.recordName}`);
        if (operationType !== 'update' || told === undefined || record.recordChangeTag === undefined) continue;
        const [newest, named] = [versionOf(told), versionOf(record.recordChangeTag)];
        // A server that notices by itself that it was put back begins a new epoch, in which others may have written since.
        const [then, now] = [epochs.indexOf(newest.epoch), epochs.indexOf(named.epoch)];
        if (now > then || (now === then && named.seq >= newest.seq)) continue;
        return {
          invariant: 'I15',
          message: `${request.device} names version ${record.recordChangeTag} of ${record.recordName} and was given ${told} for what it sent before`,
        };
      }
      return undefined;
    },
    hears: (request, { status, body }) => {
      // The one database is read, zones and all, when the other is asked.
      const scope = request.url.includes('/shared/') ? 'shared' : 'private';
      const other = scope === 'shared' ? 'private' : 'shared';
      if (status === 200 && request.url.includes('changes/database')) unread.delete(`${request.device} ${other}`);
      if (!isModify(request) || status !== 200) return;
      unread.add(`${request.device} ${scope}`);
      const { zoneID, operations } = JSON.parse(request.body) as Modify;
      const items = (JSON.parse(body) as { records: Item[] }).records;
      const names = of(missing, request.device, () => new Set());
      const known = of(versions, request.device, () => new Map());
      for (const [index, { operationType, record }] of operations.entries()) {
        const { serverErrorCode, recordChangeTag } = items[index] ?? {};
        const key = `${zoneID.zoneName} ${record.recordName}`;
        if (recordChangeTag !== undefined && !epochs.includes(versionOf(recordChangeTag).epoch)) {
          epochs.push(versionOf(recordChangeTag).epoch);
        }
        if (operationType === 'delete' || serverErrorCode !== undefined || recordChangeTag === undefined)
          known.delete(key);
        else known.set(key, recordChangeTag);
        if (operationType === 'delete' || record.recordType !== 'Photo') continue;
        if (serverErrorCode === 'NOT_FOUND') names.add(record.recordName);
        else if (serverErrorCode === undefined) names.delete(record.recordName);
      }
      if (forgetful(request.device)) known.clear();
    },
    forget: (device) => void versions.delete(device),
    forgetAll: () => versions.clear(),
    hasUnread: (device) => unread.has(`${device} private`) || unread.has(`${device} shared`),
    notFound: (device) => missing.get(device) ?? new Set(),
  };
}
