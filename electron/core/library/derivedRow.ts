import { compileGeometry } from '../../../shared/edits/geometry.ts';
import { readStack } from '../../../shared/edits/stack.ts';
import { tagNameKey } from '../../../shared/tagName.ts';
import type { Connection, SqlValue } from '../store/connection.ts';
import { ratioOf, sortAt } from '../store/derivedColumns.ts';
import type { EntityName } from '../store/entities.ts';

type Row = Readonly<Record<string, SqlValue>>;

/**
 * The local columns of a row whose synced columns were just given new values: what stands in the row must follow.
 * @param changed names of the columns that have new values
 */
export function localColumns(
  connection: Connection,
  entity: EntityName,
  row: Row,
  changed: ReadonlySet<string>,
): Record<string, SqlValue> {
  if (entity === 'Tag' && changed.has('name')) return { name_key: tagNameKey(String(row['name'])) };
  if (entity !== 'Photo') return {};
  const local: Record<string, SqlValue> = {};
  if (changed.has('taken_at')) local['sort_at'] = sortAt(textOf(row['taken_at']), timeWithout(connection, row));
  if (['current_edit_id', 'width', 'height', 'orientation'].some((name) => changed.has(name))) {
    local['ratio'] = editedRatio(connection, row);
  }
  return local;
}

/** Where a photo without a capture time stands: at its file's time, else when it was added. */
function timeWithout(connection: Connection, row: Row): number {
  const file = connection
    .statement<[SqlValue], { modified: string }>(
      'SELECT modified_ns AS modified FROM file WHERE photo_id = ? ORDER BY id LIMIT 1',
    )
    .get(row['id'] ?? null);
  return file === undefined ? Number(row['created_at']) : Number(BigInt(file.modified) / 1_000_000n);
}

/** The ratio of a photo as its current edit leaves it. Edits of a newer version count as far as they are understood. */
function editedRatio(connection: Connection, row: Row): number {
  const [width, height, orientation] = [numberOf(row['width']), numberOf(row['height']), numberOf(row['orientation'])];
  const plain = ratioOf(width, height, orientation);
  const edit = textOf(row['current_edit_id']);
  if (edit === null || width === null || height === null || width <= 0 || height <= 0) return plain;
  const stored = connection.statement<[string], { stack: string }>('SELECT stack FROM edit WHERE id = ?').get(edit);
  if (stored === undefined) return plain;
  const turned = (orientation ?? 1) >= 5;
  const source = turned ? { width: height, height: width } : { width, height };
  try {
    const { output } = compileGeometry(readStack(JSON.parse(stored.stack)), source);
    return ratioOf(output.width, output.height, 1);
  } catch {
    return plain;
  }
}

const textOf = (value: SqlValue | undefined): string | null => (typeof value === 'string' ? value : null);
const numberOf = (value: SqlValue | undefined): number | null => (typeof value === 'number' ? value : null);
