import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import type { PhotoID } from '../../../shared/ids.ts';
import { limited, sayRefused } from '../../data/actions.ts';
import type { Core } from '../../data/core.ts';
import { useCore } from '../../data/useCore.ts';

/** A tag as a field shows it; `partial` when only some of the photos carry it. */
export type ShownTag = {
  readonly id: string;
  readonly name: string;
  readonly color: string | null;
  readonly partial: boolean;
};

/** Most photos whose common tags are counted: as many as one step changes. */
const mostCounted = 100_000;

/** The tags of several photos, and what went wrong in reading them. */
export function useTagStates(photoIDs: readonly PhotoID[]): {
  readonly tags: readonly ShownTag[];
  readonly error: Error | null;
} {
  const core = useCore();
  const counted = useMemo(() => photoIDs.slice(0, mostCounted), [photoIDs]);
  const { data, error } = useQuery(core.queries.tags.stateOf.queryOptions({ input: { photoIDs: counted } }));
  return { tags: (data ?? []).map((tag) => ({ ...tag, partial: tag.count < counted.length })), error };
}

/** Gives tags to photos and takes others off; says of how many photos that could not be done. */
export async function changeTags(
  core: Core,
  photoIDs: readonly PhotoID[],
  change: { readonly add?: readonly string[]; readonly remove?: readonly string[] },
): Promise<void> {
  const { add = [], remove = [] } = change;
  const asked = limited(core, photoIDs);
  const { refused } = await core.client.tags.apply({ photoIDs: asked, add: [...add], remove: [...remove] });
  sayRefused(core, refused);
}
