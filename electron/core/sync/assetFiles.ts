/** What a transfer needs to know of a resource. Hashes are SHA-256 in hex, as in the store. */
export interface AssetResource {
  readonly id: string;
  readonly zoneId: string;
  readonly photoId: string;
  readonly kind: string;
  readonly fileName: string;
  readonly sha256: string;
  readonly byteSize: number;
  /** The hash of the photo's original, by which its pictures are kept. */
  readonly photoSha256: string | null;
  /** Where the photo stands in the timeline, ms: decides the folder of a copy. */
  readonly sortAt: number;
}

/** Bytes of a resource on this computer, open for reading. */
export interface OpenAsset {
  readonly size: number;
  /** Bytes `from`..`from + length - 1`, fewer at the end. What they lie in is used again for the next reading, and after `close`. */
  read(from: number, length: number): Promise<Uint8Array>;
  close(): Promise<void>;
}

/** A download under way; it outlives a restart. */
export interface PartialAsset {
  /** Bytes that are there already. */
  readonly size: number;
  append(bytes: Uint8Array): Promise<void>;
  /** SHA-256 in hex over everything so far. */
  hash(): Promise<string>;
  /** Starts from nothing: what was there was wrong. */
  discard(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Where the bytes of resources lie on this computer. The engine moves bytes between this port and the server and
 * checks them; where a file belongs is not its business.
 */
export interface AssetFiles {
  /** undefined when no copy can be reached (drive unplugged, never downloaded). */
  open(resource: AssetResource): Promise<OpenAsset | undefined>;
  partial(sha256: string): Promise<PartialAsset>;
  /** Gives a complete, verified download its place and notes it in the store. Repeating it changes nothing. */
  place(resource: AssetResource): Promise<void>;
  /** Gives the verified bytes of pictures for the grid their place and notes them in the store. Repeating it changes nothing. */
  placePictures(pictures: readonly { readonly resource: AssetResource; readonly bytes: Uint8Array }[]): Promise<void>;
  /**
   * Lets go of the local copy of a resource that the server holds.
   * @param note told in the transaction that counts the copy as gone (true), or as here again because it could not go (false)
   * @returns bytes freed; 0 when it must stay
   */
  evict(resource: AssetResource, note: (gone: boolean) => void): Promise<number>;
}
