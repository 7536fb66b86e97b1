import { afterEach, beforeEach, expect, test } from 'vitest';
import { openConnection, type Connection } from '../../electron/core/store/connection.ts';
import { withFixedPlan } from '../../shared/sqlParameters.ts';

let connection: Connection;
beforeEach(() => {
  connection = openConnection(':memory:');
  connection.raw.exec(`
    CREATE TABLE owner (id TEXT PRIMARY KEY, ${Array.from({ length: 40 }, (_, at) => `c${at} TEXT`).join(', ')}) STRICT;
    CREATE TABLE thing (id TEXT PRIMARY KEY, owner_id TEXT, at INTEGER, size REAL, bytes BLOB) STRICT;
    CREATE INDEX thing_at ON thing(at);
    INSERT INTO owner (id, c0) VALUES ('o', 'ana');
    INSERT INTO thing VALUES ('1', 'o', 7, 1.5, x'00ff'), ('it''s ?', 'o', 8, NULL, NULL)`);
});
afterEach(() => connection.close());

test('question marks in texts, names and comments are no parameters, and numbered ones stay', () => {
  expect(withFixedPlan(`SELECT 'what''s ?', "a?" -- why?\n /* ? */ FROM t WHERE a=? AND b IN (?,?1) LIMIT ?`)).toBe(
    `SELECT 'what''s ?', "a?" -- why?\n /* ? */ FROM t WHERE a=+? AND b IN (+?,?1) LIMIT +?`,
  );
});

test('values of every kind are stored and compared as they were bound', () => {
  const columns = 'id, owner_id, at, size, bytes, typeof(at) AS a, typeof(size) AS s, typeof(bytes) AS b';
  connection
    .statement<[string, null, number, number, Buffer]>('INSERT INTO thing VALUES (?, ?, ?, ?, ?)')
    .run('2', null, 9, 2, Buffer.from([1]));
  const get = connection.statement<[string], object>(`SELECT ${columns} FROM thing WHERE id = ?`);
  const second = {
    id: '2',
    owner_id: null,
    at: 9,
    size: 2,
    bytes: Buffer.from([1]),
    a: 'integer',
    s: 'real',
    b: 'blob',
  };
  expect(get.get('2')).toEqual(second);
  // The column's type applies to what it is compared with, as it does without the sign.
  expect(connection.statement<[string], object>('SELECT id FROM thing WHERE at = ?').all('7')).toEqual([{ id: '1' }]);
  expect(get.get("it's ?")).toMatchObject({ at: 8 });
  expect(connection.statement<[null], object>('SELECT id FROM thing WHERE size IS ?').all(null)).toEqual([
    { id: "it's ?" },
  ]);
});

test('a parameter is looked up in an index', () => {
  const plan = connection
    .statement<[number], { detail: string }>('EXPLAIN QUERY PLAN SELECT id FROM thing WHERE at = ? ORDER BY at')
    .all(7);
  expect(plan.map(({ detail }) => detail)).toEqual(['SEARCH thing USING INDEX thing_at (at=?)']);
});

test('a statement is compiled once, not again for every value', () => {
  const sql =
    'SELECT thing.id, owner.* FROM thing JOIN owner ON owner.id = thing.owner_id WHERE thing.id = ? AND at > ?';
  const bare = connection.raw.prepare(sql);
  const kept = connection.statement<[string, number], object>(sql);
  const cost = (work: () => void): number => {
    const before = process.cpuUsage();
    for (let count = 0; count < 3_000; count += 1) work();
    const { user, system } = process.cpuUsage(before);
    return user + system;
  };
  expect(kept.all('1', 1)).toEqual(bare.all('1', 1));
  const [again, once] = [cost(() => bare.all('x', 1)), cost(() => kept.all('x', 1))];
  expect(once * 2).toBeLessThan(again);
});
