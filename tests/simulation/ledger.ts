/** What people did, beside the product: the truth the invariants are held against. */
export interface Edit {
  readonly entity: string;
  readonly rowId: string;
  readonly field: string;
  readonly value: string | number | null;
  /** What the device showed when the person made the edit. */
  readonly before: string | number | null;
  readonly device: string;
}

/** A tag a person put on a photo. */
export interface TaggedPhoto {
  readonly photo: string;
  readonly tag: string;
  readonly device: string;
}

/** A tag a person took away from a photo, or moved a photo onto, and what it was called then. */
export interface TagTakenOff {
  readonly tag: string;
  readonly nameKey: string;
}

export interface Ledger {
  readonly edits: Edit[];
  /** Rows people made, and by whom. */
  readonly created: Map<string, { entity: string; person: string; device: string; zone: string }>;
  /** Hashes of the originals people took in, by photo. */
  readonly originals: Map<string, string>;
  /** Photo-tag pairs people made and nobody took away, by the pair's id. */
  readonly pairs: Map<string, TaggedPhoto>;
  /** Tags people took away from a photo, by the photo's id. */
  readonly untagged: Map<string, TagTakenOff[]>;
  /** Tags that lay merged, for longer than such tags are kept, into one whose deletion elsewhere had not been sent: into which. */
  readonly outlived: Map<string, string>;
  /** Tags made by moving a photo that somebody deleted, who perhaps had not heard yet on which photos they are. */
  readonly deletedStandIns: Set<string>;
  /** The tags a photo carried in the zone it was last moved to, by the pair a person had put on it before. */
  readonly movedOnto: Map<string, readonly TagTakenOff[]>;
  /** Pairs that went on some device by themselves or by the server's word, of which it has forgotten the history. */
  readonly forgottenPairs: Set<string>;
  /** Every normalised name a tag ever had. */
  readonly tagNames: Map<string, Set<string>>;
  /** Rows people deleted, with everything that hung on them. */
  readonly deleted: Set<string>;
  /** The same, by the device it was done on: `device row`. */
  readonly deletedOn: Set<string>;
  /** The zones a row was deleted in, as the devices name them, by its id. */
  readonly deletedIn: Map<string, string[]>;
  /** Edits that lay on the server alone when it was put back. */
  readonly lostEdits: Set<Edit>;
  /** Photos, and records of originals, that lay on the server alone when it was put back to an earlier copy. */
  readonly heldByNobody: Set<string>;
  /** Rows sent without an answer when the server forgot its deletions: whether they were deleted nobody can learn. */
  readonly forgottenUnanswered: Set<string>;
  /** Photos that were moved to another zone at least once. */
  readonly moved: Set<string>;
  /** Zones (as the device names them) whose sharing ended or whose rights changed while edits may have waited. */
  readonly endedZones: Set<string>;
  /** Devices whose edits may have been refused: their person's rights shrank. */
  readonly refusedDevices: Set<string>;
  /** Values a build of tomorrow wrote into records, in a field nobody here knows: record name and value. */
  readonly future: Map<string, string>;
}

export function createLedger(): Ledger {
  return {
    edits: [],
    created: new Map(),
    originals: new Map(),
    pairs: new Map(),
    untagged: new Map(),
    outlived: new Map(),
    deletedStandIns: new Set(),
    movedOnto: new Map(),
    forgottenPairs: new Set(),
    tagNames: new Map(),
    deleted: new Set(),
    deletedOn: new Set(),
    deletedIn: new Map(),
    lostEdits: new Set(),
    heldByNobody: new Set(),
    forgottenUnanswered: new Set(),
    moved: new Set(),
    endedZones: new Set(),
    refusedDevices: new Set(),
    future: new Map(),
  };
}

/** A tag of a zone by its name; the zone as its owner calls it. */
export function tagInZone(zone: string, nameKey: string): string {
  return `${zone.split(':').at(-1) ?? zone} ${nameKey}`;
}
