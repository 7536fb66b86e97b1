/** Sent on `window` to move the keyboard into the comment field of the inspector. */
export const focusCommentsEvent = 'shoebox:focus-comments';
