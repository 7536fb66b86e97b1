/** What a position is called. Null where nothing is known of it, or no town is near. */
export interface PlaceNames {
  /** The town, or the part of a city. */
  readonly place: string | null;
  readonly region: string | null;
  readonly country: string | null;
  /** IANA name, "Europe/Athens". */
  readonly timeZone: string | null;
}
