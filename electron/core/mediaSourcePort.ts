/**
 * What a shell may ask for by name: the 512 px grid picture, the 1600 px preview (both with the
 * person's edits), the 1600 px preview without edits (for the editor), the original's bytes (or a rendered
 * stand-in where no browser can show them), the moving part of a Live or motion photo, and a video's still picture.
 */
export const mediaVariants = ['thumb', 'preview', 'unedited', 'original', 'live', 'poster'] as const;
export type MediaVariant = (typeof mediaVariants)[number];

/** Image or video bytes of one photo, ready to be sent. Small ones are in memory, large ones a file to be streamed. */
export type Media = {
  readonly body:
    | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
    | { readonly kind: 'file'; readonly path: string };
  /** Bytes in the whole body. */
  readonly size: number;
  /** From the list of types the product knows; never taken from a file's name. */
  readonly mime: string;
  /** Changes when the bytes change; no quotes. */
  readonly etag: string;
  /** The photo's own file name, for saving; only with `original`. */
  readonly fileName?: string;
};

/** Where image bytes come from. Shells hold this port and ids, never a path of their own making. */
export type MediaSource = {
  /**
   * Opens one variant, making it when it is not there yet.
   * @throws AppError notFound, fileUnreadable, folderUnavailable, fileUnsupported, cancelled
   */
  readonly open: (photoID: string, variant: MediaVariant, signal: AbortSignal) => Promise<Media>;
};
