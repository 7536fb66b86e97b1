import { missingRight, rightsToBits, trashedField, type ShareAct } from '../../shared/shareRights.ts';
import type { ShareRight } from '../../shared/model/share.ts';
import type { CloudDatabase, CloudItem } from '../../electron/core/sync/cloudDatabase.ts';
import type { SharingWorld, Person } from '../helpers/sharingWorld.ts';

/** Who sends the requests: a member with some rights, somebody who left, somebody never invited. */
export interface HostileRole {
  readonly name: string;
  readonly rights: readonly ShareRight[];
  readonly access: 'member' | 'left' | 'stranger';
}

export const hostileRoles: readonly HostileRole[] = [
  { name: 'viewer', rights: [], access: 'member' },
  { name: 'contributor', rights: ['ADD'], access: 'member' },
  { name: 'editor', rights: ['ADD', 'EDIT'], access: 'member' },
  { name: 'deleter', rights: ['DELETE'], access: 'member' },
  { name: 'manager', rights: ['ADD', 'EDIT', 'DELETE', 'MANAGE'], access: 'member' },
  { name: 'left', rights: ['ADD', 'EDIT', 'DELETE', 'MANAGE'], access: 'left' },
  { name: 'stranger', rights: [], access: 'stranger' },
];

export interface HostileOutcome {
  readonly requests: number;
  readonly accepted: number;
  readonly refused: number;
  /** What the server let through although the rule says no, and the reverse; empty when all is well. */
  readonly faults: readonly string[];
}

/** Numbers in [0, 1) that are the same for the same seed (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** A share of one owner with records of two people in it, and one hostile account. */
export interface HostileStage {
  readonly owner: Person;
  readonly rogue: CloudDatabase;
  readonly rogueName: string;
  readonly zoneName: string;
  readonly shortGUID: string;
  readonly role: HostileRole;
}

/** Sets the stage: a share with ten records of the owner; the rogue is let in with the role's rights, or is not. */
export async function setStage(world: SharingWorld, owner: Person, role: HostileRole): Promise<HostileStage> {
  const rogue = await world.person(`Rogue${role.name}`);
  const photos = Array.from({ length: 5 }, (_, index) => owner.photo(`${role.name} ${index}`));
  const { shareID } = await owner.sharing.shares.create({
    title: `Stage for ${role.name}`,
    what: { photoIDs: photos, albumID: null },
    people: [],
    publicPreset: null,
    departureRule: 'STAY',
  });
  await owner.sync();
  const record = await owner.cloud.lookupRecords('private', { zoneName: shareID }, ['cloudkit.zoneshare']);
  const shortGUID = String(record[0]?.['shortGUID']);
  if (role.access !== 'stranger') {
    await owner.cloud.modifyRecords('private', { zoneName: shareID }, [
      {
        operationType: 'forceUpdate',
        record: {
          recordName: 'cloudkit.zoneshare',
          recordType: 'cloudkit.share',
          fields: {},
          participants: [
            {
              type: 'USER',
              permission: role.rights.length === 0 ? 'READ_ONLY' : 'READ_WRITE',
              rights: role.rights,
              userIdentity: { lookupInfo: { emailAddress: rogue.email } },
            },
          ],
        },
      },
    ]);
    await rogue.cloud.extension('records/accept', { shortGUIDs: [{ value: shortGUID }] });
  }
  if (role.access === 'left') {
    await rogue.cloud.modifyRecords('shared', { zoneName: shareID, ownerRecordName: owner.userName }, [
      { operationType: 'forceDelete', record: { recordName: 'cloudkit.zoneshare', recordType: 'cloudkit.share' } },
    ]);
  }
  return { owner, rogue: rogue.cloud, rogueName: rogue.userName, zoneName: shareID, shortGUID, role };
}

interface KnownRecord {
  readonly creator: string;
  readonly type: string;
  readonly fields: string;
}

const isTrashed = ({ fields }: KnownRecord): boolean => Object.hasOwn(JSON.parse(fields) as object, trashedField);

/** What the owner sees: every record with its creator and values; the truth the attack is held against. */
async function truth(stage: HostileStage): Promise<Map<string, KnownRecord>> {
  const records = new Map<string, KnownRecord>();
  let token: string | undefined;
  for (;;) {
    const { zones } = await stage.owner.cloud.zoneChanges('private', { zoneName: stage.zoneName }, token);
    const page = zones[0];
    for (const record of page?.records ?? []) {
      if (record.recordType === 'cloudkit.share') continue;
      if (record.deleted === true) records.delete(record.recordName);
      else {
        records.set(record.recordName, {
          creator: record.created?.userRecordName ?? '',
          type: record.recordType ?? '',
          fields: JSON.stringify(record.fields),
        });
      }
    }
    token = page?.syncToken;
    if (page?.moreComing !== true) return records;
  }
}

/** A text field that records of a type have, so that a refusal is about rights and not about the value. */
const fieldOf = (type: string | undefined): string =>
  type === 'Photo' ? 'title' : type === 'Resource' ? 'file_name' : 'text';

const acts = ['create', 'update', 'forceUpdate', 'replace', 'forceReplace', 'delete', 'forceDelete'] as const;

/**
 * Sends random requests that ignore every rule of the client: all seven operations, with right and wrong tags, names,
 * creators and zones, share records, links and answers to requests. After each batch what the owner sees is compared with
 * what the rights allow.
 */
export async function attack(stage: HostileStage, requests: number, seed: number): Promise<HostileOutcome> {
  const random = seededRandom(seed);
  const pick = <T>(items: readonly T[]): T => {
    const item = items[Math.floor(random() * items.length)];
    if (item === undefined) throw new Error('nothing to pick from');
    return item;
  };
  const bits = stage.role.access === 'member' ? rightsToBits(stage.role.rights) : 0;
  const zone = { zoneName: stage.zoneName, ownerRecordName: stage.owner.userName };
  const faults: string[] = [];
  let accepted = 0;
  let refused = 0;
  let sent = 0;
  let known = await truth(stage);
  const sharePeople = async (): Promise<string> => {
    const [share] = await stage.owner.cloud.lookupRecords('private', { zoneName: stage.zoneName }, [
      'cloudkit.zoneshare',
    ]);
    return JSON.stringify([
      share?.['publicPermission'],
      share?.['participants'],
      share?.['departureRule'],
      share?.['endsAt'] ?? null,
    ]);
  };

  const record = (index: number) => {
    const act = pick(acts);
    const names = [...known.keys()];
    const target = random() < 0.75 && names.length > 0 ? pick(names) : `rogue-${seed}-${sent + index}`;
    return { act, target };
  };

  while (sent < requests) {
    if (random() < 0.12) {
      const people = await sharePeople();
      const outcome = await sideDoor(stage, random, pick);
      sent += 1;
      if (outcome) accepted += 1;
      else refused += 1;
      const mayManage = stage.role.access === 'member' && stage.role.rights.includes('MANAGE');
      if (!mayManage && (await sharePeople()) !== people)
        faults.push(`${stage.role.name} changed who takes part, or how`);
      continue;
    }
    const wanted = Array.from({ length: 1 + Math.floor(random() * 8) }, (_, index) => record(index));
    const distinct = [...new Map(wanted.map((one) => [one.target, one])).values()];
    const answer: readonly CloudItem[] = await stage.rogue
      .modifyRecords(
        random() < 0.9 ? 'shared' : 'private',
        zone,
        distinct.map(({ act, target }) => ({
          operationType: act,
          record: {
            recordName: target,
            recordType: known.get(target)?.type ?? 'Comment',
            recordChangeTag: random() < 0.5 ? 'made up' : '1',
            fields: {
              [fieldOf(known.get(target)?.type)]: { value: `written by a rogue ${random()}`, type: 'STRING' },
              ...(random() < 0.2 ? { [trashedField]: { value: random() < 0.5 ? 1 : null, type: 'INT64' } } : {}),
            },
            created: { timestamp: 1, userRecordName: stage.rogueName },
            creator: stage.rogueName,
          },
        })),
      )
      .catch(() => []);
    sent += distinct.length;
    const after = await truth(stage);
    for (const { act, target } of distinct) {
      const before = known.get(target);
      const now = after.get(target);
      const done: ShareAct | undefined =
        before === undefined
          ? now === undefined
            ? undefined
            : 'add'
          : now === undefined
            ? 'delete'
            : isTrashed(now) !== isTrashed(before)
              ? 'delete'
              : now.fields !== before.fields
                ? 'edit'
                : undefined;
      if (now !== undefined && before !== undefined && now.creator !== before.creator)
        faults.push(`${target} changed hands by ${act}`);
      if (now !== undefined && before === undefined && now.creator !== stage.rogueName)
        faults.push(`${target} was made in the name of ${now.creator}`);
      if (done === undefined) {
        refused += 1;
        continue;
      }
      accepted += 1;
      const missing =
        stage.role.access !== 'member' ? 'access' : missingRight(bits, done, before?.creator === stage.rogueName);
      if (missing !== null) faults.push(`${stage.role.name} could ${act} ${target} without ${missing}`);
    }
    const others = [...known].filter(
      ([name, value]) => !distinct.some(({ target }) => target === name) && after.get(name)?.fields !== value.fields,
    );
    for (const [name] of others) faults.push(`${name} changed though nobody named it`);
    for (const item of answer) {
      if (stage.role.access !== 'member' && item.fields !== undefined)
        faults.push(`${stage.role.name} was shown ${item.recordName}`);
    }
    known = after;
  }
  return { requests: sent, accepted, refused, faults };
}

/** One try by another way than records: the share record, links, zones, requests, reading. True when it was let through. */
async function sideDoor(
  stage: HostileStage,
  random: () => number,
  pick: <T>(items: readonly T[]) => T,
): Promise<boolean> {
  const zone = { zoneName: stage.zoneName, ownerRecordName: stage.owner.userName };
  const everything = ['ADD', 'EDIT', 'DELETE', 'MANAGE'];
  const me = {
    type: 'USER',
    permission: 'READ_WRITE',
    rights: everything,
    userIdentity: { userRecordName: stage.rogueName, lookupInfo: { userRecordName: stage.rogueName } },
  };
  const share = (extra: Readonly<Record<string, unknown>>) =>
    stage.rogue.modifyRecords('shared', zone, [
      {
        operationType: 'forceUpdate',
        record: { recordName: 'cloudkit.zoneshare', recordType: 'cloudkit.share', fields: {}, ...extra },
      },
    ]);
  const tries: readonly (() => Promise<unknown>)[] = [
    ...(stage.role.rights.includes('MANAGE') && stage.role.access === 'member'
      ? []
      : [
          () => share({ participants: [me] }),
          () => share({ publicPermission: 'READ_WRITE', publicRights: ['ADD', 'EDIT', 'DELETE'] }),
          () => share({ participants: [] }),
        ]),
    () => share({ departureRule: 'GO', endsAt: 1 }),
    () => stage.rogue.modifyZones('delete', [{ zoneName: stage.zoneName, ownerRecordName: stage.owner.userName }]),
    () =>
      stage.rogue.extension('links/modify', {
        zoneID: zone,
        operations: [{ operationType: 'create', link: { role: 'EDITOR' } }],
      }),
    () =>
      stage.rogue.extension('requests/answer', {
        requests: [{ requestID: 'made-up', decision: 'GRANT', rights: everything }],
      }),
    () =>
      stage.rogue.rereference('shared', zone, { zoneName: 'library' }, [
        { recordName: pick(['a', 'b', 'c']), fieldName: 'data' },
      ]),
  ];
  try {
    const answer: unknown = await tries[Math.floor(random() * tries.length)]?.();
    return !JSON.stringify(answer ?? null).includes('serverErrorCode');
  } catch {
    return false;
  }
}
