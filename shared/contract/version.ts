/** The version of this program, as the CLI prints it and the registry says it. */
export const version = '0.1.0'
