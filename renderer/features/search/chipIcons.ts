import {
  Calendar,
  Camera,
  Heart,
  Image as ImageIcon,
  MapPin,
  Search,
  SlidersHorizontal,
  SquareBookmark,
  Star,
  Tag,
  User,
} from 'lucide-react';
import type { LucideIcon } from 'lucide-react';
import type { SearchChip } from '../../../shared/contract/search.ts';

/** The icon of each kind of search term. */
export const chipIcons: Readonly<Record<SearchChip['kind'], LucideIcon>> = {
  text: Search,
  date: Calendar,
  place: MapPin,
  camera: Camera,
  lens: Camera,
  tag: Tag,
  rating: Star,
  kind: ImageIcon,
  person: User,
  album: SquareBookmark,
  favourite: Heart,
  edited: SlidersHorizontal,
};
