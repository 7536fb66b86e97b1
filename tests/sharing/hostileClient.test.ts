import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { missingRight as serverRule } from '../../server/cloud/rights.ts';
import { createPermissions } from '../../electron/core/sharing/permissions.ts';
import { bitsToRights, missingRight, type ShareAct } from '../../shared/shareRights.ts';
import { openSharingStore } from '../helpers/sharingStore.ts';
import { createSharingWorld, type Person, type SharingWorld } from '../helpers/sharingWorld.ts';
import { attack, hostileRoles, setStage } from './hostileClient.ts';

let world: SharingWorld;
let ana: Person;

beforeAll(async () => {
  world = await createSharingWorld();
  ana = await world.person('Ana');
});
afterAll(async () => world.dispose());

describe('a client that ignores every rule', () => {
  it.each(hostileRoles)('as $name it changes nothing its rights do not allow', async (role) => {
    const stage = await setStage(world, ana, role);
    const { requests, accepted, refused, faults } = await attack(stage, 150, 20_261_120);
    expect(faults).toEqual([]);
    expect(requests).toBeGreaterThanOrEqual(150);
    expect(refused).toBeGreaterThan(0);
    // A test in which nothing ever succeeds would prove nothing about the rights that are there.
    if (role.access === 'member' && role.rights.length > 0) expect(accepted).toBeGreaterThan(0);
    else expect(accepted).toBe(0);
  });

  it('the same requests from somebody with every right do change what others added', async () => {
    const manager = hostileRoles.find(({ name }) => name === 'manager');
    if (manager === undefined) throw new Error('there is no manager');
    const stage = await setStage(world, ana, { ...manager, name: 'manager2' });
    const others = async () =>
      (await ana.cloud.zoneChanges('private', { zoneName: stage.zoneName }, undefined)).zones[0]?.records ?? [];
    const edited = (records: Awaited<ReturnType<typeof others>>) =>
      records.some(
        (one) => one.created?.userRecordName === ana.userName && JSON.stringify(one.fields).includes('rogue'),
      );
    await attack(stage, 60, 5);
    const after = await others();
    expect(edited(after) || after.some(({ deleted }) => deleted === true)).toBe(true);
  });
});

describe('one rule in three places', () => {
  const acts: readonly ShareAct[] = ['add', 'edit', 'delete'];
  it('the app, the store and the server give the same answer for every set of rights', () => {
    const fixture = openSharingStore();
    const permissions = createPermissions(fixture.store.connection);
    for (let bits = 0; bits < 16; bits += 1) {
      const zone = fixture.zone(`_ana:share.${bits}`, { mine: false, rights: bits });
      for (const act of acts) {
        for (const mine of act === 'add' ? [true] : [true, false]) {
          const expected = missingRight(bits, act, mine);
          const server = serverRule(
            { role: 'participant', participantID: 'p', rights: bitsToRights(bits), ending: false },
            act === 'add' ? 'create' : act === 'edit' ? 'change' : 'delete',
            '_ben',
            mine ? '_ben' : '_ana',
          );
          expect(server ?? null).toBe(expected);
          const verdict = permissions.may(zone, act, mine ? null : '_ana');
          expect(verdict.allowed ? null : verdict.right).toBe(expected);
          const photo = fixture.photo({ zone, by: mine ? null : '_ana', author: 'sync' });
          const attempt = () =>
            fixture.store.transaction('app', (connection) => {
              if (act === 'add') {
                connection
                  .statement<[string, string]>(
                    `INSERT INTO album (id, zone_id, kind, title, position, created_at, modified_at) VALUES (?, ?, 'manual', 'x', 'a', 1, 1)`,
                  )
                  .run(fixture.newId(), zone);
              } else if (act === 'edit') {
                connection.statement<[string]>(`UPDATE photo SET title = 'changed' WHERE id = ?`).run(photo);
              } else {
                connection.statement<[string]>('DELETE FROM resource WHERE photo_id = ?').run(photo);
              }
            });
          if (act === 'delete') {
            fixture.store.transaction('sync', (connection) =>
              connection
                .statement<[string | null, string]>('UPDATE resource SET created_by = ? WHERE photo_id = ?')
                .run(mine ? null : '_ana', photo),
            );
          }
          if (expected === null) expect(attempt).not.toThrow();
          else
            expect(attempt).toThrow(
              expect.objectContaining({ code: 'permissionFailure', data: { neededRight: expected } }),
            );
        }
      }
    }
    fixture.dispose();
  });

  it('moving somebody else’s photo to the trash needs the right to delete, not only to edit', () => {
    const fixture = openSharingStore();
    const zone = fixture.zone('_ana:share.trash', { mine: false, rights: 3 });
    const theirs = fixture.photo({ zone, by: '_ana', author: 'sync' });
    const own = fixture.photo({ zone, by: null, author: 'sync' });
    const trash = (id: string) => () =>
      fixture.store.transaction('app', (connection) =>
        connection.statement<[string]>('UPDATE photo SET trashed_at = 1 WHERE id = ?').run(id),
      );
    expect(trash(theirs)).toThrow(expect.objectContaining({ data: { neededRight: 'DELETE' } }));
    expect(trash(own)).not.toThrow();
    fixture.dispose();
  });
});
