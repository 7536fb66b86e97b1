/**
 * What a shell may ask for by name. `thumbnail` is the 512 px grid picture, `preview` the 1600 px one, `full` the whole
 * picture in a format a browser shows, `original` the file as it lies, `video` the moving part of a Live or motion photo
 * (or the video itself).
 */
export const mediaVariants = ['thumbnail', 'preview', 'full', 'original', 'video'] as const;
export type MediaVariant = (typeof mediaVariants)[number];

/** Image or video bytes of one photo, ready to be sent. Small ones are in memory, large ones a file to be streamed. */
export type Media = {
  readonly body: { readonly kind: 'bytes'; readonly bytes: Uint8Array } | { readonly kind: 'file'; readonly path: string };
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
