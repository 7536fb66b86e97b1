import { useState } from 'react';

/**
 * A small picture that is either there or not: what cannot be loaded (a video nobody could draw a frame of) leaves the
 * place to the colour behind it instead of the browser's mark for a broken picture. A new `src` is tried again.
 */
export function Thumb({ src }: { readonly src: string }) {
  const [failed, setFailed] = useState<string | null>(null);
  if (failed === src) return null;
  return <img src={src} alt="" draggable={false} decoding="async" onError={() => setFailed(src)} />;
}
