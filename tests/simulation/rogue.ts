import { missingRight, rightsToBits, trashedField } from '../../shared/shareRights.ts';
import type { Violation } from './invariants.ts';
import type { Random } from './random.ts';
import type { Sharing } from './sharingOperations.ts';
import type { SimulatedServer } from './simulatedServer.ts';

interface ServerRecord {
  readonly record_name: string;
  readonly record_type: string;
  readonly tag: string;
  readonly created_by: string;
  /** JSON */
  readonly fields: string;
}

const acts = ['create', 'update', 'forceUpdate', 'replace', 'forceReplace', 'delete', 'forceDelete'] as const;

/**
 * A program of one person that ignores every rule of the client asks for things this person may not do: records of
 * others' zones and shares, share records, zones. Nothing on the server may change by it (I22), and who has no access
 * is shown nothing (I21).
 * @returns a sentence for the trace, and the rules that were broken
 */
export async function beRogue(deps: {
  readonly server: SimulatedServer;
  readonly sharing: Sharing;
  readonly people: readonly string[];
  readonly random: Random;
}): Promise<{ readonly done: string; readonly violations: readonly Violation[] }> {
  const { server, sharing, random } = deps;
  const rogue = random.pick(deps.people);
  const targets = server
    .rows<{ owner: string; name: string }>(
      `SELECT owner, name FROM zones WHERE deleted_at IS NULL ORDER BY owner, name`,
    )
    .filter(({ owner }) => owner !== rogue);
  if (targets.length === 0) return { done: 'a rogue finds nobody else', violations: [] };
  const zone = random.pick(targets);
  const rights = sharing.rightsOf(rogue, zone);
  const bits = rights === undefined ? 0 : rightsToBits(rights);
  const records = server.rows<ServerRecord>(
    `SELECT r.record_name, r.record_type, r.tag, r.created_by, r.fields FROM records AS r JOIN zones AS z ON z.zone_id = r.zone_id
     WHERE z.owner = ? AND z.name = ? AND z.deleted_at IS NULL AND r.deleted = 0 AND r.record_name <> 'cloudkit.zoneshare'
     ORDER BY r.record_name`,
    zone.owner,
    zone.name,
  );
  const operations: unknown[] = [];
  const named = new Set<string>();
  for (let count = 1 + random.below(6); count > 0; count -= 1) {
    const act = random.pick(acts);
    const target = records.length > 0 && random.chance(0.8) ? random.pick(records) : undefined;
    const name = target?.record_name ?? `rogue-${operations.length}`;
    const kind = target === undefined ? 'add' : act.toLowerCase().includes('delete') ? 'delete' : 'edit';
    // What the rights allow is no attack; a record that is there cannot be made, and one that is not cannot go.
    const own = target?.created_by === rogue;
    const isAllowed = rights !== undefined && missingRight(bits, kind, own) === null;
    // Who may only edit may not put anything into the trash by an edit.
    const toTrash = kind === 'edit' && target?.record_type === 'Photo' && missingRight(bits, 'delete', own) !== null;
    if ((isAllowed && !toTrash) || named.has(name)) continue;
    named.add(name);
    operations.push({
      operationType: act,
      record: {
        recordName: name,
        recordType: target?.record_type ?? 'Comment',
        recordChangeTag: random.chance(0.5) ? (target?.tag ?? 'made up') : 'made up',
        fields: toTrash
          ? { [trashedField]: { value: isTrashed(target) ? null : 1, type: 'INT64' } }
          : { text: { value: 'written by a rogue', type: 'STRING' } },
      },
    });
  }
  if (!(rights ?? []).includes('MANAGE') && random.chance(0.3)) {
    operations.push({
      operationType: random.pick(['update', 'forceUpdate', 'replace', 'create']),
      record: {
        recordName: 'cloudkit.zoneshare',
        recordType: 'cloudkit.share',
        fields: {},
        publicPermission: 'READ_WRITE',
        participants: [
          {
            type: 'USER',
            permission: 'READ_WRITE',
            rights: ['ADD', 'EDIT', 'DELETE', 'MANAGE'],
            acceptanceStatus: 'ACCEPTED',
            userIdentity: { userRecordName: rogue, lookupInfo: { userRecordName: rogue } },
          },
        ],
      },
    });
  }
  const token = await server.signIn(rogue);
  const call = (scope: string, path: string, body: unknown) =>
    server.answer({
      method: 'POST',
      url: `${server.origin}/database/1/${server.container}/${server.environment}/${scope}/${path}`,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
  const zoneID = { zoneName: zone.name, ownerRecordName: zone.owner };
  const before = server.fingerprint();
  const violations: Violation[] = [];
  const scope = random.chance(0.85) ? 'shared' : 'private';
  const answers = [
    await call(scope, 'records/modify', { operations, zoneID, atomic: false }),
    await call(scope, 'zones/modify', { operations: [{ operationType: 'delete', zone: { zoneID } }] }),
    await call(scope, 'records/lookup', { records: records.slice(0, 5).map(recordOf), zoneID }),
    await call(scope, 'changes/zone', { zones: [{ zoneID }] }),
  ];
  if (server.fingerprint() !== before) {
    violations.push({
      invariant: 'I22',
      message: `${rogue} with ${rights?.join() ?? 'no access'} changed ${zone.owner}'s ${zone.name}: ${JSON.stringify(operations).slice(0, 400)}`,
    });
  }
  if (rights === undefined && answers.some(({ body }) => body.includes('"fields"'))) {
    violations.push({ invariant: 'I21', message: `${rogue} has no access and reads ${zone.owner}'s ${zone.name}` });
  }
  return {
    done: `a rogue program of ${rogue} tries ${operations.length} changes in ${zone.owner}'s ${zone.name}: ${answers.map(({ status }) => status).join(' ')}`,
    violations,
  };
}

function isTrashed({ fields }: ServerRecord): boolean {
  return Object.hasOwn(JSON.parse(fields) as object, trashedField);
}

function recordOf({ record_name }: ServerRecord): { recordName: string } {
  return { recordName: record_name };
}
