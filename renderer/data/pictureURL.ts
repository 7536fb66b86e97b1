import { useEffect, useState } from 'react';

/**
 * An address for a picture that came as base64 inside an answer. The page's security policy allows pictures from the
 * shell and from blobs, never from data: addresses, which show nothing.
 * @param base64 WebP or JPEG; what is neither shows nothing
 * @param show given the address as long as it leads anywhere, null otherwise
 * @returns lets go of the picture
 */
export function lendPictureURL(base64: string, show: (url: string | null) => void): () => void {
  let bytes: Uint8Array<ArrayBuffer>;
  try {
    bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  } catch {
    // It was written by another person's Shoebox: what cannot be read is no picture, and no reason to show nothing else.
    show(null);
    return () => undefined;
  }
  // The type only says that it is a picture; which one, the browser sees from the bytes.
  const url = URL.createObjectURL(new Blob([bytes], { type: 'image/webp' }));
  show(url);
  return () => {
    show(null);
    URL.revokeObjectURL(url);
  };
}

/** The address of such a picture while it is shown; null while there is none. */
export function usePictureURL(base64: string | null): string | null {
  const [url, setURL] = useState<string | null>(null);
  useEffect(() => (base64 === null ? undefined : lendPictureURL(base64, setURL)), [base64]);
  return url;
}
