import type { Store } from './store.ts';
import type { Connection } from './connection.ts';

/** Something in the file that contradicts itself. */
export interface IntegrityProblem {
  readonly kind: 'file' | 'reference' | 'zone' | 'count';
  /** One sentence: which rows, and what is wrong with them. */
  readonly message: string;
  readonly rows: number;
  /** Whether `repairCounts` puts it right without losing anything. */
  readonly repairable: boolean;
}

const visible = 'p.trashed_at IS NULL AND p.hidden = 0';

/** Rows in another zone than what they belong to (invariant I7: no relation crosses zones). */
const zoneRules: readonly (readonly [what: string, sql: string])[] = [
  ...['resource', 'edit', 'comment', 'photo_tag'].map(
    (table) =>
      [
        `rows of ${table} lie in another share than their photo`,
        `SELECT count(*) AS n FROM ${table} AS r JOIN photo AS p ON p.id = r.photo_id WHERE p.zone_id <> r.zone_id`,
      ] as const,
  ),
  [
    'photos carry a tag of another share',
    'SELECT count(*) AS n FROM photo_tag AS r JOIN tag AS t ON t.id = r.tag_id WHERE t.zone_id <> r.zone_id',
  ],
  [
    'places in an album lie in another share than the album',
    'SELECT count(*) AS n FROM album_item AS r JOIN album AS a ON a.id = r.album_id WHERE a.zone_id <> r.zone_id',
  ],
  [
    'photos of a shared album lie outside its share',
    `SELECT count(*) AS n FROM album_item AS r JOIN photo AS p ON p.id = r.photo_id
     WHERE r.zone_id <> 'library' AND p.zone_id <> r.zone_id`,
  ],
  [
    'ratings lie neither with their photo nor in the library',
    `SELECT count(*) AS n FROM rating AS r JOIN photo AS p ON p.id = r.photo_id
     WHERE r.zone_id <> 'library' AND r.zone_id <> p.zone_id`,
  ],
  ['personal rows lie in a share', `SELECT count(*) AS n FROM personal WHERE zone_id <> 'library'`],
];

/** A value kept beside what it is derived from: how many differ, and the statements that derive it anew. */
interface Derived {
  readonly what: string;
  readonly wrong: string;
  readonly repair: readonly string[];
}

const joinCount = (table: 'album' | 'tag', join: 'album_item' | 'photo_tag'): Derived => {
  const count = `(SELECT count(*) FROM ${join} AS j JOIN photo AS p ON p.id = j.photo_id
    WHERE j.${table}_id = ${table}.id AND ${visible})`;
  const which = table === 'album' ? `kind <> 'smart' AND` : '';
  return {
    what: `${table}s count other photos than they show`,
    wrong: `SELECT count(*) AS n FROM ${table} WHERE ${which} photo_count <> ${count}`,
    repair: [`UPDATE ${table} SET photo_count = ${count} WHERE ${which} photo_count <> ${count}`],
  };
};

const mirrored = `coalesce((SELECT max(favourite) FROM personal WHERE photo_id = photo.id), 0) AS f,
  coalesce((SELECT max(hidden) FROM personal WHERE photo_id = photo.id), 0) AS h,
  coalesce((SELECT value FROM rating WHERE photo_id = photo.id AND created_by IS NULL ORDER BY id LIMIT 1), 0) AS r`;

const facetCounts = [
  ['camera', ['make', 'model']],
  ['lens', ['lens']],
  ['place', ['country', 'region', 'place']],
] as const;
const facetRows = facetCounts
  .map(
    ([
      kind,
      columns,
    ]) => `SELECT '${kind}' AS kind, ${columns.map((name) => `ifnull(p.${name}, '')`).join(' || char(31) || ')} AS value,
      count(*) AS count FROM photo AS p WHERE ${visible} AND coalesce(${columns.map((name) => `p.${name}`).join(', ')}, NULL) IS NOT NULL
      GROUP BY 2`,
  )
  .join(' UNION ALL ');
const dayRows = `SELECT p.day, p.zone_id, count(*) AS count FROM photo AS p WHERE ${visible} GROUP BY p.day, p.zone_id`;
const differing = (kept: string, actual: string): string =>
  `SELECT count(*) AS n FROM (SELECT * FROM (SELECT * FROM (${kept}) EXCEPT SELECT * FROM (${actual}))
   UNION ALL SELECT * FROM (SELECT * FROM (${actual}) EXCEPT SELECT * FROM (${kept})))`;

const derived: readonly Derived[] = [
  {
    what: 'photos show another favourite, hidden or rating than was set',
    wrong: `SELECT count(*) AS n FROM (SELECT favourite, hidden, rating, ${mirrored} FROM photo)
      WHERE favourite <> f OR hidden <> h OR rating <> r`,
    repair: [
      `UPDATE photo SET favourite = f, hidden = h, rating = r FROM (SELECT id AS wanted, ${mirrored} FROM photo) AS mirror
       WHERE photo.id = mirror.wanted AND (favourite <> f OR hidden <> h OR rating <> r)`,
    ],
  },
  joinCount('album', 'album_item'),
  joinCount('tag', 'photo_tag'),
  {
    what: 'days of the timeline are counted wrongly',
    wrong: differing('SELECT day, zone_id, count FROM photo_day_count WHERE count <> 0', dayRows),
    repair: ['DELETE FROM photo_day_count', `INSERT INTO photo_day_count (day, zone_id, count) ${dayRows}`],
  },
  {
    what: 'cameras, lenses or places are counted wrongly',
    wrong: differing('SELECT kind, value, count FROM photo_facet_count WHERE count <> 0', facetRows),
    repair: ['DELETE FROM photo_facet_count', `INSERT INTO photo_facet_count (kind, value, count) ${facetRows}`],
  },
];

const counted = (connection: Connection, sql: string): number =>
  connection.statement<[], { n: number }>(sql).get()?.n ?? 0;

/**
 * Checks what the rows say against each other: the file itself, references, the zone rule, and every count that triggers
 * keep. About a second per 100,000 photos. Nothing is changed.
 */
export function checkIntegrity(connection: Connection): IntegrityProblem[] {
  const problems: IntegrityProblem[] = [];
  for (const { quick_check: line } of connection
    .statement<[], { quick_check: string }>('PRAGMA quick_check(100)')
    .all()) {
    if (line !== 'ok')
      problems.push({ kind: 'file', message: `The database file is damaged: ${line}.`, rows: 1, repairable: false });
  }
  const lost = new Map<string, number>();
  for (const { table, parent } of connection
    .statement<[], { table: string; parent: string }>('PRAGMA foreign_key_check')
    .all()) {
    const name = `rows of ${table} name a ${parent} that does not exist`;
    lost.set(name, (lost.get(name) ?? 0) + 1);
  }
  for (const [what, rows] of lost)
    problems.push({ kind: 'reference', message: `${rows} ${what}.`, rows, repairable: false });
  return [...problems, ...findInconsistencies(connection)];
}

/** The part of `checkIntegrity` that only the rows can tell: the zone rule and the counts. */
export function findInconsistencies(connection: Connection): IntegrityProblem[] {
  const problems: IntegrityProblem[] = [];
  for (const [what, sql] of zoneRules) {
    const rows = counted(connection, sql);
    if (rows > 0) problems.push({ kind: 'zone', message: `${rows} ${what}.`, rows, repairable: false });
  }
  for (const { what, wrong } of derived) {
    const rows = counted(connection, wrong);
    if (rows > 0) problems.push({ kind: 'count', message: `${rows} ${what}.`, rows, repairable: true });
  }
  return problems;
}

/** Derives every kept count anew, in one transaction. What people did is read, never written. */
export function repairCounts(store: Store): void {
  store.transaction('maintenance', ({ raw }) => {
    for (const { repair } of derived) for (const sql of repair) raw.exec(sql);
  });
}
