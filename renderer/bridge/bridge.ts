import type { ContractRouterClient } from '@orpc/contract';
import type { Contract } from '../../shared/contract/contract.ts';
import type { PhotoID } from '../../shared/ids.ts';

export type CoreClient = ContractRouterClient<Contract>;

/**
 * What can be fetched of a photo: the 512 px grid thumbnail, the 1600 px preview, the original's bytes (or a rendered
 * stand-in where the browser cannot show them), and the moving part of a live or motion photo.
 */
export type MediaVariant = 'thumb' | 'preview' | 'unedited' | 'original' | 'live' | 'poster';

/**
 * `open`: calls are answered; `closed`: the core cannot be reached, a new try is under way; `refused`: it was started anew
 * and does not know this window, which keeps trying.
 */
export type ConnectionState = 'connecting' | 'open' | 'closed' | 'refused';

export type Connection = {
  readonly state: () => ConnectionState;
  readonly subscribe: (listener: () => void) => () => void;
};

/** The renderer's only way out: typed calls, image addresses, and whether anybody answers. */
export type Bridge = {
  readonly client: CoreClient;
  readonly connection: Connection;
  /** Address of a photo's picture. `version` changes with the picture, so a cached answer is never stale. */
  readonly mediaURL: (id: PhotoID, variant: MediaVariant, version: string) => string;
  readonly dispose: () => void;
};
