/**
 * Where pictures and videos say where they were taken, as exiftool names it: coordinates, and place names in text. What
 * "without place" removes. A group that a file does not have is left alone.
 */
export const placeTags: readonly string[] = [
  'gps:all',
  'XMP-exif:GPS*',
  'XMP-iptcExt:Location*',
  'XMP-iptcCore:Location',
  'XMP-iptcCore:CountryCode',
  'XMP-photoshop:City',
  'XMP-photoshop:State',
  'XMP-photoshop:Country',
  'IPTC:City',
  'IPTC:Sub-location',
  'IPTC:Province-State',
  'IPTC:Country-PrimaryLocationName',
  'IPTC:Country-PrimaryLocationCode',
  'IPTC:ContentLocationName',
  'IPTC:ContentLocationCode',
];

/** The same in the boxes of QuickTime and its relatives (MP4, 3GP). */
export const videoPlaceTags: readonly string[] = [
  'Keys:GPS*',
  'Keys:Location*',
  'UserData:GPS*',
  'UserData:Location*',
  'ItemList:GPS*',
];
