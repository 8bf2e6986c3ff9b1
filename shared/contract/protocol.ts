/** The agent's protocol. Apart from the schemas, so that a rack that only asks need not load them. */

/** In every report. The registry serves this version. */
export const protocolVersion = 1
