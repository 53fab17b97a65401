const CHARACTERS = '7c1fe05b92d84a63b0f7d915ec28a34d'

/** A secret that looks as if it was drawn, which production asks for. The same for the same beginning. */
export const aSecret = (beginning: string, length = CHARACTERS.length) => beginning.padEnd(length, CHARACTERS)
