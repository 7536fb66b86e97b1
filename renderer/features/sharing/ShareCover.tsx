import { Users } from 'lucide-react';
import type { Share } from '../../../shared/model/share.ts';
import { useCore } from '../../data/useCore.ts';

/** The cover of a share, small; a mark of people until there is one. */
export function ShareCover({ share }: { readonly share: Share }) {
  const core = useCore();
  return (
    <span className="share-cover" aria-hidden>
      {share.coverPhotoID === null ? (
        <Users size={20} strokeWidth={1.5} />
      ) : (
        <img
          src={core.bridge.mediaURL(share.coverPhotoID, 'thumb', 'cover')}
          alt=""
          draggable={false}
          decoding="async"
        />
      )}
    </span>
  );
}
