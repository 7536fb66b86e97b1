/** The colours a tag may have: names are stored, so that a theme can show each in its own shade. */
export const tagColors = {
  red: '#d9483f',
  orange: '#d9822b',
  yellow: '#c9a227',
  green: '#3f9b57',
  teal: '#2a9d9d',
  blue: '#3b7dd8',
  purple: '#8a5cd0',
  pink: '#d0588f',
} as const;

const known = new Map<string, string>(Object.entries(tagColors));

/** The dot before a tag's name; grey when it has no colour or one this version does not know. */
export function TagDot({ color }: { readonly color: string | null }) {
  const value = color === null ? undefined : known.get(color);
  return <span className="tag-dot" aria-hidden style={value === undefined ? {} : { backgroundColor: value }} />;
}
