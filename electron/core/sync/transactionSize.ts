/** Rows the engine writes in one transaction; a person's own edit waits for the lock meanwhile. */
export const rowsPerTransaction = 200;
