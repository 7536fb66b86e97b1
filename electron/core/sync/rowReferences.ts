import type { Connection } from '../store/connection.ts';
import type { EntityName } from '../store/entities.ts';
import type { Store } from '../store/store.ts';
import type { RecordMapper, RowValues } from './recordMapper.ts';

/** A reference to a row that is not here. */
export interface MissingReference {
  readonly column: string;
  readonly parent: EntityName;
  readonly id: string;
}

/** What rows refer to, and what refers to them. */
export interface RowReferences {
  /** The references among these values whose row is not here. */
  missingParents(entity: EntityName, values: RowValues): readonly MissingReference[];
  /** History tells that the row was here and went, whoever took it away. */
  wasDeleted(entity: EntityName, rowId: string): boolean;
  /** The row itself, or rows that hang on it, where the two lie in different zones. */
  strays(
    entity: EntityName,
    rowId: string,
    row: RowValues,
  ): readonly { readonly entity: EntityName; readonly rowId: string }[];
}

export function createRowReferences({
  store,
  mapper,
}: {
  readonly store: Store;
  readonly mapper: RecordMapper;
}): RowReferences {
  return {
    missingParents: (entity, values) =>
      Object.entries(mapper.parents(entity)).flatMap(([column, parent]) => {
        const id = values[column];
        return typeof id === 'string' && mapper.row(parent, id) === undefined ? [{ column, parent, id }] : [];
      }),

    wasDeleted: (entity, rowId) =>
      store.connection
        .statement<[string, string]>(
          `SELECT 1 FROM history_change WHERE row_id = ? AND entity = ? AND kind = 'delete' LIMIT 1`,
        )
        .get(rowId, entity) !== undefined,

    strays: (entity, rowId, row) => {
      const found: { entity: EntityName; rowId: string }[] = [];
      for (const [column, parent] of Object.entries(mapper.parents(entity))) {
        const parentRow = mapper.row(parent, String(row[column]));
        if (parentRow !== undefined && parentRow['zone_id'] !== row['zone_id']) found.push({ entity, rowId });
      }
      for (const child of mapper.children(entity)) {
        for (const id of mapper.childIds(child.entity, child.column, rowId)) {
          if (mapper.row(child.entity, id)?.['zone_id'] !== row['zone_id'])
            found.push({ entity: child.entity, rowId: id });
        }
      }
      return found;
    },
  };
}

/** Rows that lie in another zone than the row they belong to, as `entity/id`. */
export function strayRows(connection: Connection, mapper: RecordMapper): string[] {
  return mapper.entityNames.flatMap((entity) =>
    Object.entries(mapper.parents(entity)).flatMap(([column, parent]) =>
      connection
        .statement<[], { id: string }>(
          `SELECT c.id FROM ${mapper.table(entity)} AS c JOIN ${mapper.table(parent)} AS p ON p.id = c."${column}"
           WHERE c.zone_id <> p.zone_id`,
        )
        .all()
        .map(({ id }) => `${entity}/${id}`),
    ),
  );
}
