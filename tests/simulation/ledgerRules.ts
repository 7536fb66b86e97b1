import type { Client } from './client.ts';
import type { Violation } from './invariants.ts';
import { tagInZone, type Ledger } from './ledger.ts';
import type { Network } from './network.ts';
import type { SimulatedServer } from './simulatedServer.ts';
import type { WorldFacts } from './worldFaults.ts';

type Add = (invariant: string, message: string) => void;

/** Rules about what people did, once everything is quiet. */
export function checkLedger(
  clients: readonly Client[],
  server: SimulatedServer,
  network: Network,
  ledger: Ledger,
  facts: WorldFacts,
): Violation[] {
  const violations: Violation[] = [];
  const add: Add = (invariant, message) => violations.push({ invariant, message });
  for (const client of clients) {
    checkPhotos(client, clients, ledger, facts, add);
    checkEdits(client, clients, ledger, facts, add);
    checkNotFound(client, network, ledger, add);
    checkTags(client, add);
    checkPairs(client, clients, ledger, facts, add);
  }
  checkOriginals(clients, ledger, add);
  checkFuture(server, ledger, facts, add);
  return violations;
}

const has = ({ store }: Client, table: 'photo' | 'resource', id: string): boolean =>
  store.connection.statement<[string]>(`SELECT 1 FROM ${table} WHERE id = ?`).get(id) !== undefined;

const isKeptAside = ({ store }: Client, id: string): boolean =>
  store.connection.statement<[string]>('SELECT 1 FROM sync_refused WHERE row_id = ?').get(id) !== undefined;

const isDeletionRefused = ({ store }: Client, id: string): boolean =>
  store.connection.statement<[string]>(`SELECT 1 FROM sync_refused WHERE row_id = ? AND kind = 'delete'`).get(id) !==
  undefined;

/** Nothing vanishes without cause and nothing deleted comes back (I9); what was added to a share is kept (I23). */
function checkPhotos(client: Client, clients: readonly Client[], ledger: Ledger, facts: WorldFacts, add: Add): void {
  for (const [id, made] of ledger.created) {
    if (made.person !== client.person || made.entity !== 'Photo') continue;
    if (ledger.heldByNobody.has(id)) continue;
    const own = !made.zone.includes(':');
    if (ledger.deleted.has(id)) {
      if (ledger.moved.has(id) || facts.serverRestored || !has(client, 'photo', id)) continue;
      if (ledger.forgottenUnanswered.has(id)) continue;
      // A deletion for which the right was gone by the time it was sent is taken back, and the person is told.
      if (clients.some((one) => isDeletionRefused(one, id))) continue;
      // Deleted in somebody else's share by people for whom that ended, perhaps before it was sent.
      const zones = ledger.deletedIn.get(id) ?? [];
      if (zones.length > 0 && zones.every((zone) => zone.includes(':') && ledger.endedZones.has(zone))) continue;
      add('I9', `${client.name}: deleted photo ${id} came back`);
      continue;
    }
    if (own) {
      if (!has(client, 'photo', id)) {
        add('I9', `${client.name}: photo ${id} of ${made.device} vanished without anybody deleting it`);
      } else if (!has(client, 'resource', `${id}-original`) && !ledger.heldByNobody.has(`${id}-original`)) {
        add('I9', `${client.name}: photo ${id} lost its original's record`);
      }
    } else if (made.device === client.name && !ledger.endedZones.has(made.zone)) {
      // The owner may take what others added into their own library.
      const isTaken = ledger.moved.has(id) && clients.some((one) => has(one, 'photo', id));
      if (!has(client, 'photo', id) && !isKeptAside(client, id) && !isTaken) {
        add('I23', `${client.name}: photo ${id} is neither in ${made.zone} nor kept`);
      }
    }
  }
}

/** An acknowledged edit survives, and nobody sees a value nobody wrote (I3). */
function checkEdits(client: Client, clients: readonly Client[], ledger: Ledger, facts: WorldFacts, add: Add): void {
  const known = new Map<string, Set<unknown>>();
  for (const edit of ledger.edits) {
    const key = `${edit.entity} ${edit.rowId} ${edit.field}`;
    known.set(key, (known.get(key) ?? new Set()).add(edit.value));
    // A photo nobody took in is a copy of one, and shows at first what that showed.
    if (!ledger.created.has(edit.rowId)) known.get(key)?.add(edit.before);
  }
  for (const edit of ledger.edits) {
    if (edit.entity !== 'Photo' || edit.field === 'trashed_at') continue;
    const row = client.store.connection
      .statement<[string], { value: string | number | null }>(`SELECT "${edit.field}" AS value FROM photo WHERE id = ?`)
      .get(edit.rowId);
    if (row === undefined) continue;
    const all = known.get(`Photo ${edit.rowId} ${edit.field}`);
    if (row.value !== null && all?.has(row.value) !== true) {
      add('I3', `${client.name}: ${edit.rowId}.${edit.field} is ${String(row.value)}, which nobody wrote`);
    }
    // An edit made on top of what is shown now must not have been lost to it.
    if (row.value !== edit.before || edit.value === row.value || facts.clocksJumped) continue;
    if (ledger.refusedDevices.has(edit.device)) continue;
    // Deleted by one while moved by another: the move brings it back as that other one knew it.
    if (ledger.deleted.has(edit.rowId)) continue;
    // The edit lay on the server alone when that was put back.
    if (ledger.lostEdits.has(edit)) continue;
    // The row was deleted by somebody who had not seen the edit, which is kept under "Not accepted".
    if (clients.some((one) => isKeptAside(one, edit.rowId))) continue;
    add(
      'I3',
      `${client.name}: ${edit.rowId}.${edit.field} fell back from ${String(edit.value)} to ${String(row.value)}`,
    );
  }
}

/** An edit of a photo that somebody else has deleted meanwhile is kept under "Not accepted" (I3). */
function checkNotFound(client: Client, network: Network, ledger: Ledger, add: Add): void {
  for (const [id, fields] of network.told.notFound(client.name)) {
    if (ledger.deletedOn.has(`${client.name} ${id}`) || has(client, 'photo', id) || isKeptAside(client, id)) continue;
    // Not found because the photo had been moved: it may have given way in the new place, and nothing is owed any more.
    if (isOverwritten(id, fields, client.name, ledger)) continue;
    add('I3', `${client.name}: ${id} was not found, is gone, and what was to be sent of it is not kept`);
  }
}

/** Somebody else has written each of these fields that a device had written, and later. */
function isOverwritten(photo: string, fields: ReadonlySet<string>, device: string, ledger: Ledger): boolean {
  const last = new Map<string, string>();
  const written = new Set<string>();
  for (const edit of ledger.edits) {
    if (edit.entity !== 'Photo' || edit.rowId !== photo || !fields.has(edit.field)) continue;
    last.set(edit.field, edit.device);
    if (edit.device === device) written.add(edit.field);
  }
  return written.size > 0 && [...written].every((field) => last.get(field) !== device);
}

/** One living tag per zone and name, and the merged ones point to the lowest (I19). In zones where this person may write. */
function checkTags(client: Client, add: Add): void {
  const { connection } = client.store;
  const doubles = connection
    .statement<[], { zone_id: string; name_key: string; ids: string }>(
      `SELECT tag.zone_id, name_key, group_concat(tag.id) AS ids FROM tag JOIN zone ON zone.id = tag.zone_id
       WHERE merged_into IS NULL AND zone.store = 'private' GROUP BY tag.zone_id, name_key HAVING count(*) > 1`,
    )
    .all();
  for (const { zone_id, name_key, ids } of doubles) {
    add('I19', `${client.name}: ${zone_id} has the tag "${name_key}" more than once: ${ids}`);
  }
  const upward = connection
    .statement<[], { id: string; winner: string }>(
      `SELECT tag.id, winner.id AS winner FROM tag JOIN tag AS winner ON winner.id = tag.merged_into
       JOIN zone ON zone.id = tag.zone_id
       WHERE zone.store = 'private' AND winner.id > tag.id AND winner.name_key = tag.name_key
         AND winner.merged_into IS NULL`,
    )
    .all();
  for (const { id, winner } of upward) add('I19', `${client.name}: tag ${id} was merged into the later ${winner}`);
  const astray = connection
    .statement<[], { id: string; tag_id: string }>(
      `SELECT photo_tag.id, photo_tag.tag_id FROM photo_tag JOIN tag ON tag.id = photo_tag.tag_id
       JOIN zone ON zone.id = tag.zone_id WHERE tag.merged_into IS NOT NULL AND zone.store = 'private'
         AND tag.merged_into IN (SELECT id FROM tag)`,
    )
    .all();
  for (const { id, tag_id } of astray) add('I19', `${client.name}: pair ${id} still hangs on the merged tag ${tag_id}`);
}

/** Every tag a person put on a photo and nobody took away is still on it (I19), or kept where the photo has gone from. */
function checkPairs(client: Client, clients: readonly Client[], ledger: Ledger, facts: WorldFacts, add: Add): void {
  // A restored server brings deletions back and an older name of a tag; whose clock is wrong may lose a choice.
  if (facts.serverRestored || facts.clocksJumped) return;
  const photoZone = client.store.connection.statement<[string], { id: string; store: string }>(
    'SELECT zone.id, zone.store FROM photo JOIN zone ON zone.id = photo.zone_id WHERE photo.id = ?',
  );
  const isTag = client.store.connection.statement<[string]>('SELECT 1 FROM tag WHERE id = ?');
  const tagsOf = client.store.connection.statement<[string], { pair: string; tag: string; name_key: string }>(
    `SELECT photo_tag.id AS pair, tag.id AS tag, tag.name_key
     FROM photo_tag JOIN tag ON tag.id = photo_tag.tag_id WHERE photo_id = ?`,
  );
  for (const [id, { photo, tag, device }] of ledger.pairs) {
    if (ledger.deleted.has(photo) || ledger.deleted.has(tag) || ledger.refusedDevices.has(device)) continue;
    if (ledger.forgottenPairs.has(id)) continue;
    // Done with as a tag of its own before the deletion of what it was merged into arrived, and gone with that.
    const winner = ledger.outlived.get(tag);
    if (winner !== undefined && isTag.get(tag) === undefined && isTag.get(winner) === undefined) continue;
    const names = ledger.tagNames.get(tag);
    // A tag that was made by moving or copying its photo into another zone has no history of names here.
    const zone = photoZone.get(photo);
    if (names === undefined || zone?.store !== 'private') continue;
    const held = tagsOf.all(photo);
    // Two tags that had the same name at some time may have become one, that one may be called otherwise since, and by
    // that name have become one with a third.
    const met = namesMet(names, ledger);
    const metIt = (other: string) => [...(ledger.tagNames.get(other) ?? [])].some((name) => met.has(name));
    // One that was made by moving the photo has the name of the one it was, whatever that was called by then.
    const isIt = (other: string, name: string) =>
      names.has(name) || (ledger.tagNames.has(other) ? metIt(other) : met.has(name));
    // Somebody who did not know of this pair took a tag of that name away, here or where the photo was for a while, and
    // that is then one with this one.
    if ((ledger.untagged.get(photo) ?? []).some((off) => isIt(off.tag, off.nameKey))) continue;
    // So is one whose tag went in the photo's new zone, by somebody who had heard of that tag and not of the photo's.
    if ([...met].some((name) => ledger.deletedStandIns.has(tagInZone(zone.id, name)))) continue;
    // Or was deleted there as a tag of its own, onto which the photo had been moved: that takes all its photos along.
    const onto = ledger.movedOnto.get(id) ?? [];
    if (onto.some((one) => ledger.deleted.has(one.tag) && isIt(one.tag, one.nameKey))) continue;
    if (held.some(({ pair, tag: other, name_key }) => pair === id || isIt(other, name_key))) continue;
    // Put on in a share by somebody who had not heard that its owner had taken the photo out of it.
    if (clients.some((one) => isKeptAside(one, id) && !isDeletionRefused(one, id))) continue;
    add('I19', `${client.name}: photo ${photo} lost the tag ${tag} (${[...names].join('/')}) nobody took away`);
  }
}

/** The names of the tags that had one of these names at some time: what a tag may be called once it is one with them. */
function namesMet(names: ReadonlySet<string>, ledger: Ledger): ReadonlySet<string> {
  const met = new Set(names);
  for (const others of ledger.tagNames.values()) {
    if ([...others].some((name) => names.has(name))) for (const name of others) met.add(name);
  }
  return met;
}

/** Every original that was taken in and not deleted is still in somebody's library or kept aside (I20), by its hash. */
function checkOriginals(clients: readonly Client[], ledger: Ledger, add: Add): void {
  const held = new Set<string>();
  for (const { store } of clients) {
    for (const { sha256 } of store.connection
      .statement<[], { sha256: string }>(`SELECT sha256 FROM resource WHERE kind = 'original' AND sha256 IS NOT NULL`)
      .all()) {
      held.add(sha256);
    }
  }
  for (const [photo, sha256] of ledger.originals) {
    if (ledger.deleted.has(photo) || ledger.heldByNobody.has(`${photo}-original`) || held.has(sha256)) continue;
    if (clients.some((client) => isKeptAside(client, `${photo}-original`) || isKeptAside(client, photo))) continue;
    add('I20', `the original of ${photo} is in nobody's library any more`);
  }
}

/** A field of a build of tomorrow is still in its record, wherever that went (I31). */
function checkFuture(server: SimulatedServer, ledger: Ledger, facts: WorldFacts, add: Add): void {
  if (facts.serverRestored) return;
  for (const [name, value] of ledger.future) {
    // Deleted by one while moved by another: the move brings it back as that other one knew it.
    if (ledger.deleted.has(name)) continue;
    const records = server.rows<{ zone: string; fields: string }>(
      `SELECT z.name AS zone, r.fields FROM records AS r JOIN zones AS z ON z.zone_id = r.zone_id
       WHERE r.record_name = ? AND r.deleted = 0 AND z.deleted_at IS NULL`,
      name,
    );
    for (const { zone, fields } of records) {
      if (!fields.includes(`"${value}"`)) add('I31', `${name} in ${zone} lost the field of a newer build: ${fields}`);
    }
  }
}
