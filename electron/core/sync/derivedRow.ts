import { tagNameKey } from '../../../shared/tagName.ts';
import { ratioOf, sortAt } from '../store/derivedColumns.ts';
import type { EntityName } from '../store/entities.ts';
import type { RowValues } from './recordMapper.ts';

/** A photo from another computer needs no facts read from its file: they came with it. */
const factsKnown = 3;

const text = (value: string | number | null | undefined): string | null => (typeof value === 'string' ? value : null);
const number = (value: string | number | null | undefined): number | null => (typeof value === 'number' ? value : null);

/** The local columns of a row that follow from its synced ones (store/derivedColumns), for rows written by an import. */
export function derivedRow(entity: EntityName, row: RowValues, existing: boolean): RowValues {
  switch (entity) {
    case 'Photo':
      return {
        sort_at: sortAt(text(row['taken_at']), number(row['created_at']) ?? 0),
        ratio: ratioOf(number(row['width']), number(row['height']), number(row['orientation'])),
        ...(existing ? {} : { facts_level: factsKnown }),
      };
    case 'Tag':
      return { name_key: tagNameKey(text(row['name']) ?? '') };
    case 'Resource':
      return existing ? {} : { local_state: 'remote' };
    default:
      return {};
  }
}
