import type { Violation } from './invariants.ts';
import type { SentAnswer } from './answers.ts';
import type { SentRequest } from './network.ts';

/** What devices were told of the records they sent, for rules about what they have to remember of it. */
export interface Told {
  /** A device sends. @returns the rule that is broken when it has forgotten an answer. */
  sends(request: SentRequest): Violation | undefined;
  /** An answer reaches whoever asked. */
  hears(request: SentRequest, answered: SentAnswer): void;
  /** The server did what a device sent, and its answer got lost: the device hears of it when it reads. */
  misses(request: SentRequest, answered: SentAnswer): void;
  /** The process ended: what it had not written down yet is gone. */
  forget(device: string): void;
  /** The server was put back: versions count from an earlier one again. */
  forgetAll(): void;
  /** The server accepted something of a device that has not read it back since. */
  hasUnread(device: string): boolean;
  /** Photos a device wanted to change and was told, as the last of it, that the server has no such record: of which fields. */
  notFound(device: string): ReadonlyMap<string, ReadonlySet<string>>;
}

interface Operation {
  readonly operationType: string;
  readonly record: {
    readonly recordName: string;
    readonly recordType?: string;
    readonly recordChangeTag?: string;
    readonly fields?: Readonly<Record<string, unknown>>;
  };
}
interface ZoneName {
  readonly zoneName: string;
  readonly ownerRecordName?: string;
}
interface Modify {
  readonly zoneID: ZoneName;
  readonly operations: readonly Operation[];
}
interface ZoneItem {
  readonly zoneID: ZoneName;
  readonly records?: readonly ZoneRecord[];
  readonly deleted?: boolean;
  readonly moreComing?: boolean;
  readonly serverErrorCode?: string;
}
interface ZoneRecord {
  readonly recordName: string;
  readonly recordChangeTag?: string;
  readonly deleted?: boolean;
}
interface Changes {
  readonly zones: readonly ZoneItem[];
  readonly moreComing?: boolean;
}
interface Item {
  readonly serverErrorCode?: string;
  readonly recordChangeTag?: string;
}

const isModify = ({ url }: SentRequest): boolean => url.includes('records/modify');
const isDatabase = ({ url }: SentRequest): boolean => url.includes('changes/database');
const isZone = ({ url }: SentRequest): boolean => url.includes('changes/zone');
const scopeOf = ({ url }: SentRequest): string => (url.includes('/shared/') ? 'shared' : 'private');

/** A zone as a device knows it. Of its own it leaves out whose they are, and the server does not. */
function zoneOf(request: SentRequest, { zoneName, ownerRecordName = '' }: ZoneName): string {
  const scope = scopeOf(request);
  return scope === 'shared' ? `${scope} ${ownerRecordName} ${zoneName}` : `${scope} ${zoneName}`;
}

/** Which of these zones a device has nothing more to hear of, after this answer. */
function heardOf(request: SentRequest, body: string, zones: readonly string[]): readonly string[] {
  const answer = JSON.parse(body) as Changes;
  const named = new Map(answer.zones.map((item) => [zoneOf(request, item.zoneID), item]));
  return zones.filter((zone) => {
    const item = named.get(zone);
    if (isZone(request)) return item?.moreComing === false || item?.serverErrorCode === 'ZONE_NOT_FOUND';
    // One that is gone is read by nobody any more, and of one that is not named all is known.
    const isLast = answer.moreComing !== true && zone.startsWith(scopeOf(request));
    return item === undefined ? isLast : item.deleted === true;
  });
}

/** The server's epoch and the number within it that a change tag stands for. */
function versionOf(tag: string): { readonly epoch: string; readonly seq: number } {
  const [epoch = '', seq = ''] = tag.split('.');
  return { epoch, seq: Number.parseInt(seq, 36) };
}

/** @param forgetful a device that cannot write down what it hears, because its disk is full */
export function createTold(forgetful: (device: string) => boolean): Told {
  const missing = new Map<string, Map<string, Set<string>>>();
  const versions = new Map<string, Map<string, string>>();
  /** By device, the versions of photos it made without hearing the answer. */
  const missed = new Map<string, Map<string, string>>();
  /**
   * By device, the zones where something of it was accepted, and whether it has heard since of all there is: with the next thing
   * it does that is written down.
   */
  const unread = new Map<string, Map<string, 'sent' | 'heard'>>();
  /** Every epoch the server has had, in order. */
  const epochs: string[] = [];
  const of = <T>(all: Map<string, T>, device: string, empty: () => T): T => {
    const known = all.get(device) ?? empty();
    all.set(device, known);
    return known;
  };
  /** What a device reads of a photo may show that an edit arrived of which no answer told it: that one was not lost. */
  const readBack = (device: string, body: string): void => {
    const made = missed.get(device);
    if (made === undefined || made.size === 0) return;
    for (const { recordName, recordChangeTag, deleted } of (JSON.parse(body) as Changes).zones.flatMap(
      ({ records = [] }) => records,
    )) {
      const tag = made.get(recordName);
      if (tag === undefined || recordChangeTag === undefined || deleted === true) continue;
      const [mine, read] = [versionOf(tag), versionOf(recordChangeTag)];
      if (read.epoch !== mine.epoch || read.seq < mine.seq) continue;
      made.delete(recordName);
      missing.get(device)?.delete(recordName);
    }
  };
  return {
    sends: (request) => {
      const zones = unread.get(request.device) ?? new Map<string, string>();
      // While zones are read one after the other, that the database says no more of this one is not written down.
      const reading = isZone(request) ? scopeOf(request) : '';
      for (const [zone, state] of zones)
        if (state === 'heard' && (reading === '' || !zone.startsWith(reading))) zones.delete(zone);
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
      const zones = of(unread, request.device, () => new Map<string, 'sent' | 'heard'>());
      const isReading = isZone(request) || isDatabase(request);
      if (status === 200 && isReading && zones.size > 0 && !forgetful(request.device)) {
        for (const zone of heardOf(request, body, [...zones.keys()])) zones.set(zone, 'heard');
      }
      if (isZone(request) && status === 200) readBack(request.device, body);
      if (!isModify(request) || status !== 200) return;
      const { zoneID, operations } = JSON.parse(request.body) as Modify;
      const items = (JSON.parse(body) as { records: Item[] }).records;
      if (items.some(({ serverErrorCode }) => serverErrorCode === undefined)) {
        zones.set(zoneOf(request, zoneID), 'sent');
      }
      const names = of(missing, request.device, () => new Map<string, Set<string>>());
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
        missed.get(request.device)?.delete(record.recordName);
        if (serverErrorCode === 'NOT_FOUND') {
          const fields = of(names, record.recordName, () => new Set());
          for (const field of Object.keys(record.fields ?? {})) fields.add(field);
        }
        if (serverErrorCode === undefined) names.delete(record.recordName);
      }
      if (forgetful(request.device)) known.clear();
    },
    misses: (request, { status, body }) => {
      if (!isModify(request) || status !== 200) return;
      const made = of(missed, request.device, () => new Map<string, string>());
      const items = (JSON.parse(body) as { records: Item[] }).records;
      for (const [index, { operationType, record }] of (JSON.parse(request.body) as Modify).operations.entries()) {
        const tag = items[index]?.recordChangeTag;
        if (operationType !== 'delete' && record.recordType === 'Photo' && tag !== undefined)
          made.set(record.recordName, tag);
      }
    },
    forget: (device) => {
      versions.delete(device);
      const zones = unread.get(device) ?? new Map<string, string>();
      for (const zone of zones.keys()) zones.set(zone, 'sent');
    },
    forgetAll: () => {
      versions.clear();
      missed.clear();
    },
    hasUnread: (device) => (unread.get(device)?.size ?? 0) > 0,
    notFound: (device) => missing.get(device) ?? new Map(),
  };
}
